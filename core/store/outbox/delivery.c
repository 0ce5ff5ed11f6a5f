#include "core/store/outbox/delivery.h"

#include <string.h>

static const char *const names[] = { "sent", "retry", "dead", "unknown" };

const char *delivery_outcome_name(enum delivery_outcome outcome)
{
    return names[outcome];
}

enum delivery_outcome delivery_outcome_read(const char *name)
{
    enum delivery_outcome outcome = DELIVERY_SENT;

    while (outcome < DELIVERY_UNKNOWN && (!name || strcmp(names[outcome], name) != 0))
        outcome++;
    return outcome;
}

/* The schedule of Standard Webhooks: a program that was restarted is back in seconds, and nobody reads it at night. */
static const int64_t webhook_s[] = { 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400 };
static const int64_t other_s[] = { 60, 300, 1800, 7200, 21600, 43200, 86400 };
enum { WEBHOOK_WAITS = sizeof webhook_s / sizeof *webhook_s, OTHER_WAITS = sizeof other_s / sizeof *other_s };

int64_t delivery_backoff_s(const char *kind, int n, uint32_t random)
{
    bool webhook = kind && strcmp(kind, "webhook") == 0;
    int i = n < 1 ? 0 : n - 1;

    if (webhook && i >= WEBHOOK_WAITS)
        return 0;
    int64_t s = webhook ? webhook_s[i] : other_s[i < OTHER_WAITS ? i : OTHER_WAITS - 1];
    return s + (int64_t)(random % (uint64_t)(s / 10 + 1));
}
