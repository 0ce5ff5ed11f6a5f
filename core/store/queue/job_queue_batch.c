/* job_queue_batch.c - small messages of many ops in few scripts.
 *
 * A script costs Redis some ten microseconds before it does anything, so sixty-four clients that
 * push one entry each would keep it busy with calls. While a batch is in flight messages collect;
 * alone, a message goes at once. A batch takes messages in order and may end inside one.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/store/queue/job_queue_internal.h"

enum { BATCH_MAX = 256 };

struct queue_message {
    struct list link;
    struct op *op;
    struct queue_result *result;
    const char **texts;
    int count, sent, answered;
    char *verdicts; /* count of them, and a NUL; in the op's arena */
    struct gov_err err;
};

struct slice {
    struct queue_message *message;
    int from, count;
};

struct batch {
    struct queue_call call; /* first */
    struct arena arena;
    struct queue_batcher *batcher;
    struct slice slices[BATCH_MAX];
    int slice_count;
};

static void batch_send(struct queue_batcher *batcher);

static void message_end(struct queue_message *m)
{
    if (m->result) {
        *m->result = (struct queue_result){ .err = m->err, .verdicts = m->verdicts };
        for (int i = 0; i < m->count; i++)
            m->result->count += m->verdicts[i] == QUEUE_ADDED || m->verdicts[i] == QUEUE_HELD;
    }
    op_io_end(m->op, NULL);
}

static void batch_ended(struct queue_call *call)
{
    struct batch *batch = (struct batch *)call;
    struct queue_batcher *batcher = batch->batcher;
    const char *letters = call->request.answer.text;

    if (queue_answer_is(call, REDIS_ANSWER_TEXT) &&
        call->request.answer.bytes != (size_t)call->argc - 2)
        gov_fail_cause(&call->err, GOV_INTERNAL, "redis: an answer of the wrong length");
    batcher->in_flight = false;
    for (int i = 0; i < batch->slice_count; i++) {
        struct slice *s = &batch->slices[i];
        if (call->err.code)
            s->message->err = call->err;
        else
            memcpy(s->message->verdicts + s->from, letters, (size_t)s->count);
        letters += call->err.code ? 0 : s->count;
        s->message->answered += s->count;
        if (s->message->answered == s->message->count)
            message_end(s->message);
    }
    arena_release(&batch->arena);
    free(batch);
    if (!list_empty(&batcher->messages) && !batcher->in_flight)
        batch_send(batcher);
}

static void batch_send(struct queue_batcher *batcher)
{
    struct batch *batch = calloc(1, sizeof *batch);
    struct queue_call *call;
    struct list *first;
    int room = BATCH_MAX;

    CHECK(batch);
    call = &batch->call;
    arena_init(&batch->arena);
    batch->batcher = batcher;
    call->queue = batcher->queue;
    call->script = batcher->script;
    call->request.arena = &batch->arena;
    call->ended = batch_ended;
    call->argv = ARENA_ARRAY(&batch->arena, const char *, BATCH_MAX + 2);
    call->argv[1] = "0";
    call->argc = 2;
    while (room > 0 && (first = list_first(&batcher->messages))) {
        struct queue_message *m = LIST_ITEM(first, struct queue_message, link);
        int count = m->count - m->sent < room ? m->count - m->sent : room;
        batch->slices[batch->slice_count++] = (struct slice){ m, m->sent, count };
        for (int i = 0; i < count; i++)
            queue_call_add(call, m->texts[m->sent + i]);
        m->sent += count;
        room -= count;
        if (m->sent == m->count)
            list_remove(&m->link);
    }
    batcher->in_flight = true;
    queue_call_send(call);
}

void queue_batcher_init(struct queue_batcher *batcher, struct job_queue *queue,
                        enum lua_functions script)
{
    batcher->queue = queue;
    batcher->script = script;
    list_init(&batcher->messages);
}

void queue_batcher_add(struct queue_batcher *batcher, struct op *op, const char **texts, int count,
                       struct queue_result *result)
{
    if (result)
        *result = (struct queue_result){ .verdicts = "" };
    if (count == 0)
        return;
    struct queue_message *m = ARENA_NEW(&op->arena, struct queue_message);
    m->op = op;
    m->result = result;
    m->texts = texts;
    m->count = count;
    m->verdicts = arena_alloc(&op->arena, (size_t)count + 1);
    list_init(&m->link);
    list_append(&batcher->messages, &m->link);
    op_io_begin(op);
    if (!batcher->in_flight)
        batch_send(batcher);
}
