/* Limits inside a tenant: of a skill, and of a concurrency key. */
#include "tests/lib/queue_sim.h"
#include "tests/lib/test.h"

#include <string.h>

static struct queue_rig rig;

static int reset(void **state)
{
    *state = &rig;
    rig_reset(&rig);
    return 0;
}

static void limit(const char *skill, int slots, int rate, int paused)
{
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_LIMITS, "%s|0|s:%s|%d|%d|%d", rig_tenant(1), skill,
                                 slots, rate, paused), 1);
}

static void enqueue(int job, int count, const char *action)
{
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = job, .cost_ms = 1, .action = action },
                     count);
}

/* How many of what was just taken are of that action. */
static int taken_of(const char *action)
{
    int count = 0;
    for (int i = 0; i < rig.taken_count; i++)
        count += strcmp(rig.taken[i].action, action) == 0;
    return count;
}

static void a_skill_at_its_limit_lets_the_others_pass(void **state)
{
    (void)state;
    limit("slow", 2, 0, 0);
    enqueue(1, 600, "slow.run"); /* more than one page in front */
    enqueue(1000, 3, "quick.run");
    assert_int_equal(rig_take(&rig, "py", 100), 5);
    assert_int_equal(taken_of("slow.run"), 2);
    assert_int_equal(taken_of("quick.run"), 3);
    assert_int_equal(rig_take(&rig, "py", 100), 0);
    enqueue(2000, 1, "quick.run");
    assert_int_equal(rig_take(&rig, "py", 100), 1); /* although the tenant was parked */
    assert_int_equal(rig_take(&rig, "py", 100), 0);
}

static void what_was_stepped_over_starts_in_order_when_a_slot_comes_free(void **state)
{
    (void)state;
    limit("slow", 1, 0, 0);
    enqueue(1, 40, "slow.run");
    for (int job = 1; job <= 40; job++) {
        assert_int_equal(rig_take(&rig, "py", 100), 1);
        assert_int_equal(rig.taken[0].job, job);
        struct rig_entry e = rig.taken[0];
        assert_int_equal(rig_take(&rig, "py", 100), 0);
        rig_claim(&rig, e);
        assert_int_equal(rig_finish(&rig, e, 1, 5), 1);
    }
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:q:py:normal:%s", rig_tenant(1)), 0);
    assert_int_equal(rig_redis(&rig, "ZCARD {s00}:parked"), 0);
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:blocked {s00}:aside:py:normal:%s", rig_tenant(1)), 0);
}

/* What is set aside counts as the tenant's: within its bound, and older than what is queued. */
static void what_is_set_aside_is_still_in_the_queue(void **state)
{
    (void)state;
    limit("slow", 1, 0, 0);
    enqueue(1, 1500, "slow.run");
    assert_int_equal(rig_take(&rig, "py", 10), 1);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:aside:py:normal:%s", rig_tenant(1)), 1499);
    enqueue(2001, 501, "quick.run");
    assert_int_equal(rig_enqueue(&rig, (struct rig_entry){ .tenant = 1, .job = 3000 }), 'F');
    struct rig_entry slow = { .tenant = 1, .job = 1 };
    rig_claim(&rig, slow);
    rig_finish(&rig, slow, 1, 5);
    assert_int_equal(rig_take(&rig, "py", 2), 2);
    assert_int_equal(rig.taken[0].job, 2); /* it has waited for longest */
    assert_int_equal(rig.taken[1].job, 2001);
    rig_expect(&rig, "{", LUA_FUNCTIONS_STATUS, "%s|%s|-", rig_tenant(1), rig_job(700));
    redisReply *status = rig_call(&rig, LUA_FUNCTIONS_STATUS, "%s|%s|-", rig_tenant(1), rig_job(700));
    assert_non_null(strstr(status->str, "\"position\":697"));
    freeReplyObject(status);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_FORGET_TENANT, "%s", rig_tenant(1)), 2000);
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:idx {s00}:blocked {s00}:aside:py:normal:%s", rig_tenant(1)), 0);
}

static void jobs_of_one_concurrency_key_run_one_after_the_other(void **state)
{
    (void)state;
    enqueue(1, 3, "a.run#k:00ff");
    enqueue(10, 2, "b.run#k:00ff"); /* the key counts over all skills */
    enqueue(20, 2, "a.run#k:1111");
    enqueue(30, 1, "a.run");
    assert_int_equal(rig_take(&rig, "py", 100), 3);
    assert_int_equal(taken_of("a.run#k:00ff"), 1);
    assert_int_equal(taken_of("a.run#k:1111"), 1);
    assert_int_equal(taken_of("a.run"), 1);
    struct rig_entry e = rig.taken[0];
    rig_claim(&rig, e);
    rig_finish(&rig, e, 1, 5);
    assert_int_equal(rig_take(&rig, "py", 100), 1);
    assert_int_equal(rig.taken[0].job, 2);
}

static void a_paused_skill_starts_nothing_until_it_is_resumed(void **state)
{
    (void)state;
    limit("slow", 0, 0, 1);
    enqueue(1, 5, "slow.run");
    enqueue(10, 1, "quick.run");
    assert_int_equal(rig_take(&rig, "py", 100), 1);
    assert_int_equal(rig_take(&rig, "py", 100), 0);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_LIMITS, "%s|0", rig_tenant(1)), 1);
    assert_int_equal(rig_take(&rig, "py", 100), 5);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_LIMITS, "%s|0", rig_tenant(1)), 0); /* no news */
}

static void a_skill_starts_no_faster_than_its_rate(void **state)
{
    (void)state;
    limit("slow", 0, 2, 0);
    enqueue(1, 10, "slow.run");
    assert_int_equal(rig_take(&rig, "py", 100), 2); /* the burst */
    assert_int_equal(rig_take(&rig, "py", 100), 0);
    rig.now_ms += 499;
    rig_promote(&rig);
    assert_int_equal(rig_take(&rig, "py", 100), 0);
    rig.now_ms += 2;
    rig_promote(&rig);
    assert_int_equal(rig_take(&rig, "py", 100), 1);
}

/* A wipe: the limits are told, then what runs, then what is ready. */
static void slots_that_a_rebuild_loads_count_under_their_names(void **state)
{
    (void)state;
    limit("slow", 2, 0, 0);
    rig_integer(&rig, LUA_FUNCTIONS_RUNNING, "w|5|%s",
                rig_text((struct rig_entry){ .tenant = 1, .job = 1, .fence = 2, .action = "slow.run" }));
    rig_integer(&rig, LUA_FUNCTIONS_RUNNING, "w|5|%s",
                rig_text((struct rig_entry){ .tenant = 1, .job = 2, .fence = 2, .action = "c.run#k:00ff" }));
    enqueue(10, 5, "slow.run");
    enqueue(20, 5, "d.run#k:00ff");
    assert_int_equal(rig_take(&rig, "py", 100), 1);
    assert_int_equal(rig.taken[0].job, 10);
}

static void times_are_learnt_by_action_and_not_by_key(void **state)
{
    (void)state;
    enqueue(1, 1, "a.run#k:00ff");
    assert_int_equal(rig_take(&rig, "py", 1), 1);
    rig_claim(&rig, rig.taken[0]);
    rig_finish(&rig, rig.taken[0], 1, 70);
    assert_int_equal(rig_redis(&rig, "HEXISTS {s00}:cost %b", rig_tenant(1), (size_t)18), 0);
    assert_int_equal(rig_redis(&rig, "HLEN {s00}:cost"), 1);
    redisReply *all = redisCommand(rig.redis, "HKEYS {s00}:cost");
    assert_null(strchr(all->element[0]->str, '#'));
    freeReplyObject(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_skill_at_its_limit_lets_the_others_pass, reset),
        cmocka_unit_test_setup(what_was_stepped_over_starts_in_order_when_a_slot_comes_free, reset),
        cmocka_unit_test_setup(what_is_set_aside_is_still_in_the_queue, reset),
        cmocka_unit_test_setup(jobs_of_one_concurrency_key_run_one_after_the_other, reset),
        cmocka_unit_test_setup(a_paused_skill_starts_nothing_until_it_is_resumed, reset),
        cmocka_unit_test_setup(a_skill_starts_no_faster_than_its_rate, reset),
        cmocka_unit_test_setup(slots_that_a_rebuild_loads_count_under_their_names, reset),
        cmocka_unit_test_setup(times_are_learnt_by_action_and_not_by_key, reset),
    };
    rig_start(&rig);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_stop(&rig);
    return failed;
}
