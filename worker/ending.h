/* ending.h - jobs that end with nothing to write but their own end, many in one transaction.
 *
 * A batch is sent at once while none of its tenant is on its way, else it collects until the answer,
 * at most ENDINGS_MAX; there is no timer. Each job is answered after the commit. An error that one job
 * may have caused is found by sending each alone, so that only the guilty one fails.
 */
#ifndef WORKER_ENDING_H
#define WORKER_ENDING_H

#include "core/io/db.h"

struct claimed;
struct endings;
struct event_bus;

enum { ENDINGS_MAX = 256 };

/* Filled by who ends the job; lives as long as the op. */
struct ending {
    struct list link;
    struct op *op;
    const struct claimed *job;
    const char *state;     /* succeeded, failed, cancelled */
    const char *code;      /* NULL: none */
    const char *result, *error, *usage; /* JSON; NULL: none */
    const char *isolation; /* NULL: none */
    int exit_code;         /* -1: none */
    struct gov_err err;    /* out: GOV_OK, STALE, or why it could not be written */
    bool alone;            /* it goes by itself: a batch with it has failed */
};

struct endings *endings_new(struct loop *loop, struct db *db, struct event_bus *events);
/* Once no ending is on its way. */
void endings_free(struct endings *endings);

/* As I/O of `op`, which never fails by it: see ending->err. Listeners are told after the commit. */
void ending_write(struct op *op, struct endings *endings, const struct db_scope *scope,
                  struct ending *ending);

#endif
