/* What may start at once, and how much of a backlog Redis holds. */
#include "tests/lib/queue_sim.h"
#include "tests/lib/test.h"

#include <string.h>

static struct queue_rig rig;
static struct queue_sim sim;

static int reset(void **state)
{
    *state = &rig;
    rig_reset(&rig);
    return 0;
}

static void limit(int tenant, int slots, int rate)
{
    rig_expect(&rig, "OK", LUA_FUNCTIONS_CONF, "%s|0|1|%d|%d", rig_tenant(tenant), slots, rate);
}

static int64_t held(int tenant)
{
    return rig_redis(&rig, "HLEN {s00}:live:py:%s", rig_tenant(tenant)) +
           rig_redis(&rig, "HLEN {s00}:live:sh:%s", rig_tenant(tenant));
}

static void a_tenant_never_holds_more_slots_than_its_limit(void **state)
{
    (void)state;
    limit(1, 5, 0);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 50);
    rig_enqueue_many(&rig, (struct rig_entry){ .lane = "sh", .tenant = 1, .job = 100 }, 50);
    assert_int_equal(rig_take(&rig, "py", 3), 3);
    assert_int_equal(rig_take(&rig, "sh", 10), 2); /* one limit over all lanes */
    assert_int_equal(rig_take(&rig, "sh", 10), 0);
    assert_int_equal(rig_take(&rig, "py", 10), 0);
    assert_int_equal(held(1), 5);
    assert_int_equal(rig_redis(&rig, "ZCARD {s00}:parked"), 2);
    rig.taken[0] = (struct rig_entry){ .tenant = 1, .job = 1 };
    rig_claim(&rig, rig.taken[0]);
    assert_int_equal(held(1), 5);
    assert_int_equal(rig_finish(&rig, rig.taken[0], 1, 3), 1);
    assert_int_equal(rig_take(&rig, "sh", 10) + rig_take(&rig, "py", 10), 1);
    assert_int_equal(held(1), 5);
}

static void limits_hold_at_every_moment_of_a_busy_hour(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 16);
    for (int i = 0; i < 8; i++) {
        sim_tenant(&sim, (struct sim_tenant){ .class = i % 2 ? "bulk" : "normal",
                                              .estimate_ms = 1000 + 300 * i,
                                              .run_ms = 1000 * (1 + i * 3 % 7),
                                              .backlog = i % 3 ? 20 : 0,
                                              .every_ms = 1300 + 170 * i });
        limit(i, i % 4 ? i % 4 : 9, 0);
    }
    sim_run(&sim, 600 * 1000);
    for (int i = 0; i < 8; i++) {
        assert_true(sim.tenants[i].jobs_done > 0);
        assert_in_range(sim.tenants[i].held_max, 1, i % 4 ? i % 4 : 9);
    }
}

static void a_parked_tenant_does_not_hold_up_the_others(void **state)
{
    (void)state;
    limit(1, 1, 0);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 50);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 2, .job = 100, .cost_ms = 1 }, 50);
    assert_int_equal(rig_take(&rig, "py", 20), 20);
    int first = 0;
    for (int i = 0; i < 20; i++)
        first += rig.taken[i].tenant == 1;
    assert_int_equal(first, 1);
}

static void a_slot_that_comes_free_wakes_the_parked_and_rings(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .cost_ms = 1 };
    (void)state;
    limit(1, 1, 0);
    rig_enqueue_many(&rig, e, 2);
    assert_int_equal(rig_take(&rig, "py", 2), 1);
    assert_int_equal(rig_take(&rig, "py", 1), 0);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:py"), 0);
    rig_claim(&rig, e);
    rig_finish(&rig, e, 1, 1);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:py"), 1);
    assert_int_equal(rig_take(&rig, "py", 1), 1);
}

/* A finish that never came (its slot was lost otherwise) does not keep a tenant parked for ever. */
static void the_parked_are_looked_at_again_after_thirty_seconds(void **state)
{
    (void)state;
    limit(1, 1, 0);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 2);
    rig_take(&rig, "py", 1);
    assert_int_equal(rig_take(&rig, "py", 1), 0);
    rig_claim(&rig, (struct rig_entry){ .tenant = 1, .job = 1 });
    rig_redis(&rig, "DEL {s00}:live:py:%s", rig_tenant(1));
    rig.now_ms += 15000; /* when what was taken is looked at */
    rig_promote(&rig);
    assert_int_equal(rig_promote(&rig).next_ms, rig.now_ms + 15000);
    rig.now_ms += 15000;
    assert_int_equal(rig_promote(&rig).moved, 1);
    assert_int_equal(rig_take(&rig, "py", 1), 1);
}

static void a_raised_limit_acts_at_once(void **state)
{
    (void)state;
    limit(1, 1, 0);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 5);
    assert_int_equal(rig_take(&rig, "py", 5), 1);
    limit(1, 3, 0);
    assert_int_equal(rig_take(&rig, "py", 5), 2);
    limit(1, 0, 0);
    assert_int_equal(rig_take(&rig, "py", 5), 2);
}

/* Runs that wait for a slot must not stop their tenant from planning. */
static void the_limit_does_not_count_ctl(void **state)
{
    (void)state;
    limit(1, 1, 1);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 2);
    rig_enqueue_many(&rig, (struct rig_entry){ .lane = "ctl", .tenant = 1, .job = 10 }, 5);
    assert_int_equal(rig_take(&rig, "py", 2), 1);
    assert_int_equal(rig_take(&rig, "ctl", 5), 5);
}

static void starts_keep_to_the_rate(void **state)
{
    int started = 0;
    (void)state;
    limit(1, 0, 10);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 200);
    for (int ms = 0; ms < 5000; ms += 20, rig.now_ms += 20) {
        rig_promote(&rig);
        started += rig_take(&rig, "py", 50);
        assert_in_range(started, 1, 10 + ms / 100);
    }
    assert_in_range(started, 58, 60); /* a burst of one second, then ten a second */
}

static void a_paused_tenant_keeps_its_work_and_starts_none(void **state)
{
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 5);
    rig_expect(&rig, "OK", LUA_FUNCTIONS_PAUSE, "%s", rig_tenant(1));
    assert_int_equal(rig_take(&rig, "py", 5), 0);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 6, .cost_ms = 1 }, 5);
    assert_int_equal(rig_take(&rig, "py", 5), 0);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:py"), 0);
    rig_expect(&rig, "OK", LUA_FUNCTIONS_RESUME, "%s", rig_tenant(1));
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:py"), 10);
    assert_int_equal(rig_take(&rig, "py", 50), 10);
}

static void what_came_while_its_tenant_was_paused_starts_in_a_queue_that_knew_no_lane(void **state)
{
    (void)state;
    rig_expect(&rig, "OK", LUA_FUNCTIONS_PAUSE, "%s", rig_tenant(1));
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 5);
    rig_expect(&rig, "OK", LUA_FUNCTIONS_RESUME, "%s", rig_tenant(1));
    assert_int_equal(rig_take(&rig, "py", 5), 5);
}

/* --- bounded --- */

/* up_to 0: there are no more. */
static char refill(int mark, int fulls, int up_to, int first, int count, char *letters)
{
    struct buf line = { 0 };
    buf_addf(&line, "py|normal|%s|%s|%d|%s", rig_tenant(1), rig_job(mark), fulls, up_to ? rig_job(up_to) : "-");
    for (int i = 0; i < count; i++)
        buf_addf(&line, "|%s",
                 rig_text((struct rig_entry){ .tenant = 1, .job = first + i, .cost_ms = 1 }));
    redisReply *reply = rig_call(&rig, LUA_FUNCTIONS_REFILL, "%s", line.data);
    if (reply->type != REDIS_REPLY_ARRAY)
        fail_msg("refill: %s", reply->str);
    if (letters)
        memcpy(letters, reply->element[0]->str, reply->element[0]->len + 1);
    char state = reply->element[1]->str[0];
    freeReplyObject(reply);
    buf_release(&line);
    return state;
}

static void a_queue_takes_two_thousand_ids_and_says_full(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .cost_ms = 1 };
    (void)state;
    rig_enqueue_many(&rig, e, 2000);
    e.job = 2001;
    assert_int_equal(rig_enqueue(&rig, e), 'F');
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:q:py:normal:%s", rig_tenant(1)), 2000);
    assert_int_equal(rig_redis(&rig, "HLEN {s00}:idx"), 2000);
    /* Another class, another tenant: bounds of their own. */
    assert_int_equal(
        rig_enqueue(&rig, (struct rig_entry){ .class = "bulk", .tenant = 1, .job = 3000 }), 'A');
    assert_int_equal(rig_enqueue(&rig, (struct rig_entry){ .tenant = 2, .job = 3001 }), 'A');
}

static void after_full_later_ids_wait_even_when_there_is_room(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .cost_ms = 1 };
    (void)state;
    rig_enqueue_many(&rig, e, 2010);
    assert_int_equal(rig_take(&rig, "py", 32), 32);
    e.job = 2011; /* would overtake 2001 to 2010 */
    assert_int_equal(rig_enqueue(&rig, e), 'F');
    e.job = 5, e.fence = 3; /* came back: it was handed over before */
    assert_int_equal(rig_enqueue(&rig, e), 'A');
}

static void a_queue_that_runs_low_asks_for_a_refill_once(void **state)
{
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 2010);
    for (int left = 2000; left >= 1000; left -= 50)
        assert_int_equal(rig_take(&rig, "py", 50), 50);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:refill"), 1);
    rig_take(&rig, "py", 50);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:refill"), 1);
    redisReply *overs = rig_call(&rig, LUA_FUNCTIONS_OVERS, "10");
    assert_int_equal(overs->elements, 1);
    assert_non_null(strstr(overs->element[0]->str, rig_job(2000)));
    assert_string_equal(strstr(overs->element[0]->str, " 10 "), " 10 900");
    freeReplyObject(overs);
}

/* Between the ring and the look entries came back, so that nothing is brought: the next that finds it low asks again. */
static void a_queue_that_is_not_low_any_more_when_it_is_looked_at_asks_again(void **state)
{
    struct rig_entry back = { .tenant = 1, .fence = 3, .cost_ms = 1 };
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 2010);
    for (int left = 2000; left > 980; left -= 50)
        rig_take(&rig, "py", 50);
    assert_true(rig_redis(&rig, "LPOP {s00}:bell:refill") > 0);
    for (back.job = 1; back.job <= 100; back.job++)
        assert_int_equal(rig_enqueue(&rig, back), 'A');
    freeReplyObject(rig_call(&rig, LUA_FUNCTIONS_OVERS, "10"));
    rig_take(&rig, "py", 50);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:refill"), 0);
    rig_take(&rig, "py", 50);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:refill"), 1);
}

static void drain(int to)
{
    while (rig_redis(&rig, "LLEN {s00}:q:py:normal:%s", rig_tenant(1)) > to)
        assert_true(rig_take(&rig, "py", 50) > 0);
}

static void a_refill_moves_the_mark_and_the_last_one_clears_it(void **state)
{
    char letters[1100];
    struct rig_entry late = { .tenant = 1, .job = 5000, .cost_ms = 1 };
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 2900);
    drain(500);
    assert_int_equal(refill(2000, 900, 2500, 2001, 500, letters), 'k');
    assert_int_equal(strspn(letters, "A"), 500);
    assert_int_equal(rig_enqueue(&rig, late), 'F');
    /* There are no more, and nobody was told FULL since it was read: the backlog is in. */
    assert_int_equal(refill(2500, 901, 0, 2501, 401, letters), 'c');
    late.job = 5001;
    assert_int_equal(rig_enqueue(&rig, late), 'A');
}

static void a_full_between_read_and_refill_keeps_the_mark(void **state)
{
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 2100);
    drain(500);
    assert_int_equal(rig_enqueue(&rig, (struct rig_entry){ .tenant = 1, .job = 5000 }), 'F');
    assert_int_equal(refill(2000, 100, 0, 2001, 100, NULL), 'k');
    assert_int_equal(refill(2100, 101, 0, 5000, 1, NULL), 'c');
}

static void a_second_refill_of_the_same_mark_does_nothing(void **state)
{
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 2900);
    drain(500);
    assert_int_equal(refill(2000, 900, 2500, 2001, 500, NULL), 'k');
    assert_int_equal(refill(2000, 900, 2500, 2001, 500, NULL), 'm');
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:q:py:normal:%s", rig_tenant(1)), 1000);
}

/* Another lane's backlog lies between: the mark passes it, and nothing of this lane is passed with it. */
static void a_refill_that_found_nothing_goes_on_behind_what_it_looked_at(void **state)
{
    char letters[1100];
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 2001);
    drain(500);
    rig_redis(&rig, "DEL {s00}:bell:refill");
    assert_int_equal(refill(2000, 1, 4000, 0, 0, NULL), 'k');
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:refill"), 1); /* it is low still */
    assert_int_equal(refill(2000, 1, 4000, 0, 0, NULL), 'm');
    assert_int_equal(refill(4000, 1, 0, 4001, 10, letters), 'c');
    assert_int_equal(strspn(letters, "A"), 10);
}

static void a_refill_that_does_not_fit_stops_at_the_bound(void **state)
{
    char letters[1100];
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 2900);
    drain(1900);
    assert_int_equal(refill(2000, 900, 2900, 2001, 900, letters), 'k');
    assert_int_equal(strspn(letters, "A"), 100);
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:q:py:normal:%s", rig_tenant(1)), 2000);
    drain(500);
    assert_int_equal(refill(2100, 900, 0, 2101, 800, letters), 'c');
    assert_int_equal(strspn(letters, "A"), 800);
}

/* The whole protocol, against a backlog that only a database would hold: every id once, in order.
 */
static void a_backlog_of_ten_thousand_drains_in_order(void **state)
{
    int expected = 1, in_redis_max = 0;
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 10000);
    while (expected <= 10000) {
        assert_true(rig_take(&rig, "py", 64) > 0);
        for (int i = 0; i < rig.taken_count; i++) {
            assert_int_equal(rig.taken[i].job, expected++);
            rig_claim(&rig, rig.taken[i]);
            rig_finish(&rig, rig.taken[i], 1, 1);
        }
        int ids = (int)rig_redis(&rig, "HLEN {s00}:idx");
        in_redis_max = ids > in_redis_max ? ids : in_redis_max;
        if (rig_redis(&rig, "LLEN {s00}:bell:refill") == 0)
            continue;
        rig_redis(&rig, "DEL {s00}:bell:refill");
        redisReply *overs = rig_call(&rig, LUA_FUNCTIONS_OVERS, "10");
        char mark_job[40];
        int fulls;
        assert_int_equal(sscanf(overs->element[0]->str, "%*s %*s %*s %39s %d", mark_job, &fulls),
                         2);
        freeReplyObject(overs);
        int mark = rig_job_number(mark_job);
        refill(mark, fulls, 10000 - mark > 500 ? mark + 500 : 0, mark + 1, 10000 - mark < 500 ? 10000 - mark : 500, NULL);
    }
    assert_in_range(in_redis_max, 1000, 2000);
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:idx {s00}:over:py:normal"), 0);
}

/* A visit read them before somebody changed them, and tells them afterwards. */
static void what_was_read_before_a_change_does_not_undo_it(void **state)
{
    const char *t = rig_tenant(1);
    (void)state;
    rig_expect(&rig, "OK", LUA_FUNCTIONS_CONF, "%s|5|1|7|0", t);
    rig_expect(&rig, "OK", LUA_FUNCTIONS_PAUSE, "%s|5", t);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_LIMITS, "%s|5|s:a|2|0|0", t), 1);
    rig_expect(&rig, "OK", LUA_FUNCTIONS_CONF, "%s|4|1|9|0", t);
    rig_expect(&rig, "OK", LUA_FUNCTIONS_RESUME, "%s|4", t);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_LIMITS, "%s|4|s:a|3|0|0", t), 0);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 3);
    assert_int_equal(rig_take(&rig, "py", 10), 0);
    redisReply *conf = redisCommand(rig.redis, "HGET {s00}:conf %s", t);
    assert_string_equal(conf->str, "1 7 0 1");
    freeReplyObject(conf);
    rig_expect(&rig, "OK", LUA_FUNCTIONS_RESUME, "%s|5", t); /* the same revision says the same */
    assert_int_equal(rig_take(&rig, "py", 10), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, reset)
        TEST(a_tenant_never_holds_more_slots_than_its_limit),
        TEST(limits_hold_at_every_moment_of_a_busy_hour),
        TEST(a_parked_tenant_does_not_hold_up_the_others),
        TEST(a_slot_that_comes_free_wakes_the_parked_and_rings),
        TEST(the_parked_are_looked_at_again_after_thirty_seconds),
        TEST(a_raised_limit_acts_at_once),
        TEST(the_limit_does_not_count_ctl),
        TEST(starts_keep_to_the_rate),
        TEST(a_paused_tenant_keeps_its_work_and_starts_none),
        TEST(what_was_read_before_a_change_does_not_undo_it),
        TEST(what_came_while_its_tenant_was_paused_starts_in_a_queue_that_knew_no_lane),
        TEST(a_queue_takes_two_thousand_ids_and_says_full),
        TEST(after_full_later_ids_wait_even_when_there_is_room),
        TEST(a_queue_that_runs_low_asks_for_a_refill_once),
        TEST(a_queue_that_is_not_low_any_more_when_it_is_looked_at_asks_again),
        TEST(a_refill_moves_the_mark_and_the_last_one_clears_it),
        TEST(a_full_between_read_and_refill_keeps_the_mark),
        TEST(a_second_refill_of_the_same_mark_does_nothing),
        TEST(a_refill_that_found_nothing_goes_on_behind_what_it_looked_at),
        TEST(a_refill_that_does_not_fit_stops_at_the_bound),
        TEST(a_backlog_of_ten_thousand_drains_in_order),
    };
    rig_start(&rig);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_stop(&rig);
    return failed;
}
