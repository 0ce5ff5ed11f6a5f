/* The connection to Redis: it comes back, nothing hangs, every command ends. */
#include "core/io/redis/redis.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/io/redis/redis_feed.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/test.h"

struct world {
    struct redis_server server;
    struct loop loop;
    struct redis *redis;
    int ups, downs;
};

static void on_change(void *context, bool connected)
{
    struct world *w = context;
    if (connected)
        w->ups++;
    else
        w->downs++;
}

static void open_redis(struct world *w, const char *address)
{
    loop_init(&w->loop);
    w->redis = redis_new(&w->loop, &(struct redis_options){
                                       .address = address, .command_ms = 400, .connect_ms = 400 });
    redis_listen(w->redis, on_change, w);
}

static int start(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    redis_server_start(&w->server, false);
    open_redis(w, w->server.address);
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;
    redis_stop(w->redis);
    bool clean = loop_release(&w->loop);
    redis_server_stop(&w->server);
    free(w);
    return clean ? 0 : 1;
}

/* --- one command --- */

struct command {
    struct world *world;
    const char *argv[6];
    struct redis_answer answer;
};

static void send_command(struct op *op, void *arguments)
{
    struct command *c = arguments;
    int argc = 0;
    while (c->argv[argc])
        argc++;
    redis_call(c->world->redis, op, &c->answer, argc, c->argv, NULL);
}

/* Did it get an answer that is no error? */
static bool command_run(struct op_probe *p, struct loop *loop, struct command *c)
{
    assert_true(op_probe_run(p, loop, send_command, c));
    return !c->answer.err;
}

#define COMMAND(w, ...) ((struct command){ .world = (w), .argv = { __VA_ARGS__ } })

static bool is_up(void *context)
{
    struct world *w = context;
    return redis_connected(w->redis);
}

static bool is_down(void *context)
{
    struct world *w = context;
    return !redis_connected(w->redis);
}

static void answers_of_every_type_are_copied(void **state)
{
    struct op_probe p;
    struct command c =
        COMMAND(*state, "EVAL", "return {1, 'two', {false, {ok='fine'}}, {err='ERR x'}}", "0");
    assert_true(command_run(&p, &c.world->loop, &c));
    assert_int_equal(c.answer.type, REDIS_ANSWER_ARRAY);
    assert_int_equal(c.answer.count, 4);
    assert_int_equal(c.answer.elements[0].integer, 1);
    assert_string_equal(c.answer.elements[1].text, "two");
    assert_int_equal(c.answer.elements[2].elements[0].type, REDIS_ANSWER_NIL);
    assert_string_equal(c.answer.elements[2].elements[1].text, "fine");
    assert_int_equal(c.answer.elements[3].type, REDIS_ANSWER_ERROR);
    op_release(&p.op);
}

static void an_error_reply_is_told_and_fails_no_op(void **state)
{
    struct op_probe p;
    struct command c = COMMAND(*state, "INCR", "a", "b");
    assert_false(command_run(&p, &c.world->loop, &c));
    assert_int_equal(c.answer.err->code, GOV_INTERNAL);
    assert_non_null(strstr(c.answer.err->cause, "wrong number of arguments"));
    op_release(&p.op);
}

/* Redis says each of these lines itself, as a script's error. */
static void what_passes_is_like_away_and_what_is_wrong_is_not(void **state)
{
    static const struct {
        const char *line;
        enum gov_code code;
    } cases[] = {
        { "ASK 3999 127.0.0.1:6381", GOV_QUEUE_UNAVAILABLE },
        { "TRYAGAIN Multiple keys request during rehashing of slot", GOV_QUEUE_UNAVAILABLE },
        { "ERR Script attempted to access a non local key in a cluster node script: x", GOV_QUEUE_UNAVAILABLE },
        { "MISCONF Errors writing to the AOF file: No space left on device", GOV_QUEUE_UNAVAILABLE },
        { "CLUSTERDOWN The cluster is down", GOV_QUEUE_UNAVAILABLE },
        { "OOM command not allowed when used memory > 'maxmemory'.", GOV_QUEUE_UNAVAILABLE },
        { "WRONGTYPE Operation against a key", GOV_INTERNAL },
        { "ERR ASK what you like", GOV_INTERNAL },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct op_probe p;
        struct command c = COMMAND(*state, "EVAL", "return redis.error_reply(ARGV[1])", "0", cases[i].line);
        assert_false(command_run(&p, &c.world->loop, &c));
        assert_int_equal(c.answer.err->code, cases[i].code);
        assert_non_null(strstr(c.answer.err->cause, cases[i].line));
        op_release(&p.op);
    }
}

static void commands_before_the_connection_is_up_are_kept(void **state)
{
    struct op_probe p;
    struct command c = COMMAND(*state, "PING");
    assert_false(redis_connected(c.world->redis));
    assert_true(command_run(&p, &c.world->loop, &c));
    assert_string_equal(c.answer.text, "PONG");
    op_release(&p.op);
}

static void refused(const char *address)
{
    struct world w = { 0 };
    struct op_probe p;
    struct command c = COMMAND(&w, "PING");
    open_redis(&w, address);
    int64_t began_us = clock_mono_us();
    assert_false(command_run(&p, &w.loop, &c));
    assert_int_equal(c.answer.err->code, GOV_QUEUE_UNAVAILABLE);
    assert_in_range(clock_mono_us() - began_us, 0, 1000 * 1000);
    op_release(&p.op);
    redis_stop(w.redis);
    assert_true(loop_release(&w.loop));
}

static void a_refused_connection_does_not_hang(void **state)
{
    (void)state;
    refused("unix:/tmp/execgov-there-is-no-such-socket");
    refused("127.0.0.1:1");
    refused("[::1]:1");
    refused("localhost:1");
    refused("there-is-no-such-host.invalid:1");
}

static void commands_fail_at_once_while_redis_is_away(void **state)
{
    struct world *w = *state;
    struct op_probe p;
    struct command c = COMMAND(w, "PING");
    loop_until(&w->loop, is_up, w, 2000);
    redis_server_kill(&w->server);
    loop_until(&w->loop, is_down, w, 2000);
    int64_t began_us = clock_mono_us();
    for (int i = 0; i < 50; i++) {
        assert_false(command_run(&p, &w->loop, &c));
        op_release(&p.op);
    }
    assert_in_range(clock_mono_us() - began_us, 0, 2000 * 1000);
}

static void after_a_restart_the_connection_comes_back(void **state)
{
    struct world *w = *state;
    struct op_probe p;
    struct command c = COMMAND(w, "PING");
    for (int i = 1; i <= 3; i++) {
        loop_until(&w->loop, is_up, w, 5000);
        assert_true(command_run(&p, &w->loop, &c));
        op_release(&p.op);
        assert_int_equal(w->ups, i);
        redis_server_kill(&w->server);
        loop_until(&w->loop, is_down, w, 2000);
        assert_true(w->downs >= i);
        redis_server_again(&w->server);
    }
}

static void a_server_that_dies_mid_command_ends_the_command(void **state)
{
    struct world *w = *state;
    struct op_probe p;
    struct command c = COMMAND(w, "BLPOP", "never", "0");
    loop_until(&w->loop, is_up, w, 2000);
    op_probe_start(&p, &w->loop, send_command, &c);
    uv_run(&w->loop.uv, UV_RUN_NOWAIT);
    redis_server_kill(&w->server);
    assert_true(op_probe_await(&p));
    assert_int_equal(c.answer.err->code, GOV_QUEUE_UNAVAILABLE);
    op_release(&p.op);
}

static void a_command_without_an_answer_ends_by_its_deadline(void **state)
{
    struct world *w = *state;
    struct op_probe p;
    struct command c = COMMAND(w, "DEBUG", "SLEEP", "1.5"), ping = COMMAND(w, "PING");
    loop_until(&w->loop, is_up, w, 2000);
    int64_t began_us = clock_mono_us();
    assert_false(command_run(&p, &w->loop, &c));
    assert_int_equal(c.answer.err->code, GOV_QUEUE_UNAVAILABLE);
    assert_in_range(clock_mono_us() - began_us, 350 * 1000, 1300 * 1000);
    op_release(&p.op);
    /* Back by itself when the server is. */
    loop_until(&w->loop, is_up, w, 5000);
    bool back;
    do {
        back = command_run(&p, &w->loop, &ping);
        op_release(&p.op);
    } while (!back && clock_mono_us() - began_us < 10 * 1000 * 1000);
    assert_true(back);
}

static void a_server_that_stands_still_is_noticed(void **state)
{
    struct world *w = *state;
    struct op_probe p;
    struct command c = COMMAND(w, "PING");
    loop_until(&w->loop, is_up, w, 2000);
    kill(w->server.pid, SIGSTOP);
    assert_false(command_run(&p, &w->loop, &c));
    op_release(&p.op);
    kill(w->server.pid, SIGCONT);
    loop_until(&w->loop, is_up, w, 5000);
}

/* --- scripts --- */

struct script_call {
    struct world *world;
    struct redis_script script;
    struct redis_answer answer;
};

static void send_script(struct op *op, void *arguments)
{
    struct script_call *s = arguments;
    redis_script(s->world->redis, op, &s->answer, &s->script, "k", 1, (const char *[]){ "41" });
}

static void a_script_the_server_lost_is_sent_again(void **state)
{
    struct world *w = *state;
    struct op_probe p;
    struct command flush = COMMAND(w, "SCRIPT", "FLUSH");
    const char *text = "return ARGV[1] + 1";
    struct script_call s = { w, { text, strlen(text), "" }, { 0 } };
    struct command load = COMMAND(w, "SCRIPT", "LOAD", text);
    assert_true(command_run(&p, &w->loop, &load));
    snprintf(s.script.sha, sizeof s.script.sha, "%s", load.answer.text);
    op_release(&p.op);
    for (int i = 0; i < 3; i++) {
        assert_true(op_probe_run(&p, &w->loop, send_script, &s));
        assert_int_equal(s.answer.integer, 42);
        op_release(&p.op);
        if (i == 1)
            continue;
        assert_true(command_run(&p, &w->loop, &flush));
        op_release(&p.op);
    }
}

/* --- subscriptions --- */

struct ear {
    struct redis_feed *feed;
    int heard, ups;
    char last[64];
};

static void on_message(void *context, const char *channel, const char *text, size_t bytes)
{
    struct ear *ear = context;
    ear->heard++;
    snprintf(ear->last, sizeof ear->last, "%s=%.*s", channel, (int)bytes, text);
}

static void on_feed(void *context, bool up)
{
    struct ear *ear = context;
    ear->ups += up;
}

static bool feed_is_up(void *context)
{
    return redis_feed_up(((struct ear *)context)->feed);
}

static bool feed_is_down(void *context)
{
    return !feed_is_up(context);
}

static bool heard_something(void *context)
{
    return ((struct ear *)context)->heard > 0;
}

static void say(struct world *w, const char *channel, const char *text)
{
    struct op_probe p;
    struct command c = COMMAND(w, "PUBLISH", channel, text);
    assert_true(command_run(&p, &w->loop, &c));
    op_release(&p.op);
}

static void a_feed_hears_its_channels_and_again_after_a_restart(void **state)
{
    struct world *w = *state;
    struct ear ear = { 0 };
    struct redis_feed_events events = { on_message, on_feed, &ear };
    ear.feed = redis_feed_new(&w->loop, redis_options_of(w->redis), &events);
    redis_feed_add(ear.feed, "a");
    redis_feed_add(ear.feed, "b");
    loop_until(&w->loop, feed_is_up, &ear, 2000);
    say(w, "a", "1");
    loop_until(&w->loop, heard_something, &ear, 2000);
    assert_string_equal(ear.last, "a=1");
    redis_server_kill(&w->server);
    loop_until(&w->loop, feed_is_down, &ear, 2000);
    redis_feed_remove(ear.feed, "a");
    redis_feed_add(ear.feed, "c");
    redis_server_again(&w->server);
    loop_until(&w->loop, feed_is_up, &ear, 5000);
    loop_until(&w->loop, is_up, w, 5000);
    assert_int_equal(ear.ups, 2);
    redis_feed_remove(ear.feed, "b");
    ear.heard = 0;
    say(w, "a", "2");
    say(w, "b", "2");
    say(w, "c", "2");
    loop_until(&w->loop, heard_something, &ear, 2000);
    assert_string_equal(ear.last, "c=2");
    assert_int_equal(ear.heard, 1);
    redis_feed_stop(ear.feed);
}

static void addresses_are_checked(void **state)
{
    static const char *const good[] = { "unix:/run/redis.sock", "127.0.0.1:6379", "redis:6379",
                                        "[::1]:6379", "a:1,[::1]:2,unix:/s" };
    static const char *const bad[] = { "",        "unix:",       "redis",     "redis:",
                                       "redis:0", "redis:65536", "::1:6379",  "[::1:6379",
                                       ":6379",   "redis:x",     "/run/redis", "a:1,",
                                       "a:1,,b:2" };
    struct gov_err err;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(redis_address_check(good[i], &err));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(redis_address_check(bad[i], &err));
}

static void stopping_ends_what_is_in_flight(void **state)
{
    struct world *w = *state;
    struct op_probe p;
    struct command c = COMMAND(w, "BLPOP", "never", "0");
    loop_until(&w->loop, is_up, w, 2000);
    op_probe_start(&p, &w->loop, send_command, &c);
    uv_run(&w->loop.uv, UV_RUN_NOWAIT);
    redis_stop(w->redis);
    assert_true(op_probe_await(&p));
    assert_int_equal(c.answer.err->code, GOV_QUEUE_UNAVAILABLE);
    op_release(&p.op);
    w->redis = redis_new(&w->loop, &(struct redis_options){ .address = w->server.address });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
        TEST(answers_of_every_type_are_copied),
        TEST(an_error_reply_is_told_and_fails_no_op),
        TEST(what_passes_is_like_away_and_what_is_wrong_is_not),
        TEST(commands_before_the_connection_is_up_are_kept),
        cmocka_unit_test(a_refused_connection_does_not_hang),
        TEST(commands_fail_at_once_while_redis_is_away),
        TEST(after_a_restart_the_connection_comes_back),
        TEST(a_server_that_dies_mid_command_ends_the_command),
        TEST(a_command_without_an_answer_ends_by_its_deadline),
        TEST(a_server_that_stands_still_is_noticed),
        TEST(a_script_the_server_lost_is_sent_again),
        TEST(a_feed_hears_its_channels_and_again_after_a_restart),
        cmocka_unit_test(addresses_are_checked),
        TEST(stopping_ends_what_is_in_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
