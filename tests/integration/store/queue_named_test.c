/* Limits inside a tenant: of a skill, and of a concurrency key. */
#include "tests/lib/queue_sim.h"
#include "tests/lib/test.h"

#include <stdio.h>
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
    enqueue(1, 400, "slow.run");
    assert_int_equal(rig_take(&rig, "py", 10), 1);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:aside:py:normal:%s", rig_tenant(1)), 399);
    enqueue(2001, 1601, "quick.run");
    assert_int_equal(rig_enqueue(&rig, (struct rig_entry){ .tenant = 1, .job = 4000 }), 'F');
    struct rig_entry slow = { .tenant = 1, .job = 1 };
    rig_claim(&rig, slow);
    rig_finish(&rig, slow, 1, 5);
    assert_int_equal(rig_take(&rig, "py", 2), 2);
    assert_int_equal(rig.taken[0].job, 2); /* it has waited for longest */
    assert_int_equal(rig.taken[1].job, 2001);
    redisReply *status = rig_call(&rig, LUA_FUNCTIONS_STATUS, "%s|%s|-", rig_tenant(1), rig_job(300));
    assert_non_null(strstr(status->str, "\"position\":297"));
    freeReplyObject(status);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_FORGET_TENANT, "%s", rig_tenant(1)), 2000);
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:idx {s00}:blocked {s00}:aside:py:normal:%s", rig_tenant(1)), 0);
}

/* What waits in the database under `name`, and how many of it are asked for; 0: none. */
static int wanted_of(const char *name, char from[37], int *fulls)
{
    redisReply *list = rig_call(&rig, LUA_FUNCTIONS_OVERS, "100");
    int want = 0;

    for (size_t i = 0; i < list->elements; i++) {
        char found[64], tenant[32], job[64];
        int n, f;
        if (sscanf(list->element[i]->str, "py normal %31s %36s %d %d %63s", tenant, job, &f, &n, found) == 5 &&
            strcmp(found, name) == 0 && strcmp(tenant, rig_tenant(1)) == 0) {
            want = n;
            *fulls = f;
            memcpy(from, job, 37);
        }
    }
    freeReplyObject(list);
    return want;
}

/* A refill of `name` by the job alone: the letter of it. The rows after it are looked at if `more`. */
static char refill(const char *name, struct rig_entry e, const char *from, int fulls, bool more, const char *state)
{
    char job[37];

    snprintf(job, sizeof job, "%s", rig_job(e.job));
    redisReply *reply = rig_call(&rig, LUA_FUNCTIONS_REFILL_NAMED, "py|normal|%s|%s|%s|%d|%s|%s", rig_tenant(1), name,
                                 from, fulls, more ? job : "-", rig_text(e));
    assert_int_equal(reply->elements, 2);
    assert_string_equal(reply->element[1]->str, state);
    char letter = reply->element[0]->str[0];
    freeReplyObject(reply);
    return letter;
}

static void a_paused_flood_keeps_a_part_of_the_places_and_its_order(void **state)
{
    struct rig_entry slow = { .tenant = 1, .cost_ms = 1, .action = "slow.run" };
    char from[37];
    int fulls = 0;

    (void)state;
    limit("slow", 0, 0, 1);
    enqueue(1, 1999, "slow.run");
    assert_int_equal(rig_take(&rig, "py", 100), 0);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:aside:py:normal:%s", rig_tenant(1)), 400);
    assert_int_equal(rig_redis(&rig, "HLEN {s00}:idx"), 400);
    assert_int_equal(wanted_of("s:slow", from, &fulls), 0); /* not while it is paused */
    slow.job = 2500;
    assert_int_equal(rig_enqueue(&rig, slow), 'N');
    slow.job = 100;
    assert_int_equal(rig_enqueue(&rig, slow), 'D');
    enqueue(3000, 3, "quick.run");
    assert_int_equal(rig_take(&rig, "py", 100), 3);
    assert_int_equal(taken_of("quick.run"), 3);

    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_LIMITS, "%s|0", rig_tenant(1)), 1);
    for (int job = 1; job <= 400; job += 100) {
        assert_int_equal(rig_take(&rig, "py", 100), 100);
        assert_int_equal(rig.taken[0].job, job);
        assert_int_equal(rig.taken[99].job, job + 99);
    }
    assert_int_equal(rig_take(&rig, "py", 100), 0);
    assert_true(wanted_of("s:slow", from, &fulls) > 0);
    assert_string_equal(from, rig_job(401));
    slow.job = 2501;
    assert_int_equal(rig_enqueue(&rig, slow), 'N'); /* not before those that wait */
    slow.job = 401;
    assert_int_equal(refill("s:slow", slow, from, fulls, true, "kept"), 'A');
    assert_int_equal(refill("s:slow", slow, rig_job(400), fulls, true, "moved"), 0);
    assert_int_equal(rig_take(&rig, "py", 100), 1);
    assert_int_equal(rig.taken[0].job, 401);
    assert_true(wanted_of("s:slow", from, &fulls) > 0);
    slow.job = 402;
    assert_int_equal(refill("s:slow", slow, from, fulls - 1, false, "kept"), 'A'); /* somebody was told meanwhile */
    assert_int_equal(rig_take(&rig, "py", 100), 1);
    assert_true(wanted_of("s:slow", from, &fulls) > 0);
    slow.job = 403;
    assert_int_equal(refill("s:slow", slow, from, fulls, false, "cleared"), 'A');
    slow.job = 2502;
    assert_int_equal(rig_enqueue(&rig, slow), 'A');
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:helds {s00}:held:py:normal:%s", rig_tenant(1)), 0);
}

/* Floods of forty keys: together they keep a part of the places, and the next of a key comes when its turn has come. */
static void floods_of_many_keys_leave_places_for_what_has_none(void **state)
{
    char action[32], from[37];
    int fulls = 0;

    (void)state;
    for (int key = 0; key < 40; key++) {
        snprintf(action, sizeof action, "a.run#k:%04x", key);
        enqueue(1 + 45 * key, 45, action);
    }
    assert_int_equal(rig_take(&rig, "py", 100), 40);
    struct rig_entry first = rig.taken[0], last = rig.taken[39];
    first.action = "a.run#k:0000";
    last.action = "a.run#k:0027";
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:aside:py:normal:%s", rig_tenant(1)), 800);
    enqueue(5000, 1000, "quick.run");
    assert_int_equal(rig_take(&rig, "py", 1000), 1000);
    assert_int_equal(taken_of("quick.run"), 1000);
    assert_int_equal(wanted_of("k:0027", from, &fulls), 0); /* nothing of it could start */
    rig_claim(&rig, first);
    assert_int_equal(rig_finish(&rig, first, 1, 5), 1);
    assert_int_equal(rig_take(&rig, "py", 100), 1);
    assert_int_equal(rig.taken[0].job, 2);
    rig_claim(&rig, last);
    assert_int_equal(rig_finish(&rig, last, 1, 5), 1);
    assert_int_equal(rig_take(&rig, "py", 100), 0);
    assert_true(wanted_of("k:0027", from, &fulls) > 0);
    struct rig_entry next = { .tenant = 1, .job = last.job + 1, .cost_ms = 1, .action = "a.run#k:0027" };
    assert_string_equal(from, rig_job(next.job));
    assert_int_equal(refill("k:0027", next, from, fulls, true, "kept"), 'A');
    assert_int_equal(rig_take(&rig, "py", 100), 1);
    assert_int_equal(rig.taken[0].job, next.job);
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

/* Does anything of the queue know `word`, in a key or in what it holds? Says where. */
static void assert_nowhere(const char *word)
{
    static const char everything[] =
        "local found = '' for _, key in ipairs(redis.call('KEYS', '*')) do local kind, held = redis.call('TYPE', key).ok, {} "
        "if kind == 'hash' then held = redis.call('HGETALL', key) elseif kind == 'list' then held = redis.call('LRANGE', key, 0, -1) "
        "elseif kind == 'zset' then held = redis.call('ZRANGE', key, 0, -1) elseif kind == 'set' then held = redis.call('SMEMBERS', key) "
        "else held = { redis.call('GET', key) } end held[#held + 1] = key for _, text in ipairs(held) do "
        "if string.find(text, ARGV[1], 1, true) then found = found .. key .. ': ' .. text .. '; ' end end end return found";
    redisReply *reply = redisCommand(rig.redis, "EVAL %s 0 %s", everything, word);

    assert_int_equal(reply->type, REDIS_REPLY_STRING);
    assert_string_equal("", reply->str);
    freeReplyObject(reply);
}

static void a_tenant_that_was_dropped_is_in_no_key_and_no_field(void **state)
{
    (void)state;
    limit("slow", 1, 5, 0);
    limit("quick", 9, 7, 0); /* slow's is no limit any more */
    rig_expect(&rig, "OK", LUA_FUNCTIONS_CONF, "%s|7|2|3|4", rig_tenant(1));
    enqueue(1, 1, "quick.run");
    assert_int_equal(rig_take(&rig, "py", 10), 1);
    rig_claim(&rig, rig.taken[0]);
    rig_finish(&rig, rig.taken[0], 1, 70);
    enqueue(10, 20, "quick.run");
    rig_take(&rig, "py", 3);
    rig_claim(&rig, rig.taken[0]); /* one runs, two are taken, the others wait */
    rig_integer(&rig, LUA_FUNCTIONS_FORGET_TENANT, "%s", rig_tenant(1));
    assert_nowhere(rig_tenant(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_skill_at_its_limit_lets_the_others_pass, reset),
        cmocka_unit_test_setup(what_was_stepped_over_starts_in_order_when_a_slot_comes_free, reset),
        cmocka_unit_test_setup(what_is_set_aside_is_still_in_the_queue, reset),
        cmocka_unit_test_setup(a_paused_flood_keeps_a_part_of_the_places_and_its_order, reset),
        cmocka_unit_test_setup(floods_of_many_keys_leave_places_for_what_has_none, reset),
        cmocka_unit_test_setup(jobs_of_one_concurrency_key_run_one_after_the_other, reset),
        cmocka_unit_test_setup(a_paused_skill_starts_nothing_until_it_is_resumed, reset),
        cmocka_unit_test_setup(a_skill_starts_no_faster_than_its_rate, reset),
        cmocka_unit_test_setup(slots_that_a_rebuild_loads_count_under_their_names, reset),
        cmocka_unit_test_setup(times_are_learnt_by_action_and_not_by_key, reset),
        cmocka_unit_test_setup(a_tenant_that_was_dropped_is_in_no_key_and_no_field, reset),
    };
    rig_start(&rig);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_stop(&rig);
    return failed;
}
