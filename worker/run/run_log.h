/* run_log.h - the output of one run, on its way into run_log rows.
 *
 * Output is collected and written a few times a second in one statement; listeners are told after each
 * commit. What is stored is UTF-8 without NUL: broken bytes become U+FFFD. "::progress 40 reading" on
 * stderr becomes a row of stream "system" and is not shown as output; what the script was denied is
 * worded in place of its mark (output_mark.h). While the database is away
 * output waits here; the sandbox bounds how much there can be. What the database refuses again and again
 * is given up (run_log_lost), and logged.
 */
#ifndef WORKER_RUN_RUN_LOG_H
#define WORKER_RUN_RUN_LOG_H

#include "worker/egress/secrets.h"
#include "worker/run/run_denial.h"
#include "worker/work.h"

enum run_stream { RUN_STDOUT, RUN_STDERR, RUN_SYSTEM, RUN_STREAM_COUNT };

struct run_log;

/* `seq` is the last one there is already (an earlier attempt's). What the script was denied goes into `denials`. */
struct run_log *run_log_new(struct work *work, int64_t seq, struct run_denials *denials);
/* Only when drained. */
void run_log_free(struct run_log *log);
/* What is taken out of everything that comes from now on; it outlives the log. */
void run_log_hide(struct run_log *log, const struct secrets *secrets);
void run_log_add(struct run_log *log, enum run_stream stream, const char *data, size_t bytes);
/* Whatever is left, a cut character too, is written; the op goes on when it is durable, or lost. */
void run_log_drain(struct op *op, struct run_log *log);
/* Nothing more comes. What is left, and not on its way, is kept for run_log_add_left. */
void run_log_close(struct op *op, struct run_log *log);
bool run_log_left(const struct run_log *log);
/* A statement that writes it; may be built into several groups, one after the other. */
void run_log_add_left(const struct run_log *log, struct db_group *group);
/* Why part of it is nowhere, as the failure of the run; NULL: nothing was lost. */
const struct gov_err *run_log_lost(const struct run_log *log);
/* The last line of stdout that was not blank, at most 1 MB; NULL if there was none. */
const char *run_log_last_line(const struct run_log *log);
/* The last 4 to 8 KB of stderr. */
const char *run_log_stderr_tail(const struct run_log *log);
/* All of stdout up to 64 KB. */
const char *run_log_stdout(const struct run_log *log);

#endif
