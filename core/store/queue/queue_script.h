/* queue_script.h - the Lua scripts of the queue, as Redis wants them.
 *
 * A script is a file of core/store/queue/lua; its first line, "--!needs names ring entry", says which
 * parts (lua/part_<name>.lua) come before it. Redis knows a script by the SHA-1 of its text, so
 * two versions of the platform can share one Redis.
 */
#ifndef CORE_STORE_QUEUE_QUEUE_SCRIPT_H
#define CORE_STORE_QUEUE_QUEUE_SCRIPT_H

#include "core/io/redis/redis.h"
#include "lua_functions.h"

#define QUEUE_LEADER_KEY "{s%02d}:leader" /* KEYS[1] of leader_hold and leader_drop; of which shard: see leader.h */

/* Put the text of `script` together; it lives until queue_script_free. */
void queue_script_load(enum lua_functions script, struct redis_script *into);
void queue_script_free(struct redis_script *script); /* also of a zeroed one */

#endif
