/* The scripts on a Redis Cluster. */
#include <string.h>

#include "tests/lib/queue_rig.h"
#include "tests/lib/test.h"

static struct queue_rig rig;

static void call(enum lua_functions script, const char *arguments)
{
    redisReply *reply = rig_call(&rig, script, "%s", arguments);
    if (reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", lua_functions[script].name, reply->str);
    freeReplyObject(reply);
}

static void every_script_keeps_to_one_slot(void **state)
{
    struct rig_entry e = { .tenant = 1, .job = 5000, .cost_ms = 1, .action = "a" };
    char text[300];
    (void)state;
    snprintf(text, sizeof text, "%s|1|2|3", rig_tenant(1));
    call(LUA_FUNCTIONS_CONF, text);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 1 }, 2100);
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 2, .job = 9000, .cost_ms = 1 }, 20);
    snprintf(text, sizeof text, "%s|5", rig_tenant(1));
    call(LUA_FUNCTIONS_DUE_ADD, text);
    assert_true(rig_take(&rig, "py", 8) > 3);
    rig_take(&rig, "py", 8);
    rig_claim(&rig, rig.taken[0]);
    rig_finish(&rig, rig.taken[0], 1, 3);
    snprintf(text, sizeof text, "py %s %s 0 0", rig_tenant(rig.taken[1].tenant),
             rig_job(rig.taken[1].job));
    call(LUA_FUNCTIONS_RELEASE, text);
    snprintf(text, sizeof text, "w|9|%s", rig_text(rig.taken[2]));
    call(LUA_FUNCTIONS_RUNNING, text);
    rig.now_ms += 60000;
    assert_true(rig_promote(&rig).moved > 0);
    call(LUA_FUNCTIONS_OVERS, "10");
    snprintf(text, sizeof text, "py|normal|%s|%s|100|10|%s", rig_tenant(1), rig_job(2000),
             rig_text(e));
    call(LUA_FUNCTIONS_REFILL, text);
    call(LUA_FUNCTIONS_PAUSE, rig_tenant(1));
    call(LUA_FUNCTIONS_RESUME, rig_tenant(1));
    snprintf(text, sizeof text, "%s|%s", rig_tenant(1), rig_job(100));
    call(LUA_FUNCTIONS_STATUS, text);
    snprintf(text, sizeof text, "%s|s:a|1|2|0", rig_tenant(1));
    call(LUA_FUNCTIONS_LIMITS, text);
    call(LUA_FUNCTIONS_DEPTH, "");
    call(LUA_FUNCTIONS_LIVE, rig_tenant(1));
    call(LUA_FUNCTIONS_FORGET_TENANT, rig_tenant(1));
    call(LUA_FUNCTIONS_LEADER_HOLD, "a|1000");
    call(LUA_FUNCTIONS_LEADER_DROP, "a");
    call(LUA_FUNCTIONS_REBUILD_BEGIN, "1|token");
    snprintf(rig.generation, sizeof rig.generation, "rebuild:token");
    call(LUA_FUNCTIONS_REBUILD_CLEAR, "0");
    call(LUA_FUNCTIONS_REBUILD_END, "g");
}

/* The check itself must be on, or the test above says nothing. */
static void a_script_that_leaves_its_slot_is_ended(void **state)
{
    redisReply *reply = redisCommand(rig.redis, "EVAL %s 1 {s00}:gen",
                                     "#!lua\nreturn redis.call('SET', 'elsewhere', 1) and "
                                     "redis.call('SET', '{s00}:here', 1)");
    (void)state;
    assert_int_equal(reply->type, REDIS_REPLY_ERROR);
    freeReplyObject(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_script_keeps_to_one_slot),
        cmocka_unit_test(a_script_that_leaves_its_slot_is_ended),
    };
    rig_start_cluster(&rig);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_stop(&rig);
    return failed;
}
