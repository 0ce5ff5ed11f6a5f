/* zygote_pool.h - which zygotes there are: found by key, bounded in number and memory, let go when
 * old or idle.
 *
 * A zygote is started by the first run of a version (which itself starts cold) or by PREPARE, and
 * never makes a run wait for its imports. Anything odd about one keeps its version cold for a while.
 */
#ifndef WORKER_SANDBOX_DAEMON_ZYGOTE_POOL_H
#define WORKER_SANDBOX_DAEMON_ZYGOTE_POOL_H

#include "worker/sandbox/daemon/zygote.h"

enum { ZYGOTE_COLD_S = 600 };

/* Why this host never starts warm; NULL: it does. */
const char *zygote_pool_off(const struct host *host);

/* True: a spare, or (with spare->jail.pid == 0) `wait` will be called. False: start cold, for
 * `reason`. */
bool zygote_pool_take(struct host *host, const struct zygote_key *key, struct zygote_wait *wait,
                      struct spare *spare, struct zygote **zygote, const char **reason);
/* Have one for `key`, if that can be. */
void zygote_pool_prepare(struct host *host, const struct zygote_key *key);

/* What of it the status tells. */
void zygote_pool_status(const struct host *host, struct doctor_status *status);

void zygote_pool_tick(struct host *host);
/* The mover's answer (user: the host) about the spare whose move has this number, if it still waits. */
void zygote_pool_moved(void *user, uint64_t token, bool ok);
/* Milliseconds until the pool has to be looked at; -1: never. */
int zygote_pool_timeout(const struct host *host);
/* Kill all; they are gone when the poller has seen it. */
void zygote_pool_stop(struct host *host);

#endif
