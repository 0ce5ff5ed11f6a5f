/* tend.c - [rebuild] -> backstop (every 15 min) -> visit -> cron -> retention (every 15 min) -> tally. */
#include "scheduler/tend.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"

/* After a turn through the marked tenants it rests RESTS times as long as that took, but BUSY_MS at least and CROWDED_MS at
 * most: with a thousand busy tenants the looking after would otherwise cost more than their jobs. After a rebuild HURRY_MS,
 * until every long backlog has been looked through. */
enum { RESTS = 10, HURRY_MS = 100, BUSY_MS = 1000, CROWDED_MS = 5000, IDLE_MS = 30000, STANDBY_MS = 60000,
       EVERYBODY_MS = 15 * 60 * 1000, BACKSTOP_PARTS = 96, RESTED_BYTES_MAX = 1024 * 1024, DEEP_MS = 30000, BURY_MS = 120000, AGAIN_MS = 60000 };

static bool leads(const struct tend *t)
{
    return leader_term(t->scheduler->leader) != 0;
}

static void release_child(void *op)
{
    op_release(op);
}

/* A bit a shard. */
static uint64_t queues_lost(const struct scheduler *s)
{
    uint64_t lost = 0;

    for (int i = 0; i < s->queues.count; i++)
        if (job_queue_state(s->queues.queues[i]) == QUEUE_LOST)
            lost |= (uint64_t)1 << i;
    return lost;
}

static enum op_next rebuild(struct op *op)
{
    struct tend *t = (struct tend *)op;

    if (!leads(t))
        return OP_DONE;
    t->lost = queues_lost(t->scheduler);
    if (!t->lost)
        return OP_NEXT;
    t->hurries = true;
    rebuild_init(&t->rebuild, t->scheduler, leader_term(t->scheduler->leader), t->lost);
    arena_defer(&op->arena, release_child, &t->rebuild.op);
    op_try(op, &t->rebuild.op);
    return OP_WAIT;
}

/* A shard that could not be filled is tried again in the next round; the others are visited meanwhile. */
static enum op_next rebuilt(struct op *op)
{
    struct tend *t = (struct tend *)op;

    if (t->lost && t->rebuild.op.failed) {
        log_error(LEVEL_WARN, "queue.rebuild_failed", &t->rebuild.op.err);
        if (t->scheduler->queues.count == 1)
            return op->err = t->rebuild.op.err, OP_FAIL;
    }
    return OP_NEXT;
}

/* When something that is due every fifteen minutes was last done: now, or, if it failed, so that it is due again in a
 * minute. */
static int64_t done_us(bool good)
{
    return clock_mono_us() - (good ? 0 : (int64_t)(EVERYBODY_MS - AGAIN_MS) * 1000);
}

static const char *rested_array(const struct tend *t, struct arena *arena)
{
    const struct buf *rested = &t->scheduler->rested;

    return rested->length ? arena_format(arena, "{%.*s}", (int)rested->length - 1, rested->data) : "{}";
}

/* Who has been at work since the last time; of all others, which a lost mark can hardly concern, a part each time, so that
 * everybody is visited once a day and a platform of many tenants stays quiet. */
static enum op_next everybody(struct op *op)
{
    struct tend *t = (struct tend *)op;

    t->everybody_asked = clock_mono_us() - t->everybody_us >= (int64_t)EVERYBODY_MS * 1000;
    if (!t->everybody_asked)
        return OP_NEXT;
    memset(&t->everybody_err, 0, sizeof t->everybody_err);
    struct db_group *g = db_group_new(op, t->scheduler->db, &DB_PUBLIC);
    const char *part = arena_format(&op->arena, "%d", (int)(clock_now_us() / 1000 / EVERYBODY_MS % BACKSTOP_PARTS));
    bool all = t->everybody_all || t->scheduler->rested.length > RESTED_BYTES_MAX;
    DB_GROUP_ADD(g, SQL_QUERIES_MARK_EVERYBODY, NULL, rested_array(t, &op->arena), all ? NULL : part);
    db_group_add(g, SQL_QUERIES_TENANT_DROPPED_LATELY, &t->dropped, 0, NULL);
    db_group_tolerate(g, &t->everybody_err);
    db_group_send(g);
    return OP_WAIT;
}

/* A pass that had read a tenant's settings before it was dropped told the queue of them afterwards: a visit, a rebuild, ours or
 * those of who led before. All of that is over within a day. */
static void forget_dropped(struct tend *t)
{
    for (int i = 0; i < t->dropped.count; i++) {
        const char *schema = db_text(&t->dropped, i, 0);
        job_queue_forget(&t->rounds.op, queue_shards_of(&t->scheduler->queues, schema), schema, NULL);
    }
}

static enum op_next marked(struct op *op)
{
    struct tend *t = (struct tend *)op;

    if (!t->everybody_asked)
        return OP_NEXT;
    if (t->everybody_err.code)
        log_error(LEVEL_WARN, "visit.backstop_failed", &t->everybody_err);
    t->everybody_us = done_us(!t->everybody_err.code);
    if (!t->everybody_err.code) {
        t->everybody_all = false;
        buf_clear(&t->scheduler->rested);
        forget_dropped(t);
    }
    return OP_WAIT;
}

static enum op_next visit(struct op *op)
{
    struct tend *t = (struct tend *)op;
    int64_t now = clock_mono_us();
    /* Whoever holds work has a marked tenant; the others are judged by 150 s. */
    bool bury = t->visit.tenant_count > 0 || now - t->bury_us >= (int64_t)BURY_MS * 1000;

    if (!t->after.text[0])
        t->turn_us = now;
    visit_init(&t->visit, t->scheduler, &t->after, 0);
    if (!t->after.text[0] && now - t->deep_us >= (int64_t)DEEP_MS * 1000) {
        t->deep_us = now;
        t->deep = true;
    }
    t->visit.deep = t->deep;
    t->visit.bury = bury;
    if (bury)
        t->bury_us = now;
    arena_defer(&op->arena, release_child, &t->visit.op);
    op_call(op, &t->visit.op);
    return OP_WAIT;
}

static enum op_next tally(struct op *op)
{
    struct tend *t = (struct tend *)op;
    struct gauges *g = &t->scheduler->gauges;

    if (t->visit.tenant_count)
        t->busy_us = clock_mono_us();
    t->after = t->visit.last;
    if (!t->after.text[0])
        t->deep = false;
    if (t->visit.lingering || t->visit.buried)
        t->deep_us = INT64_MIN / 2;
    t->walking += t->visit.walking;
    if (!t->after.text[0]) {
        t->hurries = t->hurries && t->walking;
        t->walking = 0;
    }
    g->drift.value += t->visit.drifted;
    g->reclaimed.value += t->visit.reclaimed;
    if (t->visit.drifted)
        log_write(LEVEL_WARN, "limits.drift", LOG_NUMBER("slots", t->visit.drifted));
    gauges_look(op, g, &t->scheduler->queues);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    gauges_read(&op->arena, &((struct tend *)op)->scheduler->gauges);
    return OP_DONE;
}

static enum op_next cron(struct op *op)
{
    struct tend *t = (struct tend *)op;

    if (!t->visit.due_count)
        return OP_NEXT;
    cron_round_init(&t->cron, t->scheduler, t->visit.due, t->visit.due_count);
    arena_defer(&op->arena, release_child, &t->cron.op);
    op_call(op, &t->cron.op);
    return OP_WAIT;
}

static enum op_next retention(struct op *op)
{
    struct tend *t = (struct tend *)op;

    t->retention_asked = !t->retention_us || clock_mono_us() - t->retention_us >= (int64_t)EVERYBODY_MS * 1000;
    if (!t->retention_asked)
        return OP_NEXT;
    retention_round_init(&t->retention, t->scheduler);
    arena_defer(&op->arena, release_child, &t->retention.op);
    op_try(op, &t->retention.op);
    return OP_WAIT;
}

static enum op_next retained(struct op *op)
{
    struct tend *t = (struct tend *)op;

    if (!t->retention_asked)
        return OP_NEXT;
    if (t->retention.op.failed)
        log_error(LEVEL_WARN, "retention.failed", &t->retention.op.err);
    t->retention_us = done_us(!t->retention.op.failed);
    return OP_NEXT;
}

static const struct op_step steps[] = { { "rebuild", rebuild }, { "rebuilt", rebuilt },
                                        { "everybody", everybody }, { "marked", marked },
                                        { "visit", visit },     { "cron", cron },
                                        { "retention", retention }, { "retained", retained },
                                        { "tally", tally },
                                        { "show", show },       { 0 } };

static int64_t rest_ms(const struct tend *t)
{
    int64_t ms = RESTS * (clock_mono_us() - t->turn_us) / 1000;

    if (t->hurries)
        return HURRY_MS;
    return ms < BUSY_MS ? BUSY_MS : ms < CROWDED_MS ? ms : CROWDED_MS;
}

static int64_t over(struct rounds *rounds)
{
    struct tend *t = (struct tend *)rounds;

    if (rounds->op.failed) {
        log_error(LEVEL_WARN, "round.failed", &rounds->op.err);
        t->deep_us = INT64_MIN / 2; /* a death may have been written down and nothing done about it */
        t->bury_us = INT64_MIN / 2;
        return BUSY_MS;
    }
    if (!leads(t))
        return STANDBY_MS;
    if (t->after.text[0])
        return 0; /* more tenants than one visit takes */
    if (queues_lost(t->scheduler))
        return BUSY_MS;
    if (t->visit.tenant_count)
        return rest_ms(t);
    if (t->scheduler->gauges.looked_us < t->busy_us)
        return BUSY_MS; /* what they show is from before the last work ended, and would stay so */
    if (t->visit.next_due_us) {
        int64_t until_ms = (t->visit.next_due_us - clock_now_us()) / 1000 + 1;
        return until_ms < BUSY_MS ? BUSY_MS : until_ms < IDLE_MS ? until_ms : IDLE_MS;
    }
    return IDLE_MS;
}

void tend_start(struct tend *tend, struct scheduler *scheduler)
{
    tend->scheduler = scheduler;
    tend->everybody_us = clock_mono_us();
    tend->bury_us = INT64_MIN / 2;
    rounds_start(&tend->rounds, scheduler->loop, "tend", steps, over);
}

void tend_wake(struct tend *tend)
{
    rounds_wake(&tend->rounds);
}

void tend_everybody(struct tend *tend)
{
    tend->everybody_all = true;
    tend->everybody_us = INT64_MIN / 2;
    rounds_wake(&tend->rounds);
}

void tend_stop(struct tend *tend, void (*stopped)(struct rounds *rounds))
{
    rounds_stop(&tend->rounds, stopped);
}
