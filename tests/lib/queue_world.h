/* queue_world.h - a job queue on a private Redis, and its calls as plain functions.
 *
 * A call runs an op around the job_queue_* of its name, with the world's arguments, and leaves the
 * result in the world. It fails the test if the op fails: no queue call may do that.
 */
#ifndef TESTS_LIB_QUEUE_WORLD_H
#define TESTS_LIB_QUEUE_WORLD_H

#include <hiredis/hiredis.h>

#include "core/store/queue/job_queue.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/redis_server.h"

enum { WORLD_ENTRIES = 600 };

struct queue_world {
    struct redis_server server;
    struct loop loop;
    struct redis *redis;
    struct job_queue *queue;
    redisContext *direct; /* for looking and for mischief */

    /* arguments and results of the calls */
    struct queue_entry entries[WORLD_ENTRIES];
    int count;
    struct queue_slot slots[WORLD_ENTRIES];
    struct queue_result result;
    struct queue_taken taken;
    struct queue_promoted promoted;
    struct queue_overs overs;
    struct queue_document document;
    struct queue_lives lives;
    int64_t due_ms;
    int64_t term;
    char verdicts[WORLD_ENTRIES + 1]; /* of the last call: its own are gone with its op */
};

/* What world_call runs. */
void world_push(struct op *op, void *world);
void world_due(struct op *op, void *world);
void world_take(struct op *op, void *world);
void world_claimed(struct op *op, void *world);
void world_finish(struct op *op, void *world);
void world_release(struct op *op, void *world);
void world_running(struct op *op, void *world);
void world_promote(struct op *op, void *world);
void world_list_overs(struct op *op, void *world);
void world_refill_wait(struct op *op, void *world);
void world_depth(struct op *op, void *world);
void world_status(struct op *op, void *world);
void world_live(struct op *op, void *world);
void world_begin(struct op *op, void *world);
void world_clear(struct op *op, void *world);
void world_end(struct op *op, void *world);
void world_bell_wait(struct op *op, void *world);
void world_limit(struct op *op, void *world);

void world_call(struct queue_world *w, void (*call)(struct op *op, void *world));

/* cmocka's setup and teardown: an open queue of incarnation db1. *state is a struct queue_world. */
int world_start(void **state);
int world_stop(void **state);
/* Another handle, of another process as it were, on the same server. */
void world_open(struct queue_world *w, const char *incarnation);
void world_close(struct queue_world *w);

void world_direct(struct queue_world *w, const char *command); /* straight to Redis */
/* `count` new jobs of one tenant as entries. */
void world_fill(struct queue_world *w, int count);
/* Take what there is; entries and slots are those of the taken. How many. */
int world_take_all(struct queue_world *w);
void world_rebuild_all(struct queue_world *w);
/* Kill Redis and start it again with its data; until the queue is known to be lost. */
void world_restart_redis(struct queue_world *w);

#endif
