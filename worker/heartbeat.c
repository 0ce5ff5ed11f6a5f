/* heartbeat.c - a timer, one op at a time: beat -> look for cancels -> timer.
 *
 * The look is one statement a tenant with running scripts. An event of a request wakes it at once, so
 * that a cancel takes milliseconds with Redis and two seconds without.
 */
#include "worker/heartbeat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "worker/take.h"
#include "worker/work_life.h"

enum { BUSY_MS = 2000, QUIET_MS = 5000, IDLE_MS = 60000, FENCE_MS = 17500, BEAT_MS = 10000, RETRY_MS = 1000 };

struct look {
    struct db_scope scope;
    struct db_rows rows;
    struct gov_err err;
};

struct beat {
    struct op op;
    struct heartbeat *heartbeat;
    struct db_rows inserted, beaten;
    struct look *looks;
    int look_count;
    int64_t asked_us; /* when the statement was sent: the row says no earlier */
    struct queue_slot *slots; /* of what runs */
    struct queue_slot *claims; /* ... and what the queue does not know yet */
    struct queue_entry *taken; /* the claims' entries, as they were taken */
    bool last;
};

struct heartbeat {
    struct worker *worker;
    uv_timer_t *timer;
    struct beat beat;
    bool beating;
    bool registered;
    bool wanted;    /* again, as soon as this one is over */
    bool stopping;
    int64_t good_us; /* monotonic, of the last good beat */
    int64_t work_us; /* monotonic, when the last job began */
    void (*stopped)(struct worker *worker);
};

static void beat_start(struct heartbeat *h);

static void on_timer(uv_timer_t *timer)
{
    struct heartbeat *h = timer->data;
    if (h->beating)
        h->wanted = true;
    else
        beat_start(h);
}

/* Until nothing has come for a while the row says busy, so that a trickle of short jobs does not cost a
 * beat each: a row that says idle is believed for 150 s, and has to be corrected with the first claim. */
static bool is_busy(const struct heartbeat *h)
{
    return h->worker->busy > 0 ||
           (h->work_us && clock_mono_us() - h->work_us < (int64_t)QUIET_MS * 1000);
}

/* --- steps --- */

static const char *lanes_text(struct worker *w, struct arena *arena)
{
    struct buf text = { 0 };
    for (int i = 0; i < w->lanes.count; i++)
        buf_addf(&text, "%s%s", i ? "," : "{", job_lane_name(w->lanes.items[i].lane));
    buf_add_char(&text, '}');
    const char *copy = arena_text(arena, text.data);
    buf_release(&text);
    return copy;
}

static int run_slots(const struct worker *w)
{
    return (lanes_draw_on(&w->lanes, &w->lanes.run) ? w->lanes.run.slots : 0) + w->lanes.noop.slots;
}

static enum op_next enlist(struct op *op)
{
    struct beat *b = (struct beat *)op;
    struct worker *w = b->heartbeat->worker;
    char host[64] = "?";

    if (b->heartbeat->registered)
        return OP_NEXT;
    gethostname(host, sizeof host - 1);
    DB_QUERY(op, w->db, &DB_PUBLIC, SQL_QUERIES_WORKER_INSERT, &b->inserted, w->id.text, host,
             arena_format(&op->arena, "%d", (int)getpid()), EXECGOV_VERSION,
             lanes_text(w, &op->arena),
             arena_format(&op->arena, "%d", run_slots(w) + w->lanes.ctl.slots),
             arena_format(&op->arena, "%d", w->isolation_level),
             arena_format(&op->arena, "%d", run_slots(w)));
    return OP_WAIT;
}

static enum op_next beat(struct op *op)
{
    struct beat *b = (struct beat *)op;
    struct worker *w = b->heartbeat->worker;
    const char *state = b->last ? "stopped" : w->draining ? "draining" : "active";

    b->heartbeat->registered = true;
    b->asked_us = clock_mono_us();
    DB_QUERY(op, w->db, &DB_PUBLIC, SQL_QUERIES_WORKER_BEAT, &b->beaten, w->id.text,
             arena_format(&op->arena, "%d", w->busy ? w->busy : is_busy(b->heartbeat)), state,
             arena_format(&op->arena, "%d", w->sandbox_away ? 0 : w->isolation_level),
             platform_runtimes_text(w, &op->arena));
    return OP_WAIT;
}

static struct look *look_of(struct beat *b, const struct db_scope *scope)
{
    for (int i = 0; i < b->look_count; i++)
        if (strcmp(b->looks[i].scope.schema, scope->schema) == 0)
            return &b->looks[i];
    b->looks[b->look_count].scope = *scope;
    return &b->looks[b->look_count++];
}

static void ask(struct beat *b, struct look *look)
{
    struct worker *w = b->heartbeat->worker;
    struct buf ids = { 0 };

    for (struct list *item = w->works.next; item != &w->works; item = item->next) {
        struct work *work = LIST_ITEM(item, struct work, link);
        if (work->cancel && strcmp(work->tenant.scope.schema, look->scope.schema) == 0)
            buf_addf(&ids, "%s%s", ids.length ? "," : "{", work->job.id.text);
    }
    buf_add_char(&ids, '}');
    struct db_group *g = db_group_new(&b->op, w->db, &look->scope);
    DB_GROUP_ADD(g, SQL_QUERIES_JOBS_CANCELLED, &look->rows, arena_text(&b->op.arena, ids.data),
                 w->id.text);
    db_group_tolerate(g, &look->err);
    db_group_send(g);
    buf_release(&ids);
}

/* What runs is said to run; a claim is told here and not at once, because most jobs end before: what
 * ended under a later fence ended under the one it was taken with, too. Until then the slot is held as
 * taken, for QUEUE_TAKEN_MS, and a heartbeat comes every two seconds. */
static void tell_queue(struct beat *b)
{
    struct worker *w = b->heartbeat->worker;
    struct arena *arena = &b->op.arena;
    size_t most = (size_t)w->busy + 1;
    int running = 0, claimed = 0;

    b->slots = ARENA_ARRAY(arena, struct queue_slot, most);
    b->claims = ARENA_ARRAY(arena, struct queue_slot, most);
    b->taken = ARENA_ARRAY(arena, struct queue_entry, most);
    for (struct list *item = w->works.next; item != &w->works; item = item->next) {
        struct work *work = LIST_ITEM(item, struct work, link);
        if (work->freeing)
            continue;
        if (work->told) {
            b->slots[running++] =
                (struct queue_slot){ .entry = &work->entry,
                                     .ms = (clock_mono_us() - work->started_us) / 1000 };
            continue;
        }
        work->told = true;
        b->taken[claimed] = work->entry;
        b->taken[claimed].fence = work->taken_fence;
        b->claims[claimed] = (struct queue_slot){ .entry = &b->taken[claimed], .fence = work->job.fence };
        claimed++;
    }
    queue_shards_running(&b->op, &w->queues, w->id.text, b->slots, running);
    queue_shards_claimed(&b->op, &w->queues, b->claims, claimed);
}

/* Nobody knows that we live: what we run may be given to others. */
static void fence(struct heartbeat *h, const char *event)
{
    struct worker *w = h->worker;

    if (!w->fenced)
        log_write(LEVEL_ERROR, event, LOG_FIELD("worker", w->id.text),
                  LOG_NUMBER("silent_ms", (clock_mono_us() - h->good_us) / 1000), LOG_NUMBER("busy", w->busy));
    w->fenced = true;
    for (struct list *item = w->works.next; item != &w->works; item = item->next) {
        struct work *work = LIST_ITEM(item, struct work, link);
        if (!work->cancel)
            continue;
        work->released = true; /* nobody asked for its end: it is given back, if it is ours still */
        work_cancel(work);
    }
}

static enum op_next look(struct op *op)
{
    struct beat *b = (struct beat *)op;
    struct worker *w = b->heartbeat->worker;

    /* Without a row nobody would notice our death: the database was restored to a time before our start. */
    if (b->beaten.count == 0)
        fence(b->heartbeat, "worker.unknown");
    else if (strcmp(db_text(&b->beaten, 0, 0), "dead") == 0)
        fence(b->heartbeat, "worker.declared_dead");
    b->heartbeat->good_us = b->asked_us;
    if (b->beaten.count && db_bool(&b->beaten, 0, 1) && !w->draining)
        w->drain(w);
    tell_queue(b);
    b->looks = ARENA_ARRAY(&op->arena, struct look, (size_t)w->busy + 1);
    for (struct list *item = w->works.next; item != &w->works; item = item->next) {
        struct work *work = LIST_ITEM(item, struct work, link);
        if (work->cancel)
            look_of(b, &work->tenant.scope);
    }
    for (int i = 0; i < b->look_count; i++)
        ask(b, &b->looks[i]);
    return OP_WAIT;
}

static enum op_next kill_unwanted(struct op *op)
{
    struct beat *b = (struct beat *)op;
    struct worker *w = b->heartbeat->worker;

    for (int i = 0; i < b->look_count; i++) {
        if (b->looks[i].err.code)
            log_error(LEVEL_WARN, "heartbeat.cancels_unknown", &b->looks[i].err,
                      LOG_FIELD("tenant", b->looks[i].scope.schema));
        for (int row = 0; row < b->looks[i].rows.count; row++)
            for (struct list *item = w->works.next; item != &w->works; item = item->next) {
                struct work *work = LIST_ITEM(item, struct work, link);
                if (strcmp(work->job.id.text, db_text(&b->looks[i].rows, row, 0)) == 0)
                    work_cancel(work);
            }
    }
    return OP_DONE;
}

static const struct op_step steps[] = { { "enlist", enlist },
                                        { "beat", beat },
                                        { "look", look },
                                        { "kill_unwanted", kill_unwanted },
                                        { 0 } };

/* --- around --- */

/* A busy worker must know in time that it is taken for dead: no beat waits past the fence. */
static int64_t patience_ms(const struct heartbeat *h)
{
    int64_t left = FENCE_MS - (clock_mono_us() - h->good_us) / 1000;

    if (!h->worker->busy || left > BEAT_MS)
        return BEAT_MS;
    return left > RETRY_MS ? left : RETRY_MS;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void ended(struct op *op)
{
    struct beat *b = (struct beat *)op;
    struct heartbeat *h = b->heartbeat;
    struct worker *w = h->worker;
    bool failed = op->failed, last = b->last, was_fenced = w->fenced;

    if (failed)
        log_error(LEVEL_WARN, "heartbeat.failed", &op->err);
    op_release(op);
    h->beating = false;
    if (last) {
        void (*stopped)(struct worker *) = h->stopped;
        uv_close((uv_handle_t *)h->timer, free_handle);
        free(h);
        stopped(w);
        return;
    }
    if (failed && w->busy && clock_mono_us() - h->good_us >= (int64_t)FENCE_MS * 1000)
        fence(h, "worker.fenced");
    else if (!failed && was_fenced && w->busy == 0) {
        /* A new start under a new name: whatever was ours is somebody else's. */
        w->id = id_new();
        w->fenced = false;
        h->registered = false;
        h->wanted = true;
        worker_wake(w);
    }
    bool soon = h->wanted || h->stopping;
    h->wanted = false;
    uv_timer_start(h->timer, on_timer,
                   soon ? 0 : failed ? RETRY_MS : is_busy(h) || w->fenced ? BUSY_MS : IDLE_MS, 0);
}

static void beat_start(struct heartbeat *h)
{
    memset(&h->beat, 0, sizeof h->beat);
    op_init(&h->beat.op, "heartbeat", steps, h->worker->loop, ended);
    op_deadline(&h->beat.op, patience_ms(h));
    h->beat.heartbeat = h;
    h->beat.last = h->stopping;
    h->beating = true;
    op_start(&h->beat.op);
}

struct heartbeat *heartbeat_start(struct worker *worker)
{
    struct heartbeat *h = calloc(1, sizeof *h);
    CHECK(h);
    h->worker = worker;
    h->good_us = clock_mono_us();
    h->timer = calloc(1, sizeof *h->timer);
    CHECK(h->timer);
    uv_timer_init(&worker->loop->uv, h->timer);
    h->timer->data = h;
    beat_start(h);
    return h;
}

void heartbeat_busy(struct heartbeat *heartbeat)
{
    /* Until now the row said idle, which is given 150 s; the claim shows that the store was there. */
    heartbeat->work_us = clock_mono_us();
    if (heartbeat->worker->busy == 1)
        heartbeat->good_us = heartbeat->work_us;
    if (!heartbeat->beating && uv_timer_get_due_in(heartbeat->timer) > BUSY_MS)
        uv_timer_start(heartbeat->timer, on_timer, 0, 0);
}

void heartbeat_now(struct heartbeat *heartbeat)
{
    if (heartbeat->beating)
        heartbeat->wanted = true;
    else if (!heartbeat->stopping)
        uv_timer_start(heartbeat->timer, on_timer, 0, 0);
}

void heartbeat_look(struct heartbeat *heartbeat, const char *schema, const struct id *request)
{
    struct worker *w = heartbeat->worker;

    for (struct list *item = w->works.next; item != &w->works; item = item->next) {
        struct work *work = LIST_ITEM(item, struct work, link);
        if (work->freeing) /* its own end, mostly: there is nothing left to kill */
            continue;
        if ((request && strcmp(work->job.request.text, request->text) != 0) ||
            strcmp(work->tenant.scope.schema, schema) != 0)
            continue;
        if (work->cancel)
            heartbeat_now(heartbeat);
        else
            work->asked_after = true;
    }
}

void heartbeat_stop(struct heartbeat *heartbeat, void (*stopped)(struct worker *worker))
{
    heartbeat->stopping = true;
    heartbeat->stopped = stopped;
    uv_timer_stop(heartbeat->timer);
    if (!heartbeat->beating)
        beat_start(heartbeat);
}
