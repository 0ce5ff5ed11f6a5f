/* callback.h - telling a registered host that a request ended here, by a person's act. */
#ifndef API_RUNS_ACCEPT_CALLBACK_H
#define API_RUNS_ACCEPT_CALLBACK_H

#include "api/call.h"

struct callback {
    struct id delivery, job;
    struct db_rows rows; /* one if a callback was made */
    struct queue_entry entry;
};

/* The last statement of the transaction that may have ended `request`; none if it wants no callback. */
void callback_add(struct callback *callback, struct db_group *group, const struct id *request);
/* After the commit, as I/O of `op`. */
void callback_push(struct op *op, struct callback *callback, struct call *call);

#endif
