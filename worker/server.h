/* server.h - the worker process: made, run, drained. */
#ifndef WORKER_SERVER_H
#define WORKER_SERVER_H

#include "core/io/settings.h"
#include "worker/worker.h"

extern const struct setting worker_settings_table[];

/* Run until drained. *lost tells that work had to be given up at the end of the drain. False: could not
 * start. */
bool worker_run(const struct worker_settings *settings, bool *lost, struct gov_err *err);

#endif
