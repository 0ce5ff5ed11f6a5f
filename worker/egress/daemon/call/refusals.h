/* refusals.h - how often one run is refused before nobody looks at its calls any more.
 *
 * A call that may not be made costs a statement or two and a row of an audit that nobody can delete, and none of the
 * limits on calls that may. So after REFUSALS_MAX of them a run's calls are answered without a look, each after
 * REFUSALS_WAIT_MS, and how many those were is one row of the audit when the run's connection ends.
 */
#ifndef WORKER_EGRESS_DAEMON_CALL_REFUSALS_H
#define WORKER_EGRESS_DAEMON_CALL_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

enum { REFUSALS_MAX = 100, REFUSALS_WAIT_MS = 100 };

struct session;

struct refusals {
    int looked_at;
    int64_t unseen;
};

/* True: the row is being written, and the session lives until session_left() is called for it. */
bool refusals_tell(struct session *session);

#endif
