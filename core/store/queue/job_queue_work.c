/* job_queue_work.c - what those who make and do the work call. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/store/queue/job_queue_internal.h"

static const char **entry_texts(struct op *op, const struct queue_entry *entries, int count)
{
    const char **texts = ARENA_ARRAY(&op->arena, const char *, (size_t)count);
    for (int i = 0; i < count; i++)
        texts[i] = queue_entry_text(&op->arena, &entries[i]);
    return texts;
}

void job_queue_push(struct op *op, struct job_queue *queue, const struct queue_entry *entries,
                    int count, struct queue_result *result)
{
    queue_batcher_add(&queue->push, op, entry_texts(op, entries, count), count, result);
}

void job_queue_due(struct op *op, struct job_queue *queue, const char *tenant, int64_t in_ms)
{
    if (in_ms > QUEUE_DUE_MS)
        return;
    struct queue_call *call = queue_call_new(op, queue, LUA_FUNCTIONS_DUE_ADD, 2);
    queue_call_add(call, arena_text(&op->arena, tenant));
    queue_call_add(call, queue_number(&op->arena, in_ms));
    queue_call_send(call);
}

struct lone_call {
    struct queue_call call; /* first */
    struct arena arena;
};

static void lone_ended(struct queue_call *call)
{
    struct lone_call *lone = (struct lone_call *)call;

    arena_release(&lone->arena);
    free(lone);
}

void job_queue_look(struct job_queue *queue)
{
    struct lone_call *lone = calloc(1, sizeof *lone);

    CHECK(lone);
    arena_init(&lone->arena);
    lone->call = (struct queue_call){ .queue = queue, .script = LUA_FUNCTIONS_LOOK, .argc = 2,
                                      .request.arena = &lone->arena, .ended = lone_ended };
    lone->call.argv = ARENA_ARRAY(&lone->arena, const char *, 2);
    lone->call.argv[1] = "0";
    queue_call_send(&lone->call);
}

static void fill_taken(struct queue_call *call)
{
    const struct redis_answer *answer = &call->request.answer;
    struct queue_taken *taken = call->target;
    struct arena *arena = call->request.arena;
    const char *lane = call->context;

    memset(taken, 0, sizeof *taken);
    if (queue_answer_is(call, REDIS_ANSWER_ARRAY)) {
        taken->entries = ARENA_ARRAY(arena, struct queue_entry, answer->count);
        for (size_t i = 0; i < answer->count; i++)
            /* What cannot be read is not ours: it comes back by its deadline, to a newer worker. */
            if (queue_entry_read(arena, answer->elements[i].text, lane, &taken->entries[taken->count]))
                taken->count++;
    }
    taken->err = call->err;
}

void job_queue_take(struct op *op, struct job_queue *queue, const char *worker, const char *lane,
                    int slots, struct queue_taken *taken)
{
    CHECK(slots > 0 && slots <= QUEUE_SLOTS_MAX);
    struct queue_call *call = queue_call_new(op, queue, LUA_FUNCTIONS_TAKE, 3);
    queue_call_add(call, arena_text(&op->arena, worker));
    queue_call_add(call, call->context = arena_text(&op->arena, lane));
    queue_call_add(call, queue_number(&op->arena, slots));
    call->fill = fill_taken;
    call->target = taken;
    queue_call_send(call);
}

/* "lane tenant job fence" and a last word. */
static const char *slot_text(struct arena *arena, const struct queue_slot *slot, const char *last)
{
    const struct queue_entry *e = slot->entry;
    return arena_format(arena, "%s %s %s %" PRId64 " %s", e->lane, e->tenant, e->job.text, e->fence,
                        last);
}

void job_queue_claimed(struct op *op, struct job_queue *queue, const struct queue_slot *slots,
                       int count, struct queue_result *result)
{
    const char **texts = ARENA_ARRAY(&op->arena, const char *, (size_t)count);
    for (int i = 0; i < count; i++)
        texts[i] = slot_text(&op->arena, &slots[i], queue_number(&op->arena, slots[i].fence));
    queue_batcher_add(&queue->claimed, op, texts, count, result);
}

void job_queue_finish(struct op *op, struct job_queue *queue, const struct queue_slot *slots,
                      int count, struct queue_result *result)
{
    const char **texts = ARENA_ARRAY(&op->arena, const char *, (size_t)count);
    for (int i = 0; i < count; i++)
        texts[i] = slot_text(&op->arena, &slots[i],
                             slots[i].ms < 0 ? "-" : queue_number(&op->arena, slots[i].ms));
    queue_batcher_add(&queue->finish, op, texts, count, result);
}

void job_queue_release(struct op *op, struct job_queue *queue, const struct queue_slot *slots,
                       int count, struct queue_result *result)
{
    CHECK(count > 0 && count <= QUEUE_SLOTS_MAX);
    struct queue_call *call = queue_call_new(op, queue, LUA_FUNCTIONS_RELEASE, count);
    for (int i = 0; i < count; i++)
        queue_call_add(call,
                       slot_text(&op->arena, &slots[i], queue_number(&op->arena, slots[i].fence)));
    call->target = result;
    queue_call_send(call);
}

void job_queue_running(struct op *op, struct job_queue *queue, const char *worker,
                       const struct queue_slot *slots, int count, struct queue_result *result)
{
    CHECK(count > 0 && count <= QUEUE_SLOTS_MAX);
    struct queue_call *call = queue_call_new(op, queue, LUA_FUNCTIONS_RUNNING, 1 + 2 * count);
    queue_call_add(call, arena_text(&op->arena, worker));
    for (int i = 0; i < count; i++) {
        queue_call_add(call, queue_number(&op->arena, slots[i].ms));
        queue_call_add(call, queue_entry_text(&op->arena, slots[i].entry));
    }
    call->target = result;
    queue_call_send(call);
}
