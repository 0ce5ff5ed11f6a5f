/* follow.h - an open event stream about one request, one run, or all requests of a tenant.
 *
 * Outlives its call. It sleeps on a watch; each wake-up reads what changed since its position and sends
 * it, never two at once. It ends when the request has ended, when the token that opened it reads
 * nothing any more, when the client leaves, or when the API stops (the client comes back elsewhere with
 * its Last-Event-ID).
 */
#ifndef API_RUNS_STREAM_FOLLOW_H
#define API_RUNS_STREAM_FOLLOW_H

#include "api/call.h"
#include "api/runs/stream/position.h"

enum follow_kind {
    FOLLOW_REQUEST, /* state, event, progress, log, end */
    FOLLOW_RUN,     /* the same */
    FOLLOW_LOG,     /* of a run: log and end */
    FOLLOW_TENANT   /* state of whatever changes; does not end */
};

struct follow_wish {
    enum follow_kind kind;
    struct id id;      /* of the request or run; "" for a tenant */
    struct id request; /* whose events are watched; "" for a tenant */
    bool mine;         /* the caller asked for it himself */
    struct position from;
};

/* Answer `call` with the stream (call_taken). */
void follow_begin(struct call *call, const struct follow_wish *wish);

#endif
