#include "core/store/outbox/delivery.h"

const char *delivery_outcome_name(enum delivery_outcome outcome)
{
    static const char *const names[] = { "sent", "retry", "dead", "unknown" };

    return names[outcome];
}

int64_t delivery_backoff_s(int n, uint32_t random)
{
    static const int64_t minutes[] = { 1, 5, 30, 120, 360, 720, 1440 };
    int last = sizeof minutes / sizeof *minutes - 1;
    int64_t s = minutes[n < 1 ? 0 : n - 1 > last ? last : n - 1] * 60;

    return s + (int64_t)(random % (uint64_t)(s / 10 + 1));
}
