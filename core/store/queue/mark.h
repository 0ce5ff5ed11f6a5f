/* mark.h - telling the scheduler in which minutes a tenant may need a visit (public.mark).
 *
 * A mark is written in a transaction of its own *before* the first row of that minute, so that work
 * whose Redis entry was lost is always found by the sweep. What this process has marked it remembers.
 *
 * Minutes are the database's, which judges what is due. This host's clock may be wrong: each mark that is written
 * brings the database's time along, and our monotonic clock carries it on.
 */
#ifndef CORE_STORE_QUEUE_MARK_H
#define CORE_STORE_QUEUE_MARK_H

#include "core/base/id.h"
#include "core/io/db/db.h"

struct marks;

struct marks *marks_new(struct db *db);
void marks_free(struct marks *marks);
/* The database may have lost them: none counts as written. */
void marks_forget(struct marks *marks);
/* As I/O of `op`: the present minute and, if due_us is not 0, the minute of due_us. Usually nothing is
 * to be done. */
void marks_note(struct op *op, struct marks *marks, const struct id *tenant, int64_t due_us);
/* The same for what falls due in delay_ms. *due_us (may be NULL): that moment, before the op's next step. */
void marks_note_in(struct op *op, struct marks *marks, const struct id *tenant, int64_t delay_ms, int64_t *due_us);
/* What the database's clock says; before the first mark, what ours does. */
int64_t marks_clock_us(const struct marks *marks);

#endif
