/* Entries of the queue: into it, out of it, never twice. One Redis for the file, emptied per test.
 */
#include "core/base/json.h"
#include "tests/lib/queue_rig.h"
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

static struct queue_rig rig;

static void free_document(redisReply *reply)
{
    assert_int_equal(reply->type, REDIS_REPLY_STRING);
    freeReplyObject(reply);
}

static int reset(void **state)
{
    *state = &rig;
    rig_reset(&rig);
    return 0;
}

/* Of the first tenant; the size of the hash and what is kept of it must agree. */
static int64_t slots_held(void)
{
    int64_t held = rig_redis(&rig, "HLEN {s00}:live:py:%s", rig_tenant(1));
    redisReply *kept = redisCommand(rig.redis, "HGET {s00}:busy:py %s", rig_tenant(1));
    assert_int_equal(held, kept->str ? atoi(kept->str) : 0);
    freeReplyObject(kept);
    return held;
}

static void enqueue_is_idempotent_by_job_and_fence(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 7, .fence = 3, .cost_ms = 10 };
    (void)state;
    assert_int_equal(rig_enqueue(&rig, e), 'A');
    assert_int_equal(rig_enqueue(&rig, e), 'D');
    rig_expect(&rig, "D", LUA_FUNCTIONS_ENQUEUE, "%s|%s", rig_text(e), rig_text(e));
    assert_int_equal(rig_take(&rig, "py", 8), 1);
    assert_int_equal(rig_enqueue(&rig, e), 'D');
    rig_claim(&rig, e);
    assert_int_equal(rig_enqueue(&rig, e), 'O');
    assert_int_equal(rig_take(&rig, "py", 8), 0);
}

static void enqueue_finds_a_job_that_is_twice_in_one_batch(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 7, .fence = 3, .cost_ms = 10 };
    (void)state;
    rig_expect(&rig, "AD", LUA_FUNCTIONS_ENQUEUE, "%s|%s", rig_text(e), rig_text(e));
    assert_int_equal(rig_take(&rig, "py", 8), 1);
}

static void a_newer_fence_replaces_what_is_queued_and_an_older_is_refused(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 7, .fence = 3, .cost_ms = 10 };
    (void)state;
    rig_enqueue(&rig, e);
    e.fence = 5;
    assert_int_equal(rig_enqueue(&rig, e), 'A');
    e.fence = 4;
    assert_int_equal(rig_enqueue(&rig, e), 'O');
    assert_int_equal(rig_take(&rig, "py", 8), 1);
    assert_int_equal(rig.taken[0].fence, 5);
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:q:py:normal:%s", rig_tenant(1)), 0);
}

static void a_newer_fence_frees_the_slot_of_the_older(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 7, .fence = 3, .cost_ms = 10 };
    (void)state;
    rig_enqueue(&rig, e);
    rig_take(&rig, "py", 1);
    rig_claim(&rig, e);
    e.fence = 5; /* reclaimed from a dead worker */
    assert_int_equal(rig_enqueue(&rig, e), 'A');
    assert_int_equal(slots_held(), 0);
    assert_int_equal(rig_redis(&rig, "HLEN {s00}:live:py:%s", rig_tenant(1)), 0);
}

static void entries_leave_in_the_order_they_came(void **state)
{
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 100, .cost_ms = 1 }, 200);
    for (int expected = 100; expected < 300;) {
        assert_true(rig_take(&rig, "py", 33) > 0);
        for (int i = 0; i < rig.taken_count; i++)
            assert_int_equal(rig.taken[i].job, expected++);
    }
}

static void what_was_taken_and_not_claimed_comes_back_after_its_deadline(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 7, .fence = 3, .cost_ms = 50 };
    (void)state;
    rig_enqueue(&rig, e);
    assert_int_equal(rig_take(&rig, "py", 1), 1);
    struct rig_promoted p = rig_promote(&rig);
    assert_int_equal(p.moved, 0);
    assert_int_equal(p.next_ms, rig.now_ms + 15000);
    rig.now_ms += 14999;
    assert_int_equal(rig_promote(&rig).moved, 0);
    rig.now_ms += 1;
    assert_int_equal(rig_promote(&rig).moved, 1);
    assert_int_equal(slots_held(), 0);
    assert_int_equal(rig_take(&rig, "py", 1), 1);
    assert_int_equal(rig.taken[0].fence, 3);
    assert_int_equal(rig.taken[0].cost_ms, 50);
}

/* Two takes, one tenant: what the first took comes back first, and the second keeps its own deadline. */
static void each_that_was_taken_has_its_own_deadline(void **state)
{
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 3);
    assert_int_equal(rig_take(&rig, "py", 2), 2);
    rig_claim(&rig, rig.taken[0]);
    rig.now_ms += 5000;
    assert_int_equal(rig_take(&rig, "py", 1), 1);
    rig.now_ms += 10000;
    struct rig_promoted p = rig_promote(&rig);
    assert_int_equal(p.moved, 1);
    assert_int_equal(p.next_ms, rig.now_ms + 5000);
    assert_int_equal(rig_take(&rig, "py", 9), 1);
    assert_int_equal(rig.taken[0].job, 2);
    rig.now_ms += 5000;
    assert_int_equal(rig_promote(&rig).moved, 1);
    assert_int_equal(slots_held(), 2);
}

static void what_was_claimed_does_not_come_back(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 7, .fence = 3, .cost_ms = 50 };
    (void)state;
    rig_enqueue(&rig, e);
    rig_take(&rig, "py", 1);
    rig_claim(&rig, e);
    rig.now_ms += 60000;
    struct rig_promoted p = rig_promote(&rig);
    assert_int_equal(p.moved, 0);
    assert_int_equal(p.next_ms, 0);
    assert_int_equal(slots_held(), 1);
}

/* The claim was committed but said so too late: the entry is already back and must die. */
static void a_late_claim_kills_the_entry_that_came_back(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 7, .fence = 3, .cost_ms = 50 };
    (void)state;
    rig_enqueue(&rig, e);
    rig_take(&rig, "py", 1);
    rig.now_ms += 15000;
    assert_int_equal(rig_promote(&rig).moved, 1);
    /* A heartbeat says that it runs; that puts the slot back, too. */
    e.fence = 4;
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_RUNNING, "w|5|%s", rig_text(e)), 1);
    assert_int_equal(rig_take(&rig, "py", 1), 0);
    assert_int_equal(slots_held(), 1);
    assert_int_equal(rig_finish(&rig, e, 4, 20), 1);
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:idx"), 0);
}

static void finish_of_what_is_not_known_is_harmless(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 7, .fence = 3, .cost_ms = 50 };
    (void)state;
    assert_int_equal(rig_finish(&rig, e, 3, 10), 0);
    rig_enqueue(&rig, e);
    assert_int_equal(rig_finish(&rig, e, 3, 10), 0); /* queued, not held: a repeated message */
    assert_int_equal(rig_take(&rig, "py", 1), 1);
    assert_int_equal(rig_finish(&rig, e, 2, 10), 0); /* an older life of the job */
    assert_int_equal(slots_held(), 1);
    rig_claim(&rig, e);
    assert_int_equal(rig_finish(&rig, e, 4, 10), 1);
    assert_int_equal(rig_finish(&rig, e, 4, 10), 0);
    assert_int_equal(slots_held(), 0);
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:idx"), 0);
}

/* Both messages are on their way at once, and nobody promises their order. */
static void a_finish_that_overtakes_its_claim_frees_the_slot(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 7, .fence = 3, .cost_ms = 50 };
    (void)state;
    rig_enqueue(&rig, e);
    rig_take(&rig, "py", 1);
    assert_int_equal(rig_finish(&rig, e, 4, 10), 1);
    rig_expect(&rig, "-", LUA_FUNCTIONS_CLAIMED, "py %s %s 3 4", rig_tenant(1), rig_job(7));
    assert_int_equal(slots_held(), 0);
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:idx {s00}:taken"), 0);
}

static void finish_settles_the_account_once(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .cost_ms = 100 };
    const char *clock = "{s00}:clock:py:normal";
    redisReply *reply;
    (void)state;
    rig_enqueue(&rig, e);
    rig_take(&rig, "py", 1);
    rig_claim(&rig, e);
    rig_finish(&rig, e, 1, 30);
    rig_finish(&rig, e, 1, 30);
    reply = redisCommand(rig.redis, "HGET %s %s", clock, rig_tenant(1));
    assert_string_equal(reply->str, "30");
    freeReplyObject(reply);
}

static void heartbeats_raise_the_charge_to_what_has_elapsed(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .cost_ms = 100 }, claimed = e;
    redisReply *reply;
    (void)state;
    rig_enqueue(&rig, e);
    rig_take(&rig, "py", 1);
    rig_claim(&rig, e);
    claimed.fence = 1;
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_RUNNING, "w|50|%s", rig_text(claimed)), 0);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_RUNNING, "w|400|%s", rig_text(claimed)), 0);
    reply = redisCommand(rig.redis, "HGET {s00}:clock:py:normal %s", rig_tenant(1));
    assert_string_equal(reply->str, "400");
    freeReplyObject(reply);
    rig_finish(&rig, e, 1, 450);
    reply = redisCommand(rig.redis, "HGET {s00}:clock:py:normal %s", rig_tenant(1));
    assert_string_equal(reply->str, "450");
    freeReplyObject(reply);
}

static void a_stale_heartbeat_takes_no_slot(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .fence = 5, .cost_ms = 100 }, old = e;
    (void)state;
    rig_enqueue(&rig, e);
    old.fence = 4;
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_RUNNING, "w|50|%s", rig_text(old)), 0);
    assert_int_equal(slots_held(), 0);
    assert_int_equal(rig_take(&rig, "py", 1), 1);
}

static void a_refused_claim_costs_nothing(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .cost_ms = 5000 };
    redisReply *reply;
    (void)state;
    rig_enqueue(&rig, e);
    rig_take(&rig, "py", 1);
    assert_int_equal(rig_finish(&rig, e, 0, 0), 1);
    reply = redisCommand(rig.redis, "HGET {s00}:clock:py:normal %s", rig_tenant(1));
    assert_string_equal(reply->str, "0");
    freeReplyObject(reply);
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:idx {s00}:taken {s00}:busy:py"), 0);
}

static void released_work_comes_back_and_costs_nothing(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .cost_ms = 5000 };
    (void)state;
    rig_enqueue(&rig, e);
    rig_take(&rig, "py", 1);
    rig_claim(&rig, e);
    rig_expect(&rig, "A", LUA_FUNCTIONS_RELEASE, "py %s %s 1 2", rig_tenant(1), rig_job(1));
    rig_expect(&rig, "-", LUA_FUNCTIONS_RELEASE, "py %s %s 1 2", rig_tenant(1), rig_job(1));
    assert_int_equal(rig_take(&rig, "py", 4), 1);
    assert_int_equal(rig.taken[0].fence, 2);
    /* Not claimed yet: back under the same fence. */
    rig_expect(&rig, "A", LUA_FUNCTIONS_RELEASE, "py %s %s 2 2", rig_tenant(1), rig_job(1));
    assert_int_equal(rig_take(&rig, "py", 4), 1);
    assert_int_equal(rig_redis(&rig, "ZCARD {s00}:taken"), 1);
}

static void promote_names_whose_jobs_are_due_and_says_when_the_next_are(void **state)
{
    (void)state;
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_DUE_ADD, "%s|500", rig_tenant(1)), 1);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_DUE_ADD, "%s|900", rig_tenant(2)), 1);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_DUE_ADD, "%s|700", rig_tenant(1)), 0); /* the sooner one counts */
    struct rig_promoted p = rig_promote(&rig);
    assert_int_equal(p.tenants, 0);
    assert_int_equal(p.next_ms, rig.now_ms + 500);
    rig.now_ms += 500;
    p = rig_promote(&rig);
    assert_int_equal(p.tenants, 1);
    assert_int_equal(p.next_ms, rig.now_ms + 400);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_DUE_ADD, "%s|100", rig_tenant(2)), 1);
    assert_int_equal(rig_promote(&rig).next_ms, rig.now_ms + 100);
    rig.now_ms += 400;
    p = rig_promote(&rig);
    assert_int_equal(p.tenants, 1);
    assert_int_equal(p.next_ms, 0);
}

static void the_estimate_learns_from_what_runs_took(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .cost_ms = 6000, .action = "report.monthly" };
    redisReply *reply;
    (void)state;
    for (int i = 0; i < 2; i++, e.job++) {
        rig_enqueue(&rig, e);
        rig_take(&rig, "py", 1);
        rig_claim(&rig, e);
        rig_finish(&rig, e, 1, i ? 20 : 100);
    }
    reply = redisCommand(rig.redis, "HGET {s00}:cost %b", "t_0000000000000001 report.monthly",
                         (size_t)33);
    assert_string_equal(reply->str, "80");
    freeReplyObject(reply);
    rig_enqueue(&rig, e);
    rig_take(&rig, "py", 1);
    /* The next one is charged 80, not its fallback of 6000. */
    reply = redisCommand(rig.redis, "HGET {s00}:live:py:%s %s", rig_tenant(1), rig_job(3));
    assert_string_equal(reply->str, "0 t normal 80 6000 run report.monthly worker-1 1015000");
    freeReplyObject(reply);
}

static void the_bell_rings_for_work_and_stops_without(void **state)
{
    (void)state;
    rig_enqueue(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 });
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:py"), 1);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 2, .cost_ms = 1 }, 2);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:py"), 3);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 10, .cost_ms = 1 }, 300);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:py"), 64);
    while (rig_take(&rig, "py", 64) > 0)
        ;
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:py"), 0);
}

/* Every way to get work leaves a token while there is work, so nobody sleeps beside it. */
static void a_take_that_leaves_work_rings_again(void **state)
{
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 10);
    rig_redis(&rig, "DEL {s00}:bell:py"); /* every token was lost with its worker */
    assert_int_equal(rig_take(&rig, "py", 4), 4);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:py"), 1);
    rig_redis(&rig, "DEL {s00}:bell:py");
    rig.now_ms += 15000;
    rig_promote(&rig);
    assert_in_range(rig_redis(&rig, "LLEN {s00}:bell:py"), 1, 10);
}

static void a_forgotten_tenant_leaves_nothing(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .cost_ms = 10, .action = "a" };
    (void)state;
    rig_expect(&rig, "OK", LUA_FUNCTIONS_CONF, "%s|0|2|5|3", rig_tenant(1));
    rig_enqueue_many(&rig, e, 20);
    assert_true(rig_take(&rig, "py", 3) > 0);
    rig_claim(&rig, rig.taken[0]);
    rig_finish(&rig, rig.taken[0], 1, 5);
    rig_integer(&rig, LUA_FUNCTIONS_DUE_ADD, "%s|2000", rig_tenant(1));
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_FORGET_TENANT, "%s", rig_tenant(1)), 19);
    redisReply *keys = redisCommand(rig.redis, "KEYS *");
    for (size_t i = 0; i < keys->elements; i++) {
        redisReply *dump = redisCommand(rig.redis, "DUMP %s", keys->element[i]->str);
        if (memmem(dump->str, dump->len, "t_0000000000000001", 18))
            fail_msg("%s still names the tenant", keys->element[i]->str);
        assert_null(strstr(keys->element[i]->str, "t_0000000000000001"));
        freeReplyObject(dump);
    }
    freeReplyObject(keys);
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:idx {s00}:busy:py {s00}:taken {s00}:due"), 0);
}

/* Somebody's own mistake at the Redis prompt. */
static void a_key_of_the_wrong_type_hurts_its_tenant_alone(void **state)
{
    struct rig_entry hurt = { .tenant = 1, .job = 1, .cost_ms = 1 }, other = { .tenant = 2, .job = 100, .cost_ms = 1 };
    (void)state;
    rig_enqueue_many(&rig, hurt, 3);
    rig_enqueue_many(&rig, other, 3);
    rig_redis(&rig, "SET {s00}:q:py:normal:%s nonsense", rig_tenant(1));
    assert_int_equal(rig_take(&rig, "py", 10), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rig.taken[i].tenant, 2);
    hurt.job = 10;
    other.job = 110;
    const char *first = rig_text(hurt), *second = rig_text(other);
    rig_expect(&rig, "FA", LUA_FUNCTIONS_ENQUEUE, "%s|%s", first, second); /* one batch of two tenants */
    assert_int_equal(rig_take(&rig, "py", 10), 1);
    rig_promote(&rig);
    free_document(rig_call(&rig, LUA_FUNCTIONS_DEPTH, "10"));
    /* Mended: what was refused is no stranger. */
    rig_redis(&rig, "DEL {s00}:q:py:normal:%s", rig_tenant(1));
    assert_int_equal(rig_enqueue(&rig, hurt), 'A');
    assert_int_equal(rig_take(&rig, "py", 10), 1);
}

static void the_oldest_that_counts_for_scaling_is_one_that_no_limit_holds_back(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .cost_ms = 1, .action = "held.run" };
    (void)state;
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_LIMITS, "%s|0|s:held|0|0|1", rig_tenant(1)), 1);
    assert_int_equal(rig_enqueue(&rig, e), 'A');
    assert_int_equal(rig_take(&rig, "py", 10), 0);
    int64_t began_ms = rig.now_ms;
    rig.now_ms += 5000;
    e.job = 2;
    e.action = "free.run";
    assert_int_equal(rig_enqueue(&rig, e), 'A');
    redisReply *reply = rig_call(&rig, LUA_FUNCTIONS_DEPTH, "10");
    json_t *depth = json_loads(reply->str, 0, NULL);
    const char *path[] = { "lanes", "py", "classes", "normal" };
    const json_t *class = depth;
    for (int i = 0; i < 4; i++)
        class = json_object_get(class, path[i]);
    assert_int_equal(json_get_int(class, "since_ms", 0), rig.now_ms);
    assert_int_equal(json_get_int(class, "entries", 0), 2);
    const json_t *queue = json_array_get(json_object_get(depth, "queues"), 0);
    assert_int_equal(json_get_int(queue, "since_ms", 0), began_ms); /* people see all of it */
    json_decref(depth);
    free_document(reply);
}

static void status_says_how_much_is_set_aside_and_by_what(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .cost_ms = 1, .action = "held.run" };
    (void)state;
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_LIMITS, "%s|0|s:held|0|0|1", rig_tenant(1)), 1);
    rig_enqueue_many(&rig, e, 2000);
    e.job = 3000;
    e.action = "free.run";
    assert_int_equal(rig_enqueue(&rig, e), 'F');
    assert_int_equal(rig_take(&rig, "py", 10), 0);
    redisReply *reply = rig_call(&rig, LUA_FUNCTIONS_STATUS, "%s|%s|free.run", rig_tenant(1), rig_job(3000));
    json_t *status = json_loads(reply->str, 0, NULL);
    const json_t *queue = json_array_get(json_object_get(status, "queues"), 0), *aside = json_object_get(queue, "aside");
    assert_true(json_get_bool(queue, "full", false));
    assert_int_equal(json_get_int(aside, "count", 0), 400); /* part_aside.lua: the rest is PostgreSQL's */
    assert_string_equal(json_get_text(aside, "name"), "s:held");
    assert_true(json_get_bool(aside, "paused", false));
    json_decref(status);
    free_document(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, reset)
        TEST(enqueue_is_idempotent_by_job_and_fence),
        TEST(enqueue_finds_a_job_that_is_twice_in_one_batch),
        TEST(a_newer_fence_replaces_what_is_queued_and_an_older_is_refused),
        TEST(a_newer_fence_frees_the_slot_of_the_older),
        TEST(entries_leave_in_the_order_they_came),
        TEST(what_was_taken_and_not_claimed_comes_back_after_its_deadline),
        TEST(each_that_was_taken_has_its_own_deadline),
        TEST(what_was_claimed_does_not_come_back),
        TEST(a_late_claim_kills_the_entry_that_came_back),
        TEST(finish_of_what_is_not_known_is_harmless),
        TEST(a_finish_that_overtakes_its_claim_frees_the_slot),
        TEST(finish_settles_the_account_once),
        TEST(heartbeats_raise_the_charge_to_what_has_elapsed),
        TEST(a_stale_heartbeat_takes_no_slot),
        TEST(a_refused_claim_costs_nothing),
        TEST(released_work_comes_back_and_costs_nothing),
        TEST(promote_names_whose_jobs_are_due_and_says_when_the_next_are),
        TEST(the_estimate_learns_from_what_runs_took),
        TEST(the_bell_rings_for_work_and_stops_without),
        TEST(a_take_that_leaves_work_rings_again),
        TEST(a_forgotten_tenant_leaves_nothing),
        TEST(a_key_of_the_wrong_type_hurts_its_tenant_alone),
        TEST(the_oldest_that_counts_for_scaling_is_one_that_no_limit_holds_back),
        TEST(status_says_how_much_is_set_aside_and_by_what),
    };
    rig_start(&rig);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_stop(&rig);
    return failed;
}
