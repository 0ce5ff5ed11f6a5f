/* session.h - one run that may call resources (or callback, or intent), as long as its worker holds the connection.
 *
 *     worker ── hello {schema, job, fence, token} ──> checked in PostgreSQL ──> {"ok": true}
 *
 * What the run may call comes from the version it runs, read there; nothing that a script or a worker
 * sends says who is asking. Calls come over the worker's connection, or over the socket whose other end
 * is the script's descriptor 3. {"open": {}}, always over the worker's connection, answers the run's sensitive
 * inputs (unseal.h).
 */
#ifndef WORKER_EGRESS_DAEMON_SESSION_H
#define WORKER_EGRESS_DAEMON_SESSION_H

#include "core/base/id.h"
#include "core/io/egress/channel.h"
#include "worker/egress/daemon/call/refusals.h"
#include "worker/egress/egress.h"
#include "worker/egress/secrets.h"

struct session {
    struct egress *egress;
    struct list link;         /* in egress->sessions */
    struct channel *control;  /* to the worker; NULL once it is gone */
    struct channel *broker;   /* to the script; NULL: calls come over control */
    struct arena arena;       /* what is known of the run */
    bool known;               /* its hello was believed */
    bool scripted;            /* calls come from a script, over the broker */
    bool delivers;            /* it is no run but a callback's task */
    bool consults;            /* it is an intent that asks the model endpoint */
    char schema[20];
    struct id tenant, job;
    const char *fence, *token, *skill, *action;
    bool high;                /* the run is of high risk, so somebody has confirmed it */
    const json_t *planned;    /* {resource: version of its credential} */
    const json_t *declared;   /* resources its action names */
    struct secrets opened;    /* sensitive inputs of the run, to be masked; texts in the arena */
    struct gov_err told;      /* what the last call that failed was told; code GOV_OK: none did */
    struct refusals refusals; /* its calls that could not be made */
    json_t *seen;             /* step -> how often in this attempt */
    int working;              /* calls under way: the session outlives them */
};

/* Takes the accepted socket. */
void session_open(struct egress *egress, int fd);
/* Close what it has; freed when nothing works for it any more. */
void session_end(struct session *session);
/* A call of it has ended, or what is written last. */
void session_left(struct session *session);
/* The channel calls come over and answers go to; NULL: nobody waits. */
struct channel *session_channel(const struct session *session);

#endif
