/* settle_wait.h - Prefer: wait=N (RFC 7240): until a request has ended or needs a person, or something
 * else of a tenant has come to rest. */
#ifndef API_RUNS_SHOW_SETTLE_WAIT_H
#define API_RUNS_SHOW_SETTLE_WAIT_H

#include "api/call.h"

/* What is waited for: $1 of `query` is the id, and its cell `column` the state. If it has no row, `otherwise`
 * (NULL: nothing else) has the state in its first cell. */
struct settle_kind {
    enum sql_queries query;
    bool (*settled)(const char *state);
    int column;
    const enum sql_queries *otherwise;
};

/* A child op; its struct lies inside the endpoint's. */
struct settle_wait {
    struct op op;
    struct call *call;
    struct id id;      /* of the run, the request, ... */
    const struct settle_kind *kind;
    int64_t until_us;  /* monotonic */
    struct watch watch;
    struct db_rows rows, others; /* of the last look */
    bool asked, asked_otherwise, told, holding;
    bool listens;      /* since before it was committed: there is nothing to see yet */
    bool settled;      /* out: it has ended or needs a person */
};

/* Seconds of the Prefer header, 0-60; `fallback` if there is none. */
int64_t settle_wait_seconds(const struct call *call, int64_t fallback);
/* Before what is waited for is committed, if the caller waits at all: events of his tenant reach this process from now
 * on, and the first look can be left out. Whoever learns that it may have been there before clears `listens`. */
void settle_wait_listen(struct op *op, struct settle_wait *wait, struct call *call);
/* As I/O of `op`: wait for `id` at most `seconds`. `watched` is the request's id. */
void settle_wait(struct op *op, struct settle_wait *wait, struct call *call, const struct id *id,
                 bool is_run, const struct id *watched, int64_t seconds);
/* The row of run_job_show.sql that said that the run has settled; NULL: show_one has to read it. */
const struct db_rows *settle_wait_run(const struct settle_wait *wait);
/* The same for anything whose events come under the id `watched`. */
void settle_wait_kind(struct op *op, struct settle_wait *wait, struct call *call,
                      const struct id *id, const struct settle_kind *kind,
                      const struct id *watched, int64_t seconds);

#endif
