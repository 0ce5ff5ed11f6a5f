/* redis.c - requests over a link, each with a deadline.
 *
 * hiredis answers in order and always: with NULL when the connection ends. A `flight` is what it
 * holds for us; the request behind it may be gone earlier, when its deadline has passed. If the
 * oldest flight is overdue, nothing behind it will be answered either, so the connection is broken:
 * that also finds a peer that vanished without a word.
 */
#include "core/io/redis/redis.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/io/redis/redis_link.h"

enum { TICK_MS = 50, LISTENERS_MAX = 8, FLIGHTS_MAX = 20000, DEPTH_MAX = 8 };

struct redis {
    struct redis_link link; /* first */
    uv_timer_t tick;        /* runs only while something is in flight */
    struct list flights;    /* oldest first */
    int flight_count;
    struct {
        void (*changed)(void *context, bool connected);
        void *context;
    } listeners[LISTENERS_MAX];
    bool link_gone, tick_gone;
};

struct flight {
    struct list link;
    struct redis *redis;
    struct redis_request *request; /* NULL: nobody waits for it any more */
    int64_t deadline_us;
};

/* --- answers --- */

static void answer_copy(struct arena *arena, const redisReply *reply, struct redis_answer *answer,
                        int depth)
{
    CHECK(depth < DEPTH_MAX);
    answer->text = "";
    switch (reply->type) {
    case REDIS_REPLY_INTEGER:
        answer->type = REDIS_ANSWER_INTEGER;
        answer->integer = reply->integer;
        break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        answer->type = reply->type == REDIS_REPLY_ERROR ? REDIS_ANSWER_ERROR : REDIS_ANSWER_TEXT;
        answer->text = arena_copy(arena, reply->str, (size_t)reply->len);
        answer->bytes = (size_t)reply->len;
        break;
    case REDIS_REPLY_ARRAY:
        answer->type = REDIS_ANSWER_ARRAY;
        answer->count = reply->elements;
        answer->elements = ARENA_ARRAY(arena, struct redis_answer, reply->elements);
        for (size_t i = 0; i < reply->elements; i++)
            answer_copy(arena, reply->element[i], &answer->elements[i], depth + 1);
        break;
    default:
        answer->type = REDIS_ANSWER_NIL;
    }
}

static void request_fail(struct redis_request *request, const char *cause)
{
    request->flight = NULL;
    gov_fail_cause(&request->err, GOV_QUEUE_UNAVAILABLE, "redis: %s", cause);
    request->done(request);
}

/* --- flights --- */

static void flight_free(struct flight *flight)
{
    list_remove(&flight->link);
    if (--flight->redis->flight_count == 0 && flight->redis->link.state != LINK_STOPPED)
        uv_timer_stop(&flight->redis->tick);
    free(flight);
}

static void on_tick(uv_timer_t *timer)
{
    struct redis *redis = timer->data;
    int64_t now_us = clock_mono_us();
    struct list *item = list_first(&redis->flights);
    struct list overdue;

    if (item && LIST_ITEM(item, struct flight, link)->deadline_us <= now_us) {
        redis_link_drop(&redis->link, "no answer in time");
        return;
    }
    /* The answers may start other requests: they go to another list first. */
    list_init(&overdue);
    for (; item && item != &redis->flights; item = item->next) {
        struct flight *flight = LIST_ITEM(item, struct flight, link);
        if (flight->request && flight->deadline_us <= now_us) {
            list_append(&overdue, &flight->request->link);
            flight->request = NULL;
        }
    }
    while ((item = list_first(&overdue))) {
        list_remove(item);
        request_fail(LIST_ITEM(item, struct redis_request, link), "no answer in time");
    }
}

static void request_fly(struct redis *redis, struct redis_request *request, const size_t *lengths);

/* The server does not know the script: send its text, which makes it known. */
static bool script_again(struct redis *redis, struct redis_request *request,
                         const redisReply *reply)
{
    if (!request->script || reply->type != REDIS_REPLY_ERROR ||
        !text_starts(reply->str, "NOSCRIPT") || strcmp(request->argv[0], "EVAL") == 0)
        return false;
    const char **argv = ARENA_ARRAY(request->arena, const char *, (size_t)request->argc);
    memcpy(argv, request->argv, (size_t)request->argc * sizeof *argv);
    argv[0] = "EVAL";
    argv[1] = request->script->text;
    request->argv = argv;
    request_fly(redis, request, NULL);
    return true;
}

/* "MOVED slot host:port" of a cluster, or a replica where a master is wanted: go where it can be done. What was asked
 * has not been done. */
static bool is_elsewhere(struct redis *redis, const redisReply *reply)
{
    const char *address = NULL;

    if (reply->type != REDIS_REPLY_ERROR)
        return false;
    if (text_starts(reply->str, "MOVED "))
        address = strrchr(reply->str, ' ') + 1;
    else if (!text_starts(reply->str, "READONLY") || redis->link.address_count == 1)
        return false;
    redis_link_redirect(&redis->link, address, reply->str);
    return true;
}

static void on_reply(redisAsyncContext *context, void *data, void *flown)
{
    struct flight *flight = flown;
    struct redis *redis = flight->redis;
    struct redis_request *request = flight->request;
    redisReply *reply = data;

    flight_free(flight);
    if (!request)
        return;
    if (!reply) {
        const char *why = context->errstr && *context->errstr ? context->errstr : redis->link.fault;
        request_fail(request, *why ? why : "the connection was closed");
        return;
    }
    if (script_again(redis, request, reply))
        return;
    if (is_elsewhere(redis, reply)) {
        request_fail(request, reply->str);
        return;
    }
    request->flight = NULL;
    answer_copy(request->arena, reply, &request->answer, 0);
    request->done(request);
}

static void request_fly(struct redis *redis, struct redis_request *request, const size_t *lengths)
{
    if (!redis_link_usable(&redis->link)) {
        request_fail(request, *redis->link.fault ? redis->link.fault : "not connected yet");
        return;
    }
    if (redis->flight_count >= FLIGHTS_MAX) {
        request_fail(request, "too much is in flight");
        return;
    }
    struct flight *flight = calloc(1, sizeof *flight);
    CHECK(flight);
    int within_ms = request->within_ms ? request->within_ms : redis->link.options.command_ms;
    flight->redis = redis;
    flight->request = request;
    flight->deadline_us = clock_mono_us() + (int64_t)within_ms * 1000;
    list_append(&redis->flights, &flight->link);
    if (redis->flight_count++ == 0)
        uv_timer_start(&redis->tick, on_tick, TICK_MS, TICK_MS);
    request->flight = flight;
    /* hiredis 0.14 takes argv as `const char **` but does not write to it. */
    if (redisAsyncCommandArgv(redis->link.context, on_reply, flight, request->argc,
                              (const char **)request->argv, lengths) != REDIS_OK) {
        flight_free(flight);
        request_fail(request, "the connection is closing");
    }
}

static void request_begin(struct redis_request *request)
{
    list_init(&request->link);
    memset(&request->answer, 0, sizeof request->answer);
    memset(&request->err, 0, sizeof request->err);
    request->answer.text = "";
}

void redis_send(struct redis *redis, struct redis_request *request, int argc,
                const char *const *argv, const size_t *lengths)
{
    request_begin(request);
    request->script = NULL;
    request->argc = argc;
    request->argv = argv;
    request_fly(redis, request, lengths);
}

void redis_send_script(struct redis *redis, struct redis_request *request,
                       const struct redis_script *script, const char *key, int argc,
                       const char *const *argv)
{
    const char **all = ARENA_ARRAY(request->arena, const char *, (size_t)argc + 4);

    all[0] = "EVALSHA";
    all[1] = script->sha;
    all[2] = "1";
    all[3] = key;
    memcpy(all + 4, argv, (size_t)argc * sizeof *all);
    request_begin(request);
    request->script = script;
    request->argc = argc + 4;
    request->argv = all;
    request_fly(redis, request, NULL);
}

void redis_elsewhere(struct redis *redis)
{
    if (redis->link.address_count > 1)
        redis_link_redirect(&redis->link, NULL, "this node is a replica");
}

void redis_cut(struct redis *redis)
{
    redis_link_drop(&redis->link, "the connection was cut");
}

/* --- for ops --- */

struct call {
    struct redis_request request; /* first */
    struct op *op;
    struct redis_answer *answer;
    bool tolerant;
};

/* Server states that pass, as opposed to commands that are wrong. TRYAGAIN, ASK and a key that is not local: a slot is on its
 * way to another node. MISCONF: the disk does not take what Redis has to keep. */
static bool error_passes(const char *text)
{
    static const char *const passing[] = { "LOADING", "BUSY ", "MASTERDOWN", "CLUSTERDOWN", "READONLY", "TRYAGAIN", "ASK ",
                                           "ERR Script attempted to access a non local key", "NOAUTH", "OOM", "MISCONF" };
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (text_starts(text, passing[i]))
            return true;
    return false;
}

static void call_done(struct redis_request *request)
{
    struct call *call = (struct call *)request;
    struct gov_err *err = &request->err;

    if (request->answer.type == REDIS_ANSWER_ERROR)
        gov_fail_cause(err,
                       error_passes(request->answer.text) ? GOV_QUEUE_UNAVAILABLE : GOV_INTERNAL,
                       "redis: %s", request->answer.text);
    if (call->answer) {
        *call->answer = request->answer;
        call->answer->err = err->code ? err : NULL;
    }
    op_io_end(call->op, err->code && !call->tolerant ? err : NULL);
}

static struct call *call_new(struct op *op, struct redis_answer *answer, bool tolerant)
{
    struct call *call = ARENA_NEW(&op->arena, struct call);
    call->request.done = call_done;
    call->request.arena = &op->arena;
    call->op = op;
    call->answer = answer;
    call->tolerant = tolerant;
    op_io_begin(op);
    return call;
}

void redis_call(struct redis *redis, struct op *op, struct redis_answer *answer, int argc,
               const char *const *argv, const size_t *lengths)
{
    redis_send(redis, &call_new(op, answer, true)->request, argc, argv, lengths);
}

void redis_script(struct redis *redis, struct op *op, struct redis_answer *answer,
                  const struct redis_script *script, const char *key, int argc,
                  const char *const *argv)
{
    redis_send_script(redis, &call_new(op, answer, false)->request, script, key, argc, argv);
}

/* --- the handle --- */

static void tell(struct redis *redis, bool connected)
{
    for (int i = 0; i < LISTENERS_MAX; i++)
        if (redis->listeners[i].changed)
            redis->listeners[i].changed(redis->listeners[i].context, connected);
}

static void link_up(struct redis_link *link)
{
    tell((struct redis *)link, true);
}

static void link_down(struct redis_link *link)
{
    tell((struct redis *)link, false);
}

static void redis_gone(struct redis *redis)
{
    if (redis->link_gone && redis->tick_gone)
        free(redis);
}

static void link_is_gone(struct redis_link *link)
{
    struct redis *redis = (struct redis *)link;
    redis->link_gone = true;
    redis_gone(redis);
}

static void tick_is_gone(uv_handle_t *handle)
{
    struct redis *redis = handle->data;
    redis->tick_gone = true;
    redis_gone(redis);
}

struct redis *redis_new(struct loop *loop, const struct redis_options *options)
{
    struct redis *redis = calloc(1, sizeof *redis);
    CHECK(redis);
    list_init(&redis->flights);
    uv_timer_init(&loop->uv, &redis->tick);
    redis->tick.data = redis;
    redis->link.up = link_up;
    redis->link.down = link_down;
    redis->link.gone = link_is_gone;
    redis_link_start(&redis->link, loop, options);
    return redis;
}

void redis_stop(struct redis *redis)
{
    uv_close((uv_handle_t *)&redis->tick, tick_is_gone);
    redis_link_stop(&redis->link);
}

bool redis_connected(const struct redis *redis)
{
    return redis->link.state == LINK_UP;
}

const struct redis_options *redis_options_of(const struct redis *redis)
{
    return &redis->link.options;
}

struct loop *redis_loop(const struct redis *redis)
{
    return redis->link.loop;
}

void redis_listen(struct redis *redis, void (*changed)(void *context, bool connected),
                  void *context)
{
    int i = 0;
    while (redis->listeners[i].changed)
        CHECK(++i < LISTENERS_MAX);
    redis->listeners[i].changed = changed;
    redis->listeners[i].context = context;
    if (redis_connected(redis))
        changed(context, true);
}

void redis_unlisten(struct redis *redis, void *context)
{
    for (int i = 0; i < LISTENERS_MAX; i++)
        if (redis->listeners[i].context == context)
            redis->listeners[i].changed = NULL;
}
