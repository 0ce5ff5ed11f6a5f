/* selftest.h - a dozen hostile scripts at start; jobs are taken only if every required one is held.
 *
 * The results are the probes of the status that `execgov doctor` prints.
 */
#ifndef WORKER_SANDBOX_DAEMON_SELFTEST_H
#define WORKER_SANDBOX_DAEMON_SELFTEST_H

#include "worker/sandbox/daemon/host.h"

struct selftest;

/* Run the probes one after another on the host's poller; sets status.tested and status.accepting at
 * the end, and level 0 if a required probe failed. */
struct selftest *selftest_start(struct host *host);
void selftest_free(struct selftest *test);

#endif
