/* settle_wait.h - Prefer: wait=N (RFC 7240): until a request has ended or needs a person. */
#ifndef API_RUNS_SETTLE_WAIT_H
#define API_RUNS_SETTLE_WAIT_H

#include "api/call.h"

/* A child op; its struct lies inside the endpoint's. */
struct settle_wait {
    struct op op;
    struct call *call;
    struct id id;      /* of the run or the request */
    bool is_run;
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

#endif
