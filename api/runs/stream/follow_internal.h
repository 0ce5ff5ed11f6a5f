/* follow_internal.h - what follow.c (the life of a stream) and follow_tell.c (its words) share. */
#ifndef API_RUNS_STREAM_FOLLOW_INTERNAL_H
#define API_RUNS_STREAM_FOLLOW_INTERNAL_H

#include "api/runs/stream/follow.h"

enum {
    FOLLOW_EVENTS = 100,           /* rows in one look */
    FOLLOW_CHUNKS = 200,
    FOLLOW_CHUNK_BYTES = 64 * 1024, /* log in one look: what a reader may owe us, more or less */
    FOLLOW_AUDIT = 500,
    FOLLOW_RECENT = 64
};

/* The state of a request that a tenant's stream told last. */
struct follow_told {
    uint64_t request;
    uint32_t state;
};

struct follow {
    struct event_stream stream; /* first: it is the http_request's source */
    struct watch watch;
    struct api *api;
    struct db_scope scope;
    enum follow_kind kind;
    enum caller_kind caller;
    char token_hash[72];
    struct id user, tenant, id, request, run;
    bool mine, reads_all;
    struct position at;
    int64_t floor; /* of a tenant: audit rows up to here are never told again */
    struct follow_told *recent;
    int recent_next;
    int64_t checked_us, looked_us; /* monotonic */
    struct follow_look *look;      /* NULL: asleep */
    bool told;     /* something happened meanwhile */
    bool woken;    /* by a happening, not by the clock */
    bool draining; /* the reader has to take what was sent before more is read */
    bool gone;     /* nobody reads any more */
    bool over;     /* to be ended */
};

/* One look: what was read since the position. */
struct follow_look {
    struct op op;
    struct follow *follow;
    bool asked; /* the token was looked up */
    bool more;  /* there may be more right away */
    struct db_rows token, state, events, logs, newest;
};

/* Send what the look found and move the position. Sets over after the last word. */
void follow_tell(struct follow *follow, struct follow_look *look);
void follow_tell_tenant(struct follow *follow, struct follow_look *look);

#endif
