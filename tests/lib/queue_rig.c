#include "tests/lib/queue_rig.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/store/queue/queue_script.h"
#include "tests/lib/test.h"

enum { ARGS_MAX = 2048 };

static char *turn(void)
{
    static char texts[8][256];
    static unsigned next;
    return texts[next++ % 8];
}

const char *rig_tenant(int tenant)
{
    char *text = turn();
    snprintf(text, 256, "t_%016x", (unsigned)tenant);
    return text;
}

const char *rig_job(int job)
{
    char *text = turn();
    snprintf(text, 256, "00000000-0000-7000-8000-%012d", job);
    return text;
}

int rig_job_number(const char *job)
{
    return atoi(job + 24);
}

const char *rig_text(struct rig_entry e)
{
    char *text = turn();
    snprintf(text, 256, "%s %s t_%016x 00000000-0000-7000-8000-%012d %d %d run %s",
             e.lane ? e.lane : "py", e.class ? e.class : "normal", (unsigned)e.tenant, e.job,
             e.fence, e.cost_ms, e.action ? e.action : "-");
    return text;
}

static void load(struct queue_rig *rig, enum lua_functions name, const char *prefix)
{
    struct redis_script script;
    struct buf text = { 0 };

    queue_script_load(name, &script);
    buf_addf(&text, "%s%s", prefix, script.text);
    redisReply *reply = redisCommand(rig->redis, "SCRIPT LOAD %b", text.data, text.length);
    if (!reply || reply->type != REDIS_REPLY_STRING)
        fail_msg("%s: %s", lua_functions[name].name, reply ? reply->str : "no answer");
    if (!*prefix)
        assert_string_equal(reply->str, script.sha);
    snprintf(rig->sha[name], sizeof rig->sha[name], "%s", reply->str);
    freeReplyObject(reply);
    queue_script_free(&script);
    buf_release(&text);
}

static void start_on_server(struct queue_rig *rig, const char *prefix)
{
    rig->redis = redisConnectUnix(rig->server.socket);
    assert_true(rig->redis && !rig->redis->err);
    for (int i = 0; i < LUA_FUNCTIONS_COUNT; i++)
        if (strncmp(lua_functions[i].name, "part_", 5) != 0)
            load(rig, i, prefix);
    rig_reset(rig);
}

void rig_start(struct queue_rig *rig)
{
    memset(rig, 0, sizeof *rig);
    redis_server_start(&rig->server, false);
    start_on_server(rig, "");
}

void rig_start_cluster(struct queue_rig *rig)
{
    memset(rig, 0, sizeof *rig);
    redis_server_start_cluster(&rig->server);
    start_on_server(rig, "#!lua\n"); /* which makes Redis look at the slots of keys */
}

void rig_stop(struct queue_rig *rig)
{
    redisFree(rig->redis);
    redis_server_stop(&rig->server);
}

void rig_reset(struct queue_rig *rig)
{
    static int generations;
    rig_redis(rig, "FLUSHALL");
    snprintf(rig->generation, sizeof rig->generation, "g%d", ++generations);
    rig_redis(rig, "SET {s00}:gen %s", rig->generation);
    rig->now_ms = 1000000;
}

static redisReply *call_v(struct queue_rig *rig, enum lua_functions script, const char *format,
                          va_list args)
{
    char now[24], *line = NULL;
    const char *argv[ARGS_MAX];
    int argc = 0;
    bool alone = strncmp(lua_functions[script].text, "--!needs\n", 9) == 0;
    bool leader = strncmp(lua_functions[script].name, "leader", 6) == 0;

    CHECK(vasprintf(&line, format, args) >= 0);
    snprintf(now, sizeof now, "%lld", (long long)rig->now_ms);
    argv[argc++] = "EVALSHA";
    argv[argc++] = rig->sha[script];
    argv[argc++] = "1";
    argv[argc++] = leader ? "{s00}:leader" : "{s00}:gen";
    if (!alone) {
        argv[argc++] = rig->generation;
        argv[argc++] = now;
    }
    for (char *rest = line, *word; *line && (word = strsep(&rest, "|"));) {
        CHECK(argc < ARGS_MAX);
        argv[argc++] = word;
    }
    redisReply *reply = redisCommandArgv(rig->redis, argc, argv, NULL);
    if (!reply)
        fail_msg("redis: %s", rig->redis->errstr);
    free(line);
    return reply;
}

redisReply *rig_call(struct queue_rig *rig, enum lua_functions script, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = call_v(rig, script, format, args);
    va_end(args);
    return reply;
}

int64_t rig_integer(struct queue_rig *rig, enum lua_functions script, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = call_v(rig, script, format, args);
    va_end(args);
    if (reply->type != REDIS_REPLY_INTEGER)
        fail_msg("%s: %s", lua_functions[script].name, reply->str ? reply->str : "no integer");
    int64_t value = reply->integer;
    freeReplyObject(reply);
    return value;
}

void rig_expect(struct queue_rig *rig, const char *answer, enum lua_functions script,
                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = call_v(rig, script, format, args);
    va_end(args);
    if (!reply->str || strncmp(reply->str, answer, strlen(answer)) != 0)
        fail_msg("%s: \"%s\" where \"%s\" was expected", lua_functions[script].name,
                 reply->str ? reply->str : "(no text)", answer);
    freeReplyObject(reply);
}

int64_t rig_redis(struct queue_rig *rig, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = redisvCommand(rig->redis, format, args);
    va_end(args);
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        fail_msg("redis: %s: %s", format, reply ? reply->str : rig->redis->errstr);
    int64_t value = reply->type == REDIS_REPLY_INTEGER ? reply->integer
                    : reply->type == REDIS_REPLY_ARRAY ? (int64_t)reply->elements
                    : reply->type == REDIS_REPLY_NIL   ? -1
                                                       : (int64_t)reply->len;
    freeReplyObject(reply);
    return value;
}

char rig_enqueue(struct queue_rig *rig, struct rig_entry e)
{
    redisReply *reply = rig_call(rig, LUA_FUNCTIONS_ENQUEUE, "%s", rig_text(e));
    if (reply->type != REDIS_REPLY_STRING || reply->len != 1)
        fail_msg("enqueue: %s", reply->str);
    char verdict = reply->str[0];
    freeReplyObject(reply);
    return verdict;
}

void rig_enqueue_many(struct queue_rig *rig, struct rig_entry first, int count)
{
    for (int done = 0; done < count;) {
        struct buf line = { 0 };
        int batch = count - done < 500 ? count - done : 500;
        for (int i = 0; i < batch; i++, first.job++)
            buf_addf(&line, "%s%s", i ? "|" : "", rig_text(first));
        redisReply *reply = rig_call(rig, LUA_FUNCTIONS_ENQUEUE, "%s", line.data);
        if (reply->type != REDIS_REPLY_STRING || (int)reply->len != batch)
            fail_msg("enqueue: %s", reply->str);
        freeReplyObject(reply);
        buf_release(&line);
        done += batch;
    }
}

static const char *class_name(const char *text)
{
    static const char *const names[] = { "interactive", "normal", "bulk" };
    for (int i = 0; i < 3; i++)
        if (strcmp(names[i], text) == 0)
            return names[i];
    fail_msg("class %s", text);
    return NULL;
}

int rig_take(struct queue_rig *rig, const char *lane, int n)
{
    redisReply *reply = rig_call(rig, LUA_FUNCTIONS_TAKE, "worker-1|%s|%d", lane, n);

    if (reply->type != REDIS_REPLY_ARRAY)
        fail_msg("take: %s", reply->str);
    assert_true((int)reply->elements <= n);
    rig->taken_count = (int)reply->elements;
    for (int i = 0; i < rig->taken_count; i++) {
        char tenant[32], class[16], job[40], kind[16], *action = rig->actions[i];
        struct rig_entry e = { .lane = lane };
        if (sscanf(reply->element[i]->str, "%31s %15s %39s %d %d %15s %63s", tenant, class, job,
                   &e.fence, &e.cost_ms, kind, action) != 7)
            fail_msg("take answered \"%s\"", reply->element[i]->str);
        e.tenant = (int)strtol(tenant + 2, NULL, 16);
        e.class = class_name(class);
        e.job = rig_job_number(job);
        e.action = strcmp(action, "-") == 0 ? NULL : action;
        rig->taken[i] = e;
    }
    freeReplyObject(reply);
    return rig->taken_count;
}

/* How many letters of the answer are H. */
static int64_t held_count(redisReply *reply)
{
    int64_t count = 0;
    if (reply->type != REDIS_REPLY_STRING)
        fail_msg("answered %s", reply->str ? reply->str : "no text");
    for (const char *p = reply->str; *p; p++)
        count += *p == 'H';
    freeReplyObject(reply);
    return count;
}

void rig_claim(struct queue_rig *rig, struct rig_entry e)
{
    redisReply *reply =
        rig_call(rig, LUA_FUNCTIONS_CLAIMED, "%s %s %s %d %d", e.lane ? e.lane : "py",
                 rig_tenant(e.tenant), rig_job(e.job), e.fence, e.fence + 1);
    assert_int_equal(held_count(reply), 1);
}

int64_t rig_finish(struct queue_rig *rig, struct rig_entry e, int fence, int64_t ms)
{
    return held_count(rig_call(rig, LUA_FUNCTIONS_FINISH, "%s %s %s %d %lld",
                               e.lane ? e.lane : "py", rig_tenant(e.tenant), rig_job(e.job), fence,
                               (long long)ms));
}

struct rig_promoted rig_promote(struct queue_rig *rig)
{
    redisReply *reply = rig_call(rig, LUA_FUNCTIONS_PROMOTE, "%s", "");
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 5)
        fail_msg("promote: %s", reply->str ? reply->str : "?");
    struct rig_promoted p = { reply->element[0]->integer, reply->element[1]->integer,
                              reply->element[2]->integer, (int64_t)reply->element[4]->elements };
    freeReplyObject(reply);
    return p;
}
