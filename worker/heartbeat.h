/* heartbeat.h - I am alive, and what I run is still wanted.
 *
 * Every 2 s while jobs are held, else every 60 s. A worker whose beat was refused or has not come
 * through for 17.5 s (0.7 of what the scheduler calls dead) is fenced: it starts nothing and kills what
 * it runs, because somebody else may be given it soon. */
#ifndef WORKER_HEARTBEAT_H
#define WORKER_HEARTBEAT_H

#include "worker/worker.h"

struct heartbeat;

struct heartbeat *heartbeat_start(struct worker *worker);
/* A job was claimed: beat at the busy rate from now on. */
void heartbeat_busy(struct heartbeat *heartbeat);
/* Beat at once: somebody wrote something into our row. */
void heartbeat_now(struct heartbeat *heartbeat);
/* Somebody said that this request changed, or (NULL) one of that tenant may have, unheard: look whether one of ours is to
 * be cancelled. */
void heartbeat_look(struct heartbeat *heartbeat, const char *schema, const struct id *request);
/* One last beat (state stopped), then `stopped`. */
void heartbeat_stop(struct heartbeat *heartbeat, void (*stopped)(struct worker *worker));

#endif
