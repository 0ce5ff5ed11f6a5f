/* rate.h - how often a token or an address may call, in this process.
 *
 * A bucket refills steadily and holds one burst. Memory is fixed: what has been idle longest makes room
 * for what is new. Every API process counts for itself, so N of them together allow up to N times as
 * much; that is enough to keep one caller from taking a process for himself, which is what it is for.
 */
#ifndef API_RATE_H
#define API_RATE_H

#include <stdbool.h>
#include <stdint.h>

enum { RATE_BUCKETS = 16384, RATE_PROBES = 8 };

struct rate_limit {
    int64_t calls;    /* in `period_us`, and at once after a pause; 0: no limit */
    int64_t period_us;
};

struct rate_table {
    uint8_t seed[16];
    struct rate_bucket {
        uint64_t key;   /* 0: free */
        int64_t full_us; /* when it will have refilled: this moment or earlier is a full bucket */
    } *buckets;
};

/* What to tell the caller. */
struct rate_verdict {
    bool admitted;
    int64_t limit, remaining;
    int64_t reset_s; /* until the bucket is full again */
    int64_t retry_s; /* of a refusal: until one call is allowed */
};

void rate_table_init(struct rate_table *table);
void rate_table_release(struct rate_table *table);

/* Take one call out of the bucket of `kind` ('t' token, 'a' address) and `name`. */
void rate_take(struct rate_table *table, const struct rate_limit *limit, char kind, const char *name,
               int64_t now_us, struct rate_verdict *verdict);

struct call;
struct gov_err;

/* The call's own limit: by token if it carries one, by address where anybody may try something. Sets the
 * RateLimit headers; false: RATE_LIMITED. */
bool rate_admit(struct call *call, struct gov_err *err);

#endif
