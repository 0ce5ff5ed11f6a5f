/* job_queue_bell.c - BLPOP on a connection of its own.
 *
 * A token may be lost on the way: the next one, or the end of the wait, makes up for it. While the
 * queue is not open the wait is a timer, which the reopening ends.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "core/store/queue/job_queue_internal.h"

enum { CLOSED_WAIT_MS = 1000, GRACE_MS = 3000, KEYS_MAX = 32, LONGEST_MS = QUEUE_BELL_S * 1000 };

struct queue_bell {
    struct redis_request request; /* first */
    struct job_queue *queue;
    struct op *op;
    struct queue_result *result; /* of a bell wait; may be NULL */
    struct queue_overs *overs;   /* of a refill wait */
    bool on_timer;
    bool cancelled;
};

/* Of the key of a lane's bell: what stands behind its last colon. */
static const char *lane_of(const char *key)
{
    const char *colon = key ? strrchr(key, ':') : NULL;
    return colon ? colon + 1 : NULL;
}

/* `rung` is the word that was left at the bell `key`; both NULL: none rang. */
static void bell_end(struct queue_bell *bell, const char *key, const char *rung)
{
    struct job_queue *queue = bell->queue;
    struct arena *arena = &bell->op->arena;

    queue->bell_wait = NULL;
    if (bell->result)
        *bell->result = (struct queue_result){
            .count = !rung ? 0 : strcmp(rung, "look") == 0 ? QUEUE_LOOK : 1,
            .verdicts = "",
            .lane = arena_text(arena, lane_of(key)),
        };
    if (bell->overs && rung) {
        char *words[3];
        if (queue_words(arena_text(arena, rung), words, 3) == 3) {
            bell->overs->items = ARENA_NEW(arena, struct queue_over);
            *bell->overs->items =
                (struct queue_over){ .lane = words[0], .class = words[1], .tenant = words[2] };
            bell->overs->count = 1;
        }
    }
    op_io_end(bell->op, NULL);
    queue_let_go(queue);
}

static void on_timer(uv_timer_t *timer)
{
    struct job_queue *queue = timer->data;
    if (queue->bell_wait && queue->bell_wait->on_timer)
        bell_end(queue->bell_wait, NULL, NULL);
}

static void wait_on_timer(struct queue_bell *bell)
{
    bell->on_timer = true;
    queue_greet(bell->queue);
    uv_timer_start(&bell->queue->bell_timer, on_timer, CLOSED_WAIT_MS, 0);
}

void queue_bell_opened(struct job_queue *queue)
{
    if (queue->bell_wait && queue->bell_wait->on_timer)
        uv_timer_start(&queue->bell_timer, on_timer, 0, 0);
}

static void bell_done(struct redis_request *request)
{
    struct queue_bell *bell = (struct queue_bell *)request;
    const struct redis_answer *answer = &request->answer;

    if (answer->type == REDIS_ANSWER_ARRAY && answer->count == 2)
        bell_end(bell, answer->elements[0].text, answer->elements[1].text);
    else if (answer->type == REDIS_ANSWER_NIL || bell->cancelled || bell->queue->stopped)
        bell_end(bell, NULL, NULL);
    else
        wait_on_timer(bell); /* away, or an error: no reason to hurry */
}

static void bell_begin(struct queue_bell *bell, const char *const *keys, int count, int64_t ms)
{
    struct job_queue *queue = bell->queue;
    const char **argv = ARENA_ARRAY(&bell->op->arena, const char *, (size_t)count + 2);

    CHECK(!queue->bell_wait && !queue->stopped && count > 0 && count <= KEYS_MAX);
    queue->bell_wait = bell;
    queue_hold(queue);
    op_io_begin(bell->op);
    if (queue->state != QUEUE_OPEN) {
        wait_on_timer(bell);
        return;
    }
    if (!queue->bell)
        queue->bell = redis_new(queue->loop, redis_options_of(queue->redis));
    argv[0] = "BLPOP";
    for (int i = 0; i < count; i++)
        argv[1 + i] = keys[i];
    argv[1 + count] = arena_format(&bell->op->arena, "%.3f", (double)ms / 1000);
    bell->request.done = bell_done;
    bell->request.arena = &bell->op->arena;
    bell->request.within_ms = (int)ms + GRACE_MS;
    redis_send(queue->bell, &bell->request, count + 2, argv, NULL);
}

static struct queue_bell *bell_new(struct op *op, struct job_queue *queue)
{
    struct queue_bell *bell = ARENA_NEW(&op->arena, struct queue_bell);
    bell->queue = queue;
    bell->op = op;
    return bell;
}

void job_queue_bell_wait(struct op *op, struct job_queue *queue, const char *const *lanes,
                         int count, struct queue_result *result)
{
    struct queue_bell *bell = bell_new(op, queue);
    const char **keys = ARENA_ARRAY(&op->arena, const char *, (size_t)count);

    bell->result = result;
    for (int i = 0; i < count; i++)
        keys[i] = queue_key(&op->arena, queue, arena_format(&op->arena, "bell:%s", lanes[i]));
    bell_begin(bell, keys, count, LONGEST_MS);
}

void job_queue_due_wait(struct op *op, struct job_queue *queue, int64_t wait_ms,
                        struct queue_result *result)
{
    const char *key = queue_key(&op->arena, queue, "bell:due");
    struct queue_bell *bell = bell_new(op, queue);

    bell->result = result;
    if (wait_ms < 0 || wait_ms > LONGEST_MS)
        wait_ms = LONGEST_MS;
    /* 0 would mean for ever. */
    bell_begin(bell, &key, 1, wait_ms > 0 ? wait_ms : 1);
}

void job_queue_refill_wait(struct op *op, struct job_queue *queue, struct queue_overs *overs)
{
    const char *key = queue_key(&op->arena, queue, "bell:refill");
    struct queue_bell *bell = bell_new(op, queue);

    memset(overs, 0, sizeof *overs);
    bell->overs = overs;
    bell_begin(bell, &key, 1, LONGEST_MS);
}

void job_queue_bell_cancel(struct job_queue *queue)
{
    struct queue_bell *bell = queue->bell_wait;

    if (!bell)
        return;
    bell->cancelled = true;
    if (bell->on_timer) {
        uv_timer_stop(&queue->bell_timer);
        bell_end(bell, NULL, NULL);
    } else {
        redis_cut(queue->bell);
    }
}
