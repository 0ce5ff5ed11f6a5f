/* tenant_limits.h - telling the queue what the rows say a tenant may.
 *
 * The truth is public.tenant and public.queue_limit. The queue is told when somebody changes them, at every
 * visit of the scheduler, and while it is filled anew.
 */
#ifndef CORE_STORE_TENANT_LIMITS_H
#define CORE_STORE_TENANT_LIMITS_H

#include "core/io/db/db.h"
#include "core/store/queue/queue_shards.h"

/* As I/O of `op`. Columns of `row` from `first` on: weight, runs at once, starts per second, is it paused
 * (or suspended), queue_limit_text(), the tenant's revision: what a later one said to the queue stands. */
void tenant_limits_tell(struct op *op, const struct queue_shards *queues, const char *schema,
                        const struct db_rows *rows, int row, int first);

#endif
