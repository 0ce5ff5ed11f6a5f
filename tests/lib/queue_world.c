#include "tests/lib/queue_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/test.h"

void world_direct(struct queue_world *w, const char *command)
{
    redisReply *reply = redisCommand(w->direct, command);
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", command, reply ? reply->str : w->direct->errstr);
    freeReplyObject(reply);
}

#define CALL(name, body)                                                                           \
    void name(struct op *op, void *arguments)                                                      \
    {                                                                                              \
        struct queue_world *w = arguments;                                                         \
        body;                                                                                      \
    }

CALL(world_push, job_queue_push(op, w->queue, w->entries, w->count, &w->result))
CALL(world_due, job_queue_due(op, w->queue, w->entries[0].tenant, w->due_ms))
CALL(world_take, job_queue_take(op, w->queue, "worker", "py", 32, &w->taken))
CALL(world_claimed, job_queue_claimed(op, w->queue, w->slots, w->count, &w->result))
CALL(world_finish, job_queue_finish(op, w->queue, w->slots, w->count, &w->result))
CALL(world_release, job_queue_release(op, w->queue, w->slots, w->count, &w->result))
CALL(world_running, job_queue_running(op, w->queue, "worker", w->slots, w->count, &w->result))
CALL(world_promote, job_queue_promote(op, w->queue, &w->promoted))
CALL(world_list_overs, job_queue_overs(op, w->queue, &w->overs))
CALL(world_refill_wait, job_queue_refill_wait(op, w->queue, &w->overs))
CALL(world_depth, job_queue_depth(op, w->queue, 10, &w->document))
CALL(world_status,
     job_queue_status(op, w->queue, w->entries[0].tenant, &w->entries[0].job, NULL, &w->document))
CALL(world_live, job_queue_live(op, w->queue, w->entries[0].tenant, &w->lives))
CALL(world_begin, job_queue_rebuild_begin(op, w->queue, w->term, &w->result))
CALL(world_clear, job_queue_rebuild_clear(op, w->queue, &w->result))
CALL(world_end, job_queue_rebuild_end(op, w->queue, &w->result))
CALL(world_bell_wait,
     job_queue_bell_wait(op, w->queue, (const char *[]){ "py", "sh" }, 2, &w->result))
CALL(world_limit, job_queue_limit(op, w->queue, w->entries[0].tenant,
                                  &(struct queue_limits){ .weight = 1.5, .slots = 3 }, &w->result))

void world_call(struct queue_world *w, void (*begin_call)(struct op *op, void *arguments))
{
    struct op_probe p;
    w->result.verdicts = "";
    if (!op_probe_run(&p, &w->loop, begin_call, w))
        fail_msg("a queue call failed its op: %s", p.err.cause);
    snprintf(w->verdicts, sizeof w->verdicts, "%s", w->result.verdicts);
    op_release(&p.op);
}

/* The results of a take live in the op's arena: copy them where slots may point to them. */
int world_take_all(struct queue_world *w)
{
    static char tenants[WORLD_ENTRIES][24];
    struct op_probe p;
    assert_true(op_probe_run(&p, &w->loop, world_take, w));
    assert_int_equal(w->taken.err.code, GOV_OK);
    for (int i = 0; i < w->taken.count; i++) {
        w->entries[i] = w->taken.entries[i];
        snprintf(tenants[i], sizeof tenants[i], "%s", w->entries[i].tenant);
        w->entries[i].tenant = tenants[i];
        w->entries[i].lane = "py";
        w->entries[i].class = "normal";
        w->entries[i].kind = "run";
        w->entries[i].action = NULL;
        w->slots[i] = (struct queue_slot){ .entry = &w->entries[i] };
    }
    w->count = w->taken.count;
    op_release(&p.op);
    return w->count;
}

void world_rebuild_all(struct queue_world *w)
{
    world_call(w, world_begin);
    assert_int_equal(w->result.err.code, GOV_OK);
    do {
        world_call(w, world_clear);
        assert_int_equal(w->result.err.code, GOV_OK);
    } while (w->result.count);
    world_call(w, world_end);
    assert_int_equal(w->result.err.code, GOV_OK);
}

void world_fill(struct queue_world *w, int count)
{
    w->count = count;
    for (int i = 0; i < count; i++)
        w->entries[i] = (struct queue_entry){ .tenant = "t_00000000000000aa",
                                              .lane = "py",
                                              .class = "normal",
                                              .job = id_new(),
                                              .fence = 0,
                                              .cost_ms = 10,
                                              .kind = "run" };
}

void world_open(struct queue_world *w, const char *incarnation)
{
    w->redis = redis_new(&w->loop, &(struct redis_options){ .address = w->server.address });
    w->queue = job_queue_new(&(struct job_queue_options){ w->redis, incarnation });
}

void world_close(struct queue_world *w)
{
    job_queue_stop(w->queue);
    redis_stop(w->redis);
}

int world_start(void **state)
{
    struct queue_world *w = calloc(1, sizeof *w);
    redis_server_start(&w->server, true);
    loop_init(&w->loop);
    w->direct = redisConnectUnix(w->server.socket);
    w->term = 1;
    world_open(w, "db1");
    world_rebuild_all(w);
    *state = w;
    return 0;
}

int world_stop(void **state)
{
    struct queue_world *w = *state;
    world_close(w);
    bool clean = loop_release(&w->loop);
    redisFree(w->direct);
    redis_server_stop(&w->server);
    free(w);
    return clean ? 0 : 1;
}

static bool queue_is_lost(void *context)
{
    return job_queue_state(((struct queue_world *)context)->queue) == QUEUE_LOST;
}

static bool queue_is_away(void *context)
{
    return job_queue_state(((struct queue_world *)context)->queue) == QUEUE_AWAY;
}

void world_restart_redis(struct queue_world *w)
{
    redis_server_kill(&w->server);
    loop_until(&w->loop, queue_is_away, w, 5000);
    redis_server_again(&w->server);
    loop_until(&w->loop, queue_is_lost, w, 5000);
}
