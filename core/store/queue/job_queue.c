/* job_queue.c - the handle: is this the queue we know?
 *
 *     connect -> greeting: GET gen, INFO server, INFO replication, CONFIG GET maxmemory-policy
 *             -> OPEN | LOST | REFUSED | AWAY
 *     NOGEN   -> greeting again, and the call once more if there is a new generation of ours
 *
 * A generation is "<number>:<run id>:<incarnation>:<format>", and "/<shards>" behind it if there are several. The run
 * id makes a restarted Redis a stranger even if it found its data again: an AOF may end early, and half a queue looks
 * like a whole one.
 * Calls made while a greeting is under way wait for it. While the queue is lost a call fails at
 * once, but starts a new greeting now and then, so nobody has to poll for the rebuild to be over.
 */
#include "core/store/queue/job_queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/io/db/db_plant.h"
#include "core/store/queue/job_queue_internal.h"
#include "core/store/queue/queue_script.h"

enum { GREET_AGAIN_US = 200 * 1000, GREETINGS = 4 };

/* --- memory --- */

void queue_hold(struct job_queue *queue)
{
    queue->users++;
}

static struct queue_scripts *scripts_new(void)
{
    struct queue_scripts *scripts = calloc(1, sizeof *scripts);

    CHECK(scripts);
    for (int i = 0; i < LUA_FUNCTIONS_COUNT; i++)
        if (!text_starts(lua_functions[i].name, "part_"))
            queue_script_load(i, &scripts->items[i]);
    return scripts;
}

static void scripts_let_go(struct queue_scripts *scripts)
{
    if (--scripts->users > 0)
        return;
    for (int i = 0; i < LUA_FUNCTIONS_COUNT; i++)
        queue_script_free(&scripts->items[i]);
    free(scripts);
}

void queue_let_go(struct job_queue *queue)
{
    if (--queue->users > 0)
        return;
    scripts_let_go(queue->scripts);
    free(queue);
}

/* --- greeting --- */

/* The plant: a program of the version to come. */
static int format_known(void)
{
    return QUEUE_FORMAT + planted("next_format");
}

struct greeting {
    struct greeting_part {
        struct redis_request request; /* first */
        struct greeting *greeting;
    } parts[GREETINGS];
    struct job_queue *queue;
    struct arena arena;
    int outstanding;
};

enum { GREETING_GENERATION, GREETING_INFO, GREETING_ROLE, GREETING_POLICY };

static bool no_generation(struct gov_err *err)
{
    gov_fail_cause(err, GOV_QUEUE_UNAVAILABLE, "the queue has to be rebuilt");
    snprintf(err->item, sizeof err->item, "no_generation");
    return false;
}

static void state_set(struct job_queue *queue, enum queue_state state)
{
    queue->state = state;
    if (state == QUEUE_OPEN) {
        memset(&queue->fault, 0, sizeof queue->fault);
        queue_bell_opened(queue);
    }
    if (state == QUEUE_LOST && queue->lost && !queue->token[0])
        queue->lost(queue->lost_context);
}

void queue_opened(struct job_queue *queue)
{
    state_set(queue, QUEUE_OPEN);
}

void queue_rebuilding(struct job_queue *queue, const char *token)
{
    snprintf(queue->token, sizeof queue->token, "%.40s", token);
    no_generation(&queue->fault);
    state_set(queue, QUEUE_LOST);
}

/* "run_id:<hex>\r\n" of INFO. */
static void run_id_read(struct job_queue *queue, const char *info)
{
    const char *at = strstr(info, "run_id:");
    size_t bytes = at ? strcspn(at + 7, "\r\n") : 0;

    queue->run_id[0] = 0;
    if (bytes > 0 && bytes < sizeof queue->run_id)
        snprintf(queue->run_id, sizeof queue->run_id, "%.*s", (int)bytes, at + 7);
}

static bool generation_is_ours(const struct job_queue *queue, const char *generation)
{
    char tail[2 * QUEUE_WORD_BYTES + 2];

    snprintf(tail, sizeof tail, ":%s:%s", queue->run_id, queue->incarnation);
    return strlen(generation) < QUEUE_GENERATION_BYTES && text_ends(generation, tail);
}

/* The same Redis and database, filled by a program that has other ideas: which. */
static void say_difference(struct job_queue *queue, const char *generation)
{
    const char *ours = strrchr(queue->incarnation, ':') + 1, *theirs = strrchr(generation, ':');
    char middle[2 * QUEUE_WORD_BYTES + 3];
    int format, shards = 1;

    snprintf(middle, sizeof middle, ":%s:%.*s:", queue->run_id, (int)(ours - queue->incarnation - 1),
             queue->incarnation);
    if (!theirs || !strstr(generation, middle) || sscanf(theirs, ":%d/%d", &format, &shards) < 1)
        return;
    if (format != format_known())
        gov_fail(&queue->fault, GOV_QUEUE_UNAVAILABLE,
                 "the queue has format %d and this program format %d: they are of different versions. What waits is "
                 "left to the others until all are upgraded; nothing is lost",
                 "队列格式为 %d，本程序为 %d：版本不同。等待中的作业留给其他进程，全部升级后恢复；不会丢失任何作业", format,
                 format_known());
    else
        gov_fail(&queue->fault, GOV_QUEUE_UNAVAILABLE,
                 "the queue has %d dispatch shards and this process was told %d: set queue_shards alike for all",
                 "队列有 %d 个调度分片，本进程的设置为 %d：请将所有进程的 queue_shards 设为一致", shards, queue->shards);
    snprintf(queue->fault.item, sizeof queue->fault.item, "no_generation");
}

static void greeting_judge(struct job_queue *queue, const struct greeting *g)
{
    const struct redis_answer *generation = &g->parts[GREETING_GENERATION].request.answer;
    const struct redis_answer *info = &g->parts[GREETING_INFO].request.answer;
    const struct redis_answer *policy = &g->parts[GREETING_POLICY].request.answer;

    for (int i = 0; i < GREETINGS; i++)
        if (g->parts[i].request.err.code) {
            queue->fault = g->parts[i].request.err;
            state_set(queue, QUEUE_AWAY);
            return;
        }
    if (info->type != REDIS_ANSWER_TEXT) {
        gov_fail_cause(&queue->fault, GOV_QUEUE_UNAVAILABLE, "redis: INFO: %s", info->text);
        state_set(queue, QUEUE_AWAY);
        return;
    }
    const struct redis_answer *role = &g->parts[GREETING_ROLE].request.answer;
    if (role->type == REDIS_ANSWER_TEXT && strstr(role->text, "role:slave")) {
        gov_fail_cause(&queue->fault, GOV_QUEUE_UNAVAILABLE, "redis: this node is a replica");
        state_set(queue, QUEUE_AWAY);
        redis_elsewhere(queue->redis);
        return;
    }
    run_id_read(queue, info->text);
    /* A managed Redis may not let us ask; then it is the operator's word. */
    if (policy->type == REDIS_ANSWER_ARRAY && policy->count == 2 &&
        strcmp(policy->elements[1].text, "noeviction") != 0) {
        gov_fail(&queue->fault, GOV_CONFIGURATION,
                 "Redis may throw keys away: set maxmemory-policy to noeviction (it is %s)",
                 "Redis 可能会丢弃键：请将 maxmemory-policy 设为 noeviction（当前为 %s）",
                 policy->elements[1].text);
        state_set(queue, QUEUE_REFUSED);
        return;
    }
    if (generation->type != REDIS_ANSWER_TEXT || !generation_is_ours(queue, generation->text)) {
        no_generation(&queue->fault);
        if (generation->type == REDIS_ANSWER_TEXT)
            say_difference(queue, generation->text);
        state_set(queue, QUEUE_LOST);
        return;
    }
    snprintf(queue->generation, sizeof queue->generation, "%s", generation->text);
    state_set(queue, QUEUE_OPEN);
}

static void call_go(struct queue_call *call);

static void waiting_go_on(struct job_queue *queue)
{
    while (!list_empty(&queue->waiting)) {
        struct queue_call *call = LIST_ITEM(list_first(&queue->waiting), struct queue_call, link);
        list_remove(&call->link);
        call_go(call);
    }
}

static void greeting_done(struct redis_request *request)
{
    struct greeting *g = ((struct greeting_part *)request)->greeting;
    struct job_queue *queue = g->queue;

    if (--g->outstanding > 0)
        return;
    if (!queue->stopped)
        greeting_judge(queue, g);
    arena_release(&g->arena);
    free(g);
    queue->greeting = false;
    queue->greeted_us = clock_mono_us();
    waiting_go_on(queue);
    queue_let_go(queue);
}

static void greet(struct job_queue *queue)
{
    const char *const commands[GREETINGS][3] = {
        [GREETING_GENERATION] = { "GET", queue->generation_key, NULL },
        [GREETING_INFO] = { "INFO", "server", NULL },
        [GREETING_ROLE] = { "INFO", "replication", NULL },
        [GREETING_POLICY] = { "CONFIG", "GET", "maxmemory-policy" },
    };
    struct greeting *g = calloc(1, sizeof *g);

    CHECK(g);
    queue->greeting = true;
    queue_hold(queue);
    g->queue = queue;
    g->outstanding = GREETINGS;
    arena_init(&g->arena);
    for (int i = 0; i < GREETINGS; i++) {
        g->parts[i].greeting = g;
        g->parts[i].request.done = greeting_done;
        g->parts[i].request.arena = &g->arena;
    }
    /* The last one frees `g`, maybe inside redis_send. */
    for (int i = 0; i < GREETINGS; i++)
        redis_send(queue->redis, &g->parts[i].request, commands[i][2] ? 3 : 2, commands[i], NULL);
}

void queue_greet(struct job_queue *queue)
{
    if (!queue->greeting && !queue->stopped &&
        clock_mono_us() - queue->greeted_us >= GREET_AGAIN_US)
        greet(queue);
}

static void on_connection(void *context, bool connected)
{
    struct job_queue *queue = context;

    if (!connected) {
        /* Also the end of a rebuild: what comes back may be another Redis, or half of this one. */
        queue->token[0] = 0;
        if (queue->state != QUEUE_AWAY)
            gov_fail_cause(&queue->fault, GOV_QUEUE_UNAVAILABLE, "redis: the connection was lost");
        state_set(queue, QUEUE_AWAY);
    } else if (!queue->greeting) {
        greet(queue);
    }
}

/* --- calls --- */

struct queue_call *queue_call_new(struct op *op, struct job_queue *queue, enum lua_functions script,
                                  int argc)
{
    struct queue_call *call = ARENA_NEW(&op->arena, struct queue_call);
    call->queue = queue;
    call->script = script;
    call->op = op;
    call->request.arena = &op->arena;
    call->argv = ARENA_ARRAY(&op->arena, const char *, (size_t)argc + 2);
    call->argc = 2;
    call->argv[1] = "0";
    call->fill = queue_fill_result;
    return call;
}

void queue_call_add(struct queue_call *call, const char *text)
{
    call->argv[call->argc++] = text;
}

static void call_end(struct queue_call *call)
{
    struct job_queue *queue = call->queue;

    if (call->op) {
        struct op *op = call->op;
        call->fill(call);
        op_io_end(op, NULL);
    } else {
        call->ended(call);
    }
    queue_let_go(queue);
}

static void call_done(struct redis_request *request)
{
    struct queue_call *call = (struct queue_call *)request;
    struct job_queue *queue = call->queue;
    const struct redis_answer *answer = &request->answer;

    call->err = request->err;
    if (answer->type == REDIS_ANSWER_ERROR && text_starts(answer->text, "NOGEN")) {
        bool ours = !queue->token[0] && !call->unguarded;
        if (ours && queue->state == QUEUE_OPEN && strcmp(call->argv[0], queue->generation) == 0) {
            no_generation(&queue->fault);
            state_set(queue, QUEUE_LOST);
            queue->greeted_us = 0;
        }
        if (ours && !call->greeted) {
            call_go(call);
            return;
        }
        no_generation(&call->err);
    } else if (answer->type == REDIS_ANSWER_ERROR) {
        gov_fail_cause(&call->err, GOV_QUEUE_UNAVAILABLE, "redis: %s", answer->text);
    }
    call_end(call);
}

/* Send it, let it wait for a greeting, or end it. */
static void call_go(struct queue_call *call)
{
    struct job_queue *queue = call->queue;
    bool away = queue->state == QUEUE_AWAY || queue->state == QUEUE_REFUSED;

    if (!queue->token[0] && !call->greeted && (queue->state != QUEUE_OPEN || queue->greeting)) {
        if (!call->unguarded || away)
            queue_greet(queue);
        /* queue_greet may have ended already, when there is no connection at all. */
        if (queue->greeting) {
            call->greeted = true;
            list_append(&queue->waiting, &call->link);
            return;
        }
        away = queue->state == QUEUE_AWAY || queue->state == QUEUE_REFUSED;
    }
    bool sendable = queue->state == QUEUE_OPEN || queue->token[0] || (call->unguarded && !away);
    if (queue->stopped || !sendable) {
        call->err = queue->fault;
        if (queue->stopped || !call->err.code)
            gov_fail_cause(&call->err, GOV_QUEUE_UNAVAILABLE, "redis: not connected");
        call_end(call);
        return;
    }
    if (!call->unguarded)
        call->argv[0] = queue->token[0]
                            ? arena_format(call->request.arena, "rebuild:%s", queue->token)
                            : arena_text(call->request.arena, queue->generation);
    call->request.done = call_done;
    redis_send_script(queue->redis, &call->request, &queue->scripts->items[call->script],
                      queue->generation_key, call->argc, call->argv);
}

void queue_call_send(struct queue_call *call)
{
    list_init(&call->link);
    queue_hold(call->queue);
    if (call->op)
        op_io_begin(call->op);
    call_go(call);
}

/* --- the handle --- */

static void timer_gone(uv_handle_t *handle)
{
    queue_let_go(handle->data);
}

const char *queue_key(struct arena *arena, const struct job_queue *queue, const char *name)
{
    return arena_format(arena, "{s%02d}:%s", queue->shard, name);
}

static void incarnation_set(struct job_queue *queue, const char *incarnation)
{
    char shards[12] = "";

    CHECK(strlen(incarnation) + sizeof ":99/64" <= sizeof queue->incarnation);
    CHECK(*incarnation && !strpbrk(incarnation, " :"));
    if (queue->shards > 1)
        snprintf(shards, sizeof shards, "/%d", queue->shards);
    snprintf(queue->incarnation, sizeof queue->incarnation, "%s:%d%s", incarnation, format_known(), shards);
}

struct job_queue *job_queue_new(const struct job_queue_options *options)
{
    struct job_queue *queue = calloc(1, sizeof *queue);

    CHECK(queue);
    queue->redis = options->redis;
    queue->loop = redis_loop(options->redis);
    queue->shard = options->shard;
    queue->shards = options->shards ? options->shards : 1;
    CHECK(queue->shard >= 0 && queue->shard < queue->shards && queue->shards < 100);
    snprintf(queue->generation_key, sizeof queue->generation_key, "{s%02d}:gen", queue->shard);
    incarnation_set(queue, options->incarnation);
    queue->lost = options->lost;
    queue->lost_context = options->context;
    list_init(&queue->waiting);
    queue->scripts = options->beside ? options->beside->scripts : scripts_new();
    queue->scripts->users++;
    queue_batcher_init(&queue->push, queue, LUA_FUNCTIONS_ENQUEUE);
    queue_batcher_init(&queue->claimed, queue, LUA_FUNCTIONS_CLAIMED);
    queue_batcher_init(&queue->finish, queue, LUA_FUNCTIONS_FINISH);
    uv_timer_init(&queue->loop->uv, &queue->bell_timer);
    queue->bell_timer.data = queue;
    queue_hold(queue);
    queue->greeted_us = -GREET_AGAIN_US;
    gov_fail_cause(&queue->fault, GOV_QUEUE_UNAVAILABLE, "redis: not connected yet");
    redis_listen(queue->redis, on_connection, queue);
    return queue;
}

void job_queue_incarnation_set(struct job_queue *queue, const char *incarnation)
{
    incarnation_set(queue, incarnation);
    queue->token[0] = 0; /* a rebuild under way read rows of both lives: it begins again */
    queue->greeted_us = -GREET_AGAIN_US;
    if (queue->state != QUEUE_OPEN && queue->state != QUEUE_LOST)
        return; /* the greeting will compare */
    no_generation(&queue->fault);
    queue->state = QUEUE_LOST;
    queue_greet(queue); /* it may have been rebuilt for this life already */
}

void job_queue_stop(struct job_queue *queue)
{
    job_queue_bell_cancel(queue);
    queue->stopped = true;
    queue->state = QUEUE_AWAY;
    redis_unlisten(queue->redis, queue);
    if (queue->bell)
        redis_stop(queue->bell);
    if (!queue->greeting)
        waiting_go_on(queue); /* they end: the queue is stopped */
    uv_close((uv_handle_t *)&queue->bell_timer, timer_gone);
}

enum queue_state job_queue_state(const struct job_queue *queue)
{
    return queue->state;
}

const struct gov_err *job_queue_fault(const struct job_queue *queue)
{
    return &queue->fault;
}
