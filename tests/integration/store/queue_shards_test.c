/* Several dispatch shards on one Redis: each is a queue of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/queue/queue_depth.h"
#include "core/store/queue/queue_retire.h"
#include "tests/lib/queue_world.h"
#include "tests/lib/test.h"

enum { SHARDS = 3 };

struct shards_world {
    struct queue_world w; /* its queue is one of the shards', see at() */
    struct queue_shards shards;
    struct queue_depths depths;
    const json_t *sum;
    char names[SHARDS][24]; /* a tenant of each */
};

static struct shards_world *at(void *state, int shard)
{
    struct shards_world *s = state;

    s->w.queue = s->shards.queues[shard];
    return s;
}

static void open_shards(struct shards_world *s, struct queue_shards *shards, int count)
{
    queue_shards_start(shards, &s->w.loop,
                       &(struct queue_shards_options){ .redis = &(struct redis_options){ .address = s->w.server.address }, .incarnation = "db1",
                                                       .count = count });
}

static int start(void **state)
{
    struct shards_world *s = calloc(1, sizeof *s);

    redis_server_start(&s->w.server, true);
    loop_init(&s->w.loop);
    s->w.direct = redisConnectUnix(s->w.server.socket);
    s->w.term = 1;
    open_shards(s, &s->shards, SHARDS);
    for (int i = 0; i < SHARDS; i++) {
        snprintf(s->names[i], sizeof s->names[i], "t_%016x", SHARDS * 7 + i);
        world_rebuild_all(&at(s, i)->w);
    }
    *state = s;
    return 0;
}

static int stop(void **state)
{
    struct shards_world *s = *state;

    queue_shards_stop(&s->shards);
    bool clean = loop_release(&s->w.loop);
    redisFree(s->w.direct);
    redis_server_stop(&s->w.server);
    free(s);
    return clean ? 0 : 1;
}

/* `each` entries of every shard's tenant, mixed. */
static void fill(struct shards_world *s, int each)
{
    world_fill(&s->w, each * SHARDS);
    for (int i = 0; i < each * SHARDS; i++)
        s->w.entries[i].tenant = s->names[i % SHARDS];
}

static void push_all(struct op *op, void *world)
{
    struct shards_world *s = world;
    queue_shards_push(op, &s->shards, s->w.entries, s->w.count);
}

static void push(struct shards_world *s)
{
    world_call(&s->w, push_all);
}

static long long number(struct shards_world *s, const char *format, const char *name, int shard)
{
    redisReply *reply = redisCommand(s->w.direct, format, shard, name);

    assert_non_null(reply);
    long long value = reply->integer;
    freeReplyObject(reply);
    return value;
}

static void every_tenant_has_one_shard_and_every_shard_its_tenants(void **state)
{
    int tenants[QUEUE_SHARDS_MAX] = { 0 };
    char name[24];
    (void)state;

    for (int i = 0; i < 6400; i++) {
        snprintf(name, sizeof name, "t_%s", &id_new().text[19]);
        memmove(name + 6, name + 7, strlen(name + 7) + 1); /* without the hyphen */
        int shard = queue_shard_of(name, QUEUE_SHARDS_MAX);
        assert_in_range(shard, 0, QUEUE_SHARDS_MAX - 1);
        assert_int_equal(shard, queue_shard_of(name, QUEUE_SHARDS_MAX));
        assert_int_equal(queue_shard_of(name, 1), 0);
        tenants[shard]++;
    }
    for (int i = 0; i < QUEUE_SHARDS_MAX; i++)
        assert_in_range(tenants[i], 30, 250); /* 100 each, were it even */
}

static void entries_go_to_their_tenants_shard_alone(void **state)
{
    struct shards_world *s = *state;

    fill(s, 4);
    push(s);
    for (int i = 0; i < SHARDS; i++)
        for (int tenant = 0; tenant < SHARDS; tenant++)
            assert_int_equal(number(s, "LLEN {s%02d}:q:py:normal:%s", s->names[tenant], i), tenant == i ? 4 : 0);
    for (int i = 0; i < SHARDS; i++) {
        world_call(&at(s, i)->w, world_take);
        assert_int_equal(s->w.taken.count, 4);
    }
}

static void claim_all(struct op *op, void *world)
{
    struct shards_world *s = world;
    queue_shards_claimed(op, &s->shards, s->w.slots, s->w.count);
}

static void run_all(struct op *op, void *world)
{
    struct shards_world *s = world;
    queue_shards_running(op, &s->shards, "worker", s->w.slots, s->w.count);
}

/* What runs is told by one heartbeat, of all shards together. */
static void slots_are_held_in_their_tenants_shard(void **state)
{
    struct shards_world *s = *state;

    fill(s, 2);
    push(s);
    for (int i = 0; i < SHARDS; i++)
        world_call(&at(s, i)->w, world_take);
    for (int i = 0; i < s->w.count; i++)
        s->w.slots[i] = (struct queue_slot){ .entry = &s->w.entries[i], .fence = 1, .ms = 5 };
    world_call(&s->w, claim_all);
    for (int i = 0; i < s->w.count; i++)
        s->w.entries[i].fence = 1;
    world_call(&s->w, run_all);
    for (int i = 0; i < SHARDS; i++) {
        s->w.entries[0].tenant = s->names[i];
        world_call(&at(s, i)->w, world_live);
        assert_int_equal(s->w.lives.count, 2);
        assert_int_equal(number(s, "HLEN {s%02d}:live:py:%s", s->names[i], i), 2);
    }
}

static void a_shard_that_is_lost_leaves_the_others_open(void **state)
{
    struct shards_world *s = *state;

    fill(s, 1);
    world_direct(&s->w, "DEL {s01}:gen");
    push(s);
    assert_int_equal(job_queue_state(s->shards.queues[0]), QUEUE_OPEN);
    assert_int_equal(job_queue_state(s->shards.queues[1]), QUEUE_LOST);
    assert_ptr_equal(queue_shards_closed(&s->shards), s->shards.queues[1]);
    world_call(&at(s, 2)->w, world_take);
    assert_int_equal(s->w.taken.count, 1);
    world_call(&at(s, 1)->w, world_take);
    assert_string_equal(s->w.taken.err.item, "no_generation");
    world_rebuild_all(&s->w);
    assert_null(queue_shards_closed(&s->shards));
    world_call(&at(s, 0)->w, world_take);
    assert_int_equal(s->w.taken.count, 1); /* what it had was not touched */
}

static void ask_depths(struct op *op, void *world)
{
    struct shards_world *s = world;
    queue_depths_ask(op, &s->shards, 10, &s->depths);
}

static struct arena depths_arena;

static void sum_depths(struct shards_world *s, struct gov_err *err)
{
    struct op_probe probe;

    op_probe_start(&probe, &s->w.loop, ask_depths, s);
    assert_true(op_probe_await(&probe));
    s->sum = queue_depths_sum(&depths_arena, &s->depths, 2, err);
    op_release(&probe.op);
}

static void what_waits_is_summed_over_all_shards(void **state)
{
    struct shards_world *s = *state;
    struct gov_err err = { 0 };

    fill(s, 5);
    push(s);
    world_call(&at(s, 1)->w, world_take);
    arena_init(&depths_arena);
    sum_depths(s, &err);
    const json_t *py = json_object_get(json_object_get(s->sum, "lanes"), "py");
    const json_t *normal = json_object_get(json_object_get(py, "classes"), "normal");
    assert_int_equal(json_get_int(py, "busy", -1), 5);
    assert_int_equal(json_object_size(json_object_get(py, "held")), 1); /* one tenant has all five */
    assert_int_equal(json_get_int(json_object_get(py, "held"), s->names[1], -1), 5);
    assert_int_equal(json_get_int(normal, "entries", -1), 10);
    assert_int_equal(json_get_int(normal, "tenants", -1), 2);
    assert_int_equal(json_array_size(json_object_get(s->sum, "queues")), 2);
    int64_t ago_ms = json_get_int(s->sum, "now_ms", 0) - json_get_int(normal, "since_ms", 0);
    assert_in_range(ago_ms, 0, 600000); /* moments are not added up */
    world_direct(&s->w, "DEL {s02}:gen");
    sum_depths(s, &err);
    assert_null(s->sum); /* half of it would look like all of it */
    assert_int_equal(err.code, GOV_QUEUE_UNAVAILABLE);
    arena_release(&depths_arena);
}

/* Both ways: whoever has another number waits, and says why. */
static void a_process_with_another_number_of_shards_waits_and_says_why(void **state)
{
    struct shards_world *s = *state;
    struct queue_shards others;

    open_shards(s, &others, SHARDS + 1);
    s->w.queue = others.queues[0];
    world_call(&s->w, world_take);
    assert_string_equal(s->w.taken.err.item, "no_generation");
    assert_non_null(strstr(queue_shards_word(&others), "has 3 dispatch shards and this process was told 4"));
    s->w.term = 2;
    world_rebuild_all(&s->w); /* as the scheduler of the new number does */
    world_call(&at(s, 0)->w, world_take);
    assert_string_equal(s->w.taken.err.item, "no_generation");
    assert_non_null(strstr(queue_shards_word(&s->shards), "has 4 dispatch shards and this process was told 3"));
    queue_shards_stop(&others);
}

static void shards_that_are_no_more_are_strangers(void **state)
{
    struct shards_world *s = *state;
    struct queue_retire retire;
    struct gov_err err;

    fill(s, 1);
    push(s);
    queue_retire_init(&retire, &s->w.loop, redis_options_of(s->shards.redis[0]), 1);
    assert_true(op_await(&retire.op, &err));
    op_release(&retire.op);
    for (int i = 1; i < SHARDS; i++) {
        world_call(&at(s, i)->w, world_take);
        assert_string_equal(s->w.taken.err.item, "no_generation");
    }
    world_call(&at(s, 0)->w, world_take);
    assert_int_equal(s->w.taken.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tenant_has_one_shard_and_every_shard_its_tenants),
        cmocka_unit_test_setup_teardown(entries_go_to_their_tenants_shard_alone, start, stop),
        cmocka_unit_test_setup_teardown(slots_are_held_in_their_tenants_shard, start, stop),
        cmocka_unit_test_setup_teardown(a_shard_that_is_lost_leaves_the_others_open, start, stop),
        cmocka_unit_test_setup_teardown(what_waits_is_summed_over_all_shards, start, stop),
        cmocka_unit_test_setup_teardown(a_process_with_another_number_of_shards_waits_and_says_why, start, stop),
        cmocka_unit_test_setup_teardown(shards_that_are_no_more_are_strangers, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
