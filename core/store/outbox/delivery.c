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

int64_t delivery_backoff_s(int n, uint32_t random)
{
    static const int64_t minutes[] = { 1, 5, 30, 120, 360, 720, 1440 };
    int last = sizeof minutes / sizeof *minutes - 1;
    int64_t s = minutes[n < 1 ? 0 : n - 1 > last ? last : n - 1] * 60;

    return s + (int64_t)(random % (uint64_t)(s / 10 + 1));
}
