/* decision.h - what confirmation_decide answered; rows of confirmation_decide.sql. */
#ifndef API_CONFIRMATIONS_DECISION_H
#define API_CONFIRMATIONS_DECISION_H

#include "api/call.h"
#include "core/store/queue/job_queue.h"

/* False: it was refused, and `err` says why in words. */
bool decision_made(const struct db_rows *rows, struct gov_err *err);

/* The entry of the run that it wrote; false: there is none to push (more people are needed, it was
 * rejected, or it was confirmed ahead of its time). */
bool decision_run(const struct db_rows *rows, const char *schema, struct queue_entry *entry,
                  struct arena *arena);

#endif
