/* A queue that was lost, and how it comes back; and who leads. */
#include "tests/lib/queue_rig.h"
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

static struct queue_rig rig;

static int reset(void **state)
{
    *state = &rig;
    rig_reset(&rig);
    return 0;
}

static void generation(const char *text)
{
    snprintf(rig.generation, sizeof rig.generation, "%s", text);
}

static void clear(void)
{
    char cursor[32] = "0";
    do {
        redisReply *reply = rig_call(&rig, LUA_FUNCTIONS_REBUILD_CLEAR, "%s", cursor);
        if (reply->type != REDIS_REPLY_STRING)
            fail_msg("clear: %s", reply->str);
        snprintf(cursor, sizeof cursor, "%s", reply->str);
        freeReplyObject(reply);
    } while (strcmp(cursor, "0") != 0);
}

static void every_script_refuses_a_queue_that_was_wiped(void **state)
{
    (void)state;
    rig_enqueue(&rig, (struct rig_entry){ .tenant = 1, .job = 1 });
    rig_redis(&rig, "FLUSHALL");
    for (int i = 0; i < LUA_FUNCTIONS_COUNT; i++)
        if (rig.sha[i][0] && strncmp(lua_functions[i].text, "--!needs\n", 9) != 0)
            rig_expect(&rig, "NOGEN", i, "a|b|c|1|2|3");
    assert_int_equal(rig_redis(&rig, "DBSIZE"), 0);
}

static void a_different_generation_is_refused(void **state)
{
    (void)state;
    generation("somebody-elses");
    rig_expect(&rig, "NOGEN", LUA_FUNCTIONS_TAKE, "w|py|1");
}

static void a_rebuild_shuts_everybody_else_out(void **state)
{
    char known[64];
    (void)state;
    snprintf(known, sizeof known, "%s", rig.generation);
    rig_enqueue(&rig, (struct rig_entry){ .tenant = 1, .job = 1 });
    rig_expect(&rig, "OK", LUA_FUNCTIONS_REBUILD_BEGIN, "7|abc");
    rig_expect(&rig, "NOGEN", LUA_FUNCTIONS_TAKE, "w|py|1");
    generation("rebuild:abd");
    rig_expect(&rig, "NOGEN", LUA_FUNCTIONS_REBUILD_CLEAR, "0");
    generation(known);
    rig_expect(&rig, "NOGEN", LUA_FUNCTIONS_REBUILD_CLEAR, "0");
    rig_redis(&rig, "SET {s00}:gen %s", known);
    rig_expect(&rig, "ERR", LUA_FUNCTIONS_REBUILD_CLEAR, "0");
    rig_expect(&rig, "ERR", LUA_FUNCTIONS_REBUILD_END, "g");
}

static void a_rebuilt_queue_holds_what_was_loaded_and_nothing_older(void **state)
{
    struct rig_entry runs = { .tenant = 1, .job = 900, .fence = 4, .cost_ms = 10 };
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 10 }, 100);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 2, .job = 200, .cost_ms = 10 }, 100);
    rig_take(&rig, "py", 40);
    rig_redis(&rig, "SET unrelated here");
    rig_expect(&rig, "OK", LUA_FUNCTIONS_REBUILD_BEGIN, "7|abc");
    generation("rebuild:abc");
    clear();
    assert_int_equal(rig_redis(&rig, "DBSIZE"), 2); /* the rebuild itself, and what is not ours */
    rig_expect(&rig, "OK", LUA_FUNCTIONS_CONF, "%s|0|1|2|0", rig_tenant(1));
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_RUNNING, "w|50|%s", rig_text(runs)), 1);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 10 }, 10);
    rig_expect(&rig, "OK", LUA_FUNCTIONS_REBUILD_END, "new");
    generation("new");
    assert_int_equal(rig_redis(&rig, "LLEN {s00}:bell:py"), 10);
    /* The running one holds one of two slots. */
    assert_int_equal(rig_take(&rig, "py", 20), 1);
    assert_int_equal(rig_finish(&rig, runs, 4, 60), 1);
    assert_int_equal(rig_take(&rig, "py", 20), 1);
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:rebuild"), 0);
}

static void a_later_leader_takes_a_rebuild_over_and_an_earlier_has_lost(void **state)
{
    (void)state;
    rig_expect(&rig, "OK", LUA_FUNCTIONS_REBUILD_BEGIN, "7|abc");
    rig_expect(&rig, "LOST", LUA_FUNCTIONS_REBUILD_BEGIN, "6|old");
    rig_expect(&rig, "OK", LUA_FUNCTIONS_REBUILD_BEGIN, "8|new");
    generation("rebuild:abc");
    rig_expect(&rig, "NOGEN", LUA_FUNCTIONS_REBUILD_CLEAR, "0");
    rig_expect(&rig, "NOGEN", LUA_FUNCTIONS_REBUILD_END, "g");
    generation("rebuild:new");
    rig_expect(&rig, "OK", LUA_FUNCTIONS_REBUILD_END, "g");
}

static void one_leads_until_it_stops_or_dies(void **state)
{
    (void)state;
    int64_t first = rig_integer(&rig, LUA_FUNCTIONS_LEADER_HOLD, "a|60000");
    assert_true(first > 0);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_LEADER_HOLD, "b|60000"), 0);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_LEADER_HOLD, "a|60000"), first);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_LEADER_DROP, "b"), 0);
    assert_int_equal(rig_integer(&rig, LUA_FUNCTIONS_LEADER_DROP, "a"), 1);
    int64_t second = rig_integer(&rig, LUA_FUNCTIONS_LEADER_HOLD, "b|60000");
    assert_true(second > first);
    rig_redis(&rig, "FLUSHALL");
    assert_true(rig_integer(&rig, LUA_FUNCTIONS_LEADER_HOLD, "a|60000") >= second);
}

static void status_tells_what_stands_in_the_way(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 1, .cost_ms = 1 };
    redisReply *reply;
    (void)state;
    rig_expect(&rig, "OK", LUA_FUNCTIONS_CONF, "%s|0|2|1|0", rig_tenant(1));
    rig_enqueue_many(&rig, e, 5);
    rig_take(&rig, "py", 2);
    rig_take(&rig, "py", 2);
    reply = rig_call(&rig, LUA_FUNCTIONS_STATUS, "%s|%s", rig_tenant(1), rig_job(3));
    assert_non_null(strstr(reply->str, "\"held\":1"));
    assert_non_null(strstr(reply->str, "\"limit\":1"));
    assert_non_null(strstr(reply->str, "\"parked_until_ms\":1030000"));
    assert_non_null(strstr(reply->str, "\"position\":1"));
    freeReplyObject(reply);
    reply = rig_call(&rig, LUA_FUNCTIONS_DEPTH, "%s", "");
    assert_non_null(strstr(reply->str, "\"parked\":1"));
    assert_non_null(strstr(reply->str, "\"busy\":1"));
    freeReplyObject(reply);
    reply = rig_call(&rig, LUA_FUNCTIONS_LIVE, "%s", rig_tenant(1));
    assert_int_equal(reply->elements, 1);
    assert_string_equal(reply->element[0]->str,
                        "py normal 00000000-0000-7000-8000-000000000001 0 t 1 worker-1");
    freeReplyObject(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, reset)
        TEST(every_script_refuses_a_queue_that_was_wiped),
        TEST(a_different_generation_is_refused),
        TEST(a_rebuild_shuts_everybody_else_out),
        TEST(a_rebuilt_queue_holds_what_was_loaded_and_nothing_older),
        TEST(a_later_leader_takes_a_rebuild_over_and_an_earlier_has_lost),
        TEST(one_leads_until_it_stops_or_dies),
        TEST(status_tells_what_stands_in_the_way),
    };
    rig_start(&rig);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_stop(&rig);
    return failed;
}
