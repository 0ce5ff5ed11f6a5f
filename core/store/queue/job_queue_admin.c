/* job_queue_admin.c - what the scheduler and the operators call. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/store/queue/job_queue_internal.h"

enum { OVERS_MAX = 500, REFILL_MAX = 1000 };

/* --- promote --- */

static void fill_promoted(struct queue_call *call)
{
    const struct redis_answer *answer = &call->request.answer;
    struct queue_promoted *promoted = call->target;

    *promoted = (struct queue_promoted){ .wait_ms = -1 };
    if (queue_answer_is(call, REDIS_ANSWER_ARRAY) && answer->count == 5) {
        int64_t next_ms = answer->elements[1].integer, now_ms = answer->elements[3].integer;
        promoted->moved = answer->elements[0].integer;
        promoted->more = answer->elements[2].integer != 0;
        if (next_ms > 0)
            promoted->wait_ms = next_ms > now_ms ? next_ms - now_ms : 0;
        const struct redis_answer *tenants = &answer->elements[4];
        promoted->tenants = ARENA_ARRAY(call->request.arena, const char *, tenants->count + 1);
        for (size_t i = 0; i < tenants->count; i++)
            promoted->tenants[promoted->tenant_count++] = tenants->elements[i].text;
    }
    promoted->err = call->err;
}

void job_queue_promote(struct op *op, struct job_queue *queue, struct queue_promoted *promoted)
{
    struct queue_call *call = queue_call_new(op, queue, LUA_FUNCTIONS_PROMOTE, 0);
    call->fill = fill_promoted;
    call->target = promoted;
    queue_call_send(call);
}

/* --- backlogs --- */

/* "lane class tenant mark fulls length", or "lane class tenant from fulls want name" */
static bool over_read(struct arena *arena, const char *text, struct queue_over *over)
{
    char *words[7];
    int count = queue_words(arena_text(arena, text), words, 7);

    if (count < 6 || count > 7 || !id_parse(words[3], &over->mark))
        return false;
    over->name = count == 7 ? words[6] : NULL;
    over->lane = words[0];
    over->class = words[1];
    over->tenant = words[2];
    over->fulls = strtoll(words[4], NULL, 10);
    *(over->name ? &over->want : &over->length) = strtoll(words[5], NULL, 10);
    return true;
}

static void fill_overs(struct queue_call *call)
{
    const struct redis_answer *answer = &call->request.answer;
    struct queue_overs *overs = call->target;

    memset(overs, 0, sizeof *overs);
    if (queue_answer_is(call, REDIS_ANSWER_ARRAY)) {
        overs->items = ARENA_ARRAY(call->request.arena, struct queue_over, answer->count);
        for (size_t i = 0; i < answer->count; i++)
            if (over_read(call->request.arena, answer->elements[i].text,
                          &overs->items[overs->count]))
                overs->count++;
    }
    overs->err = call->err;
}

void job_queue_overs(struct op *op, struct job_queue *queue, struct queue_overs *overs)
{
    struct queue_call *call = queue_call_new(op, queue, LUA_FUNCTIONS_OVERS, 1);
    queue_call_add(call, queue_number(&op->arena, OVERS_MAX));
    call->fill = fill_overs;
    call->target = overs;
    queue_call_send(call);
}

static void fill_refill(struct queue_call *call)
{
    const struct redis_answer *answer = &call->request.answer;
    struct queue_result *result = call->target;

    if (queue_answer_is(call, REDIS_ANSWER_ARRAY) && answer->count != 2)
        gov_fail_cause(&call->err, GOV_INTERNAL, "redis: an unexpected answer to refill");
    if (!result)
        return;
    *result = (struct queue_result){ .err = call->err, .verdicts = "" };
    if (call->err.code)
        return;
    const char *state = answer->elements[1].text;
    result->verdicts = answer->elements[0].text;
    result->count = strcmp(state, "cleared") == 0 ? 1 : strcmp(state, "kept") == 0 ? 0 : -1;
}

void job_queue_refill(struct op *op, struct job_queue *queue, const struct queue_over *over,
                      const struct id *up_to, const struct queue_entry *entries, int count,
                      struct queue_result *result)
{
    struct arena *arena = &op->arena;

    CHECK(count <= REFILL_MAX);
    struct queue_call *call =
        queue_call_new(op, queue, over->name ? LUA_FUNCTIONS_REFILL_NAMED : LUA_FUNCTIONS_REFILL, 7 + count);
    queue_call_add(call, arena_text(arena, over->lane));
    queue_call_add(call, arena_text(arena, over->class));
    queue_call_add(call, arena_text(arena, over->tenant));
    if (over->name)
        queue_call_add(call, arena_text(arena, over->name));
    queue_call_add(call, arena_text(arena, over->mark.text));
    queue_call_add(call, queue_number(arena, over->fulls));
    queue_call_add(call, up_to ? arena_text(arena, up_to->text) : "-");
    for (int i = 0; i < count; i++)
        queue_call_add(call, queue_entry_text(arena, &entries[i]));
    call->fill = fill_refill;
    call->target = result;
    queue_call_send(call);
}

/* --- tenants --- */

static struct queue_call *tenant_call(struct op *op, struct job_queue *queue,
                                      enum lua_functions script, const char *tenant, void *target)
{
    struct queue_call *call = queue_call_new(op, queue, script, 5);
    queue_call_add(call, arena_text(&op->arena, tenant));
    call->target = target;
    return call;
}

void job_queue_limit(struct op *op, struct job_queue *queue, const char *tenant,
                     int64_t revision, const struct queue_limits *limits, struct queue_result *result)
{
    struct queue_call *call = tenant_call(op, queue, LUA_FUNCTIONS_CONF, tenant, result);

    queue_call_add(call, queue_number(&op->arena, revision));
    CHECK(limits->weight > 0 && limits->slots >= 0 && limits->rate_per_s >= 0);
    queue_call_add(call, arena_format(&op->arena, "%.6g", limits->weight));
    queue_call_add(call, queue_number(&op->arena, limits->slots));
    queue_call_add(call, arena_format(&op->arena, "%.6g", limits->rate_per_s));
    queue_call_send(call);
}

void job_queue_limit_names(struct op *op, struct job_queue *queue, const char *tenant, int64_t revision,
                           const struct queue_named_limit *limits, int count,
                           struct queue_result *result)
{
    struct queue_call *call = queue_call_new(op, queue, LUA_FUNCTIONS_LIMITS, 2 + 4 * count);

    queue_call_add(call, arena_text(&op->arena, tenant));
    queue_call_add(call, queue_number(&op->arena, revision));
    for (int i = 0; i < count; i++) {
        queue_call_add(call, arena_text(&op->arena, limits[i].name));
        queue_call_add(call, queue_number(&op->arena, limits[i].slots));
        queue_call_add(call, arena_format(&op->arena, "%.6g", limits[i].rate_per_s));
        queue_call_add(call, limits[i].paused ? "1" : "0");
    }
    call->target = result;
    queue_call_send(call);
}

static void switch_call(struct op *op, struct job_queue *queue, enum lua_functions script, const char *tenant,
                        int64_t revision, struct queue_result *result)
{
    struct queue_call *call = tenant_call(op, queue, script, tenant, result);

    queue_call_add(call, queue_number(&op->arena, revision));
    queue_call_send(call);
}

void job_queue_pause(struct op *op, struct job_queue *queue, const char *tenant, int64_t revision,
                     struct queue_result *result)
{
    switch_call(op, queue, LUA_FUNCTIONS_PAUSE, tenant, revision, result);
}

void job_queue_resume(struct op *op, struct job_queue *queue, const char *tenant, int64_t revision,
                      struct queue_result *result)
{
    switch_call(op, queue, LUA_FUNCTIONS_RESUME, tenant, revision, result);
}

void job_queue_forget(struct op *op, struct job_queue *queue, const char *tenant,
                      struct queue_result *result)
{
    queue_call_send(tenant_call(op, queue, LUA_FUNCTIONS_FORGET_TENANT, tenant, result));
}

/* "lane class job fence state charged_ms worker" */
static bool live_read(struct arena *arena, const char *text, struct queue_live *live)
{
    char *words[7];

    if (queue_words(arena_text(arena, text), words, 7) != 7 || !id_parse(words[2], &live->job))
        return false;
    live->lane = words[0];
    live->class = words[1];
    live->fence = strtoll(words[3], NULL, 10);
    live->claimed = *words[4] == 'l';
    live->worker = words[6];
    return true;
}

static void fill_lives(struct queue_call *call)
{
    const struct redis_answer *answer = &call->request.answer;
    struct queue_lives *lives = call->target;

    memset(lives, 0, sizeof *lives);
    if (queue_answer_is(call, REDIS_ANSWER_ARRAY)) {
        lives->items = ARENA_ARRAY(call->request.arena, struct queue_live, answer->count);
        for (size_t i = 0; i < answer->count; i++)
            if (live_read(call->request.arena, answer->elements[i].text,
                          &lives->items[lives->count]))
                lives->count++;
    }
    lives->err = call->err;
}

void job_queue_live(struct op *op, struct job_queue *queue, const char *tenant,
                    struct queue_lives *lives)
{
    struct queue_call *call = tenant_call(op, queue, LUA_FUNCTIONS_LIVE, tenant, lives);
    call->fill = fill_lives;
    queue_call_send(call);
}

/* --- documents --- */

static void fill_document(struct queue_call *call)
{
    const struct redis_answer *answer = &call->request.answer;
    struct queue_document *document = call->target;

    document->json = NULL;
    if (queue_answer_is(call, REDIS_ANSWER_TEXT))
        document->json = json_parse(call->request.arena, answer->text, answer->bytes, &call->err);
    document->err = call->err;
}

void job_queue_status(struct op *op, struct job_queue *queue, const char *tenant,
                      const struct id *job, const char *action, struct queue_document *document)
{
    struct queue_call *call = tenant_call(op, queue, LUA_FUNCTIONS_STATUS, tenant, document);
    queue_call_add(call, job ? arena_text(&op->arena, job->text) : "-");
    queue_call_add(call, action ? arena_text(&op->arena, action) : "-");
    call->fill = fill_document;
    queue_call_send(call);
}

void job_queue_depth(struct op *op, struct job_queue *queue, int most,
                     struct queue_document *document)
{
    struct queue_call *call = queue_call_new(op, queue, LUA_FUNCTIONS_DEPTH, 1);
    memset(document, 0, sizeof *document);
    queue_call_add(call, queue_number(&op->arena, most));
    call->fill = fill_document;
    call->target = document;
    queue_call_send(call);
}

/* --- rebuild --- */

/* The call's own result, whether or not the caller wants one. */
struct rebuild_step {
    struct queue_result *result;
    char word[QUEUE_GENERATION_BYTES]; /* begin: the token; end: the generation */
};

static struct queue_call *rebuild_call(struct op *op, struct job_queue *queue,
                                       enum lua_functions script, struct queue_result *result)
{
    struct queue_call *call = queue_call_new(op, queue, script, 2);
    struct rebuild_step *step = ARENA_NEW(&op->arena, struct rebuild_step);
    step->result = result;
    call->target = step;
    return call;
}

static void step_end(struct queue_call *call, int64_t count)
{
    struct rebuild_step *step = call->target;
    if (step->result)
        *step->result = (struct queue_result){ .err = call->err, .count = count, .verdicts = "" };
}

static void fill_begin(struct queue_call *call)
{
    struct job_queue *queue = call->queue;
    struct rebuild_step *step = call->target;

    if (queue_answer_is(call, REDIS_ANSWER_TEXT)) {
        if (strcmp(call->request.answer.text, "OK") != 0)
            gov_fail_cause(&call->err, GOV_STALE, "a later leader rebuilds the queue");
        else if (!queue->run_id[0] || !redis_connected(queue->redis))
            gov_fail_cause(&call->err, GOV_QUEUE_UNAVAILABLE, "redis: the connection was lost");
        else
            queue_rebuilding(queue, step->word);
    }
    step_end(call, 0);
}

void job_queue_rebuild_begin(struct op *op, struct job_queue *queue, int64_t term,
                             struct queue_result *result)
{
    struct queue_call *call = rebuild_call(op, queue, LUA_FUNCTIONS_REBUILD_BEGIN, result);
    struct rebuild_step *step = call->target;
    struct id token = id_new();

    snprintf(step->word, sizeof step->word, "%s", token.text);
    queue->token[0] = queue->clear_cursor[0] = 0;
    queue->term = term;
    call->unguarded = true;
    call->argv[0] = queue_number(&op->arena, term);
    call->argv[1] = step->word;
    call->fill = fill_begin;
    queue_call_send(call);
}

static void fill_clear(struct queue_call *call)
{
    int64_t more = 0;

    if (queue_answer_is(call, REDIS_ANSWER_TEXT)) {
        struct job_queue *queue = call->queue;
        snprintf(queue->clear_cursor, sizeof queue->clear_cursor, "%s", call->request.answer.text);
        more = strcmp(queue->clear_cursor, "0") != 0;
    }
    step_end(call, more);
}

void job_queue_rebuild_clear(struct op *op, struct job_queue *queue, struct queue_result *result)
{
    struct queue_call *call = rebuild_call(op, queue, LUA_FUNCTIONS_REBUILD_CLEAR, result);
    queue_call_add(call, *queue->clear_cursor ? arena_text(&op->arena, queue->clear_cursor) : "0");
    call->fill = fill_clear;
    queue_call_send(call);
}

static void fill_end(struct queue_call *call)
{
    struct job_queue *queue = call->queue;
    struct rebuild_step *step = call->target;

    /* Without a token the database has begun another life meanwhile: what was filled is not believed. */
    if (queue_answer_is(call, REDIS_ANSWER_TEXT) && queue->token[0]) {
        snprintf(queue->generation, sizeof queue->generation, "%s", step->word);
        queue->token[0] = 0;
        queue_opened(queue);
    }
    step_end(call, 0);
}

void job_queue_rebuild_end(struct op *op, struct job_queue *queue, struct queue_result *result)
{
    struct queue_call *call = rebuild_call(op, queue, LUA_FUNCTIONS_REBUILD_END, result);
    struct rebuild_step *step = call->target;

    snprintf(step->word, sizeof step->word, "%" PRId64 ".%s:%s:%s", queue->term, queue->token,
             queue->run_id, queue->incarnation);
    queue_call_add(call, step->word);
    call->fill = fill_end;
    queue_call_send(call);
}
