/* shut.h - what a visit does about the work of a tenant that may not run.
 *
 * What waits is kept, in its order, until the tenant may run again. If money is why it may not, runs have 30 minutes to
 * end before they are cancelled, and what waits is cancelled after 72 hours (platform_setting "shutdown"). Confirmations
 * keep their own clock: their jobs do not run now, so their end is looked for here.
 */
#ifndef SCHEDULER_SHUT_H
#define SCHEDULER_SHUT_H

#include "core/io/db/db.h"

enum { SHUT_COLUMNS = 3 };

struct shut {
    bool stands;                /* the tenant may not run */
    bool drained, kept_enough;  /* these times are over */
    struct db_rows touched;     /* of job_shut.sql: request, has it ended? */
    struct db_rows expired;     /* requests */
};

/* From SHUT_COLUMNS columns of mark_due.sql. */
void shut_read(struct shut *shut, const struct db_rows *rows, int row, int first);
/* Adds to a visit's group, behind what becomes due. */
void shut_ask(struct shut *shut, struct db_group *group);

#endif
