/* settle_wait.h - Prefer: wait=N (RFC 7240): until a request has ended or needs a person, or something
 * else of a tenant has come to rest. */
#ifndef API_RUNS_SHOW_SETTLE_WAIT_H
#define API_RUNS_SHOW_SETTLE_WAIT_H

#include "api/call.h"

/* What is waited for: $1 of `query` is the id, its first cell the state. */
struct settle_kind {
    enum sql_queries query;
    bool (*settled)(const char *state);
};

/* A child op; its struct lies inside the endpoint's. */
struct settle_wait {
    struct op op;
    struct call *call;
    struct id id;      /* of the run, the request, ... */
    const struct settle_kind *kind;
    int64_t until_us;  /* monotonic */
    struct watch watch;
    struct db_rows rows;
    bool asked, told, holding;
    bool settled;      /* out: it has ended or needs a person */
};

/* Seconds of the Prefer header, 0-60; `fallback` if there is none. */
int64_t settle_wait_seconds(const struct call *call, int64_t fallback);
/* As I/O of `op`: wait for `id` at most `seconds`. `watched` is the request's id. */
void settle_wait(struct op *op, struct settle_wait *wait, struct call *call, const struct id *id,
                 bool is_run, const struct id *watched, int64_t seconds);
/* The same for anything whose events come under the id `watched`. */
void settle_wait_kind(struct op *op, struct settle_wait *wait, struct call *call,
                      const struct id *id, const struct settle_kind *kind,
                      const struct id *watched, int64_t seconds);

#endif
