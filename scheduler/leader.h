/* leader.h - several schedulers may run; one leads, by a Redis key with a term.
 *
 * The key is that of the first dispatch shard whose Redis answers, so that the others' due jobs do not wait
 * while its node is away. Without Redis nobody leads, and nothing could be dispatched either. Two may believe to
 * lead for a moment (a process that stood still), or while each reaches another part of Redis: nothing that is
 * done by a leader relies on there being one.
 */
#ifndef SCHEDULER_LEADER_H
#define SCHEDULER_LEADER_H

#include "core/io/redis/redis.h"

struct leader;

struct leader_events {
    void (*elected)(void *context, int64_t term);
    void (*deposed)(void *context); /* also when Redis has been away for too long to be sure */
    void *context;
};

/* `redis`: a handle for each shard; they stay. `holder` names this process, without spaces. ttl_ms: how long a
 * dead leader's key lasts; 0: 6 s. */
struct leader *leader_new(struct redis *const *redis, int shards, const char *holder, int ttl_ms,
                          const struct leader_events *events);
/* 0: this process does not lead (any more). */
int64_t leader_term(const struct leader *leader);
/* Give the lead up, so that another takes it at once; `stopped` may be NULL. Frees `leader`.
 * `deposed` is not called. */
void leader_stop(struct leader *leader, void (*stopped)(void *context), void *context);

#endif
