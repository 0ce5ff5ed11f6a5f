/* ending.h - jobs that end with nothing to write but their own end, many in one transaction. */
#ifndef WORKER_ENDING_H
#define WORKER_ENDING_H

#include "core/io/db/db_batch.h"

struct claimed;
struct event_bus;

/* Filled by who ends the job. item.err: GOV_OK, STALE, or why it could not be written. */
struct ending {
    struct db_batch_item item; /* first */
    const struct claimed *job;
    const char *state;                  /* succeeded, failed, cancelled */
    const char *code;                   /* NULL: none */
    const char *result, *error, *usage; /* JSON; NULL: none */
    const char *isolation;              /* NULL: none */
    int exit_code;                      /* -1: none */
};

/* db_batch_add takes endings; listeners are told after the commit. */
struct db_batcher *endings_new(struct loop *loop, struct db *db, struct event_bus *events);

#endif
