/* tick.c - look -> inbox -> work (on a pool thread) -> activate -> put_off -> put_off_held. A tick that found nothing wrote nothing.
 *
 * The look is two statements in one group, so that an idle day costs some four thousand: 1,440 looks, 144 whole ticks of
 * seven. */
#include "lifecycle/tick.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/io/db/dbsync.h"
#include "core/io/op/op_work.h"
#include "lifecycle/scan_asked.h"
#include "sql_queries.h"

enum { WHOLE_S = 600, HOURLY_S = 3600, INVOICES = 500, WAKES = 2000, FORGOTTEN = 500, FORGET_S = 5 };

/* --- on the pool thread --- */

static bool connected(struct tick *t, struct gov_err *err)
{
    if (t->conn && PQstatus(t->conn) == CONNECTION_OK)
        return true;
    arena_release(&t->conn_arena);
    arena_init(&t->conn_arena);
    t->conn = dbsync_open(&t->conn_arena, t->lifecycle->conninfo, "execgov-lifecycle", err);
    return t->conn != NULL;
}

static bool activate_later(void *self, const char *order)
{
    struct tick *t = self;

    if (t->order_count < TICK_ACTIVATIONS && id_parse(order, &t->orders[t->order_count]))
        t->order_count++;
    return true;
}

static bool worth_a_row(const struct tick *t)
{
    const struct scan_counts *c = &t->report.counts;

    return c->prefills || c->reminders || c->superseded || c->graces || c->shutdowns || c->cancels || c->proposals ||
           c->untold || t->report.failed || t->report.state == SCAN_STOPPED;
}

/* What keeps the scan from all that is due: it is written down when it begins and when it changes, not each minute. */
static int64_t hindrance(const struct scan_report *r)
{
    return r->variant ? -1 - (*r->variant == 'g') : r->held_back;
}

static bool alarm_raise(struct tick *t, struct gov_err *err)
{
    const struct scan_report *r = &t->report;
    struct arena arena;

    arena_init(&arena);
    const char *params[] = { r->variant ? "scan.refused" : "scan.held_back", r->variant,
                             arena_format(&arena, "%lld", (long long)r->held_back),
                             arena_format(&arena, "%lld", (long long)r->brake) };
    bool good = dbsync_query(&arena, t->conn, sql_queries[SQL_QUERIES_SCAN_ALARM].text, 4, params, err) != NULL;
    arena_release(&arena);
    return good;
}

static bool note_run(struct tick *t, struct gov_err *err)
{
    struct arena arena;
    char tz[64];

    if (hindrance(&t->report) != t->told) {
        if (hindrance(&t->report) && !alarm_raise(t, err))
            return false;
    } else if (!worth_a_row(t)) {
        return true;
    }
    t->told = hindrance(&t->report);
    arena_init(&arena);
    const char *params[] = { t->run.text, "tick", arena_format(&arena, "%lld", (long long)t->report.as_of_us),
                             scan_state_name(t->report.state), scan_counts_json(&t->report.counts, &arena),
                             t->report.problem, scan_tz_version(tz, sizeof tz) };
    bool good = dbsync_query(&arena, t->conn, sql_queries[SQL_QUERIES_SCAN_RUN_INSERT].text, 7, params, err) != NULL;
    arena_release(&arena);
    return good;
}

static bool lag_look(struct tick *t, struct gov_err *err)
{
    struct arena arena;

    arena_init(&arena);
    PGresult *lag = dbsync_query(&arena, t->conn, sql_queries[SQL_QUERIES_LIFECYCLE_LAG].text, 0, NULL, err);
    if (lag)
        t->late_s = strtoll(PQgetvalue(lag, 0, 0), NULL, 10);
    arena_release(&arena);
    return lag != NULL;
}

/* What `query` forgets, a batch a transaction: as many as came in an hour, however many that were. After some seconds the next
 * tick goes on: nothing is to wait for years of them. */
static bool forget(struct tick *t, enum sql_queries query, struct gov_err *err)
{
    static const char *const batch[] = { "500" };
    int64_t until = clock_mono_us() + FORGET_S * 1000000LL;
    int got = FORGOTTEN;

    while (got == FORGOTTEN && !t->lifecycle->stop) {
        if (clock_mono_us() > until) {
            t->hourly_us = 0;
            return true;
        }
        struct arena arena;

        arena_init(&arena);
        PGresult *done = dbsync_query(&arena, t->conn, sql_queries[query].text, 1, batch, err);
        got = done ? atoi(PQcmdTuples(done)) : -1;
        arena_release(&arena);
    }
    return got >= 0;
}

/* Once an hour: bytes and notices that need not be kept any longer, and providers whose settlement file is late. */
static bool hourly(struct tick *t, struct gov_err *err)
{
    int64_t now = clock_mono_us();
    struct arena arena;
    bool good;

    if (t->hourly_us && now - t->hourly_us < HOURLY_S * 1000000LL)
        return true;
    t->hourly_us = now;
    arena_init(&arena);
    good = forget(t, SQL_QUERIES_PAYMENT_EVENT_FORGET, err) && forget(t, SQL_QUERIES_NOTICE_FORGET, err) &&
           dbsync_query(&arena, t->conn, sql_queries[SQL_QUERIES_RECONCILIATION_DUE].text, 0, NULL, err);
    arena_release(&arena);
    return good;
}

/* Whom a changed policy reminds is looked at by the scan that follows. */
static bool wake(struct tick *t, struct gov_err *err)
{
    int64_t got = 1;

    while (got > 0 && !t->lifecycle->stop) {
        struct arena arena;

        arena_init(&arena);
        const char *most = arena_format(&arena, "%d", WAKES);
        PGresult *done = dbsync_query(&arena, t->conn, sql_queries[SQL_QUERIES_POLICY_WAKE].text, 1, &most, err);
        got = done ? strtoll(PQgetvalue(done, 0, 0), NULL, 10) : -1;
        arena_release(&arena);
    }
    return got >= 0;
}

/* Numbers of invoices, some hundreds a transaction. What cannot be numbered is tried again at the next tick; no scan waits for it. */
static void invoices(struct tick *t)
{
    struct gov_err failed;
    int64_t got = INVOICES;

    while (got == INVOICES && !t->lifecycle->stop) {
        struct arena arena;

        arena_init(&arena);
        const char *most = arena_format(&arena, "%d", INVOICES);
        PGresult *done = dbsync_query(&arena, t->conn, sql_queries[SQL_QUERIES_INVOICE_NUMBER].text, 1, &most, &failed);
        got = done ? strtoll(PQgetvalue(done, 0, 0), NULL, 10) : 0;
        if (!done)
            log_error(LEVEL_ERROR, "invoice.number_failed", &failed);
        arena_release(&arena);
    }
}

static bool work(void *context, struct gov_err *err)
{
    struct tick *t = context;
    struct scan_options options = { .batch = (int)t->lifecycle->settings.batch, .run = t->run.text,
                                    .stop = &t->lifecycle->stop };

    t->order_count = 0;
    if (!connected(t, err))
        return false;
    invoices(t);
    t->well[TICK_SCAN] = scan_asked_carry_out(t->conn, &t->lifecycle->stop, &t->asked, err) && wake(t, err) &&
                         scan_run(t->conn, &options, &t->report, err) && note_run(t, err);
    t->well[TICK_ORDERS] = t->well[TICK_SCAN] && order_time_run(t->conn, 200, !t->report.variant, activate_later, t, &t->times, err);
    return t->well[TICK_ORDERS] && lag_look(t, err) && hourly(t, err);
}

/* --- on the loop --- */

static enum op_next look(struct op *op)
{
    struct tick *t = (struct tick *)op;
    struct db_group *g = db_group_new(op, t->lifecycle->db, &DB_PUBLIC);

    db_group_add(g, SQL_QUERIES_NOTICE_DUE, &t->written, 0, NULL);
    db_group_add(g, SQL_QUERIES_LIFECYCLE_IDLE, &t->found, 0, NULL);
    db_group_send(g);
    return OP_WAIT;
}

/* The lag is taken before anything that may fail: a tick that fails each time is the one it has to tell of.
 *
 * Deliveries have rounds of their own. The whole tick also finds what no index tells of: a file that is late, a clock that
 * has gone back. */
static enum op_next judge(struct op *op)
{
    struct tick *t = (struct tick *)op;
    int64_t now = clock_mono_us();
    bool work = db_bool(&t->found, 0, 0), rests = t->whole_us && now - t->whole_us < WHOLE_S * 1000000LL;

    if (db_bool(&t->found, 0, 1) || db_int(&t->written, 0, 0) > 0)
        rounds_wake(t->lifecycle->deliveries);
    t->lag.value = t->late_s = db_int(&t->found, 0, 2);
    if (!work && rests) {
        t->order_count = 0;
        memset(t->well, true, sizeof t->well); /* there was nothing to do */
        return OP_DONE;
    }
    t->whole_us = now;
    return OP_NEXT;
}

/* Batch after batch. No scan without it: somebody who has paid would be shut down. */
static enum op_next inbox(struct op *op)
{
    struct tick *t = (struct tick *)op;

    if (t->draining && t->inbox.op.failed) {
        op->err = t->inbox.op.err;
        return OP_FAIL;
    }
    if (t->draining && t->inbox.count < PAYMENT_INBOX_BATCH) {
        t->well[TICK_INBOX] = true;
        return OP_NEXT;
    }
    t->draining = true;
    payment_inbox_start(op, &t->inbox, t->lifecycle->db);
    return OP_AGAIN;
}

static enum op_next begin(struct op *op)
{
    struct tick *t = (struct tick *)op;

    t->run = id_new();
    op_work(op, work, t);
    return OP_WAIT;
}

static enum op_next activate(struct op *op)
{
    struct tick *t = (struct tick *)op;

    for (int i = 0; i < t->order_count; i++) {
        memset(&t->acts[i], 0, sizeof t->acts[i]);
        t->acts[i] = (struct order_act){ .db = t->lifecycle->db, .kind = ORDER_ACTIVATE, .order = t->orders[i].text };
        order_act_start(op, &t->acts[i]);
    }
    return OP_WAIT;
}

/* What failed without being written to its order would be the first again each time: it is put behind the others. */
static enum op_next put_off(struct op *op)
{
    struct tick *t = (struct tick *)op;

    memset(t->unwritten, 0, sizeof t->unwritten);
    for (int i = 0; i < t->order_count; i++) {
        const struct op *act = &t->acts[i].op;

        if (!act->failed || act->err.code == GOV_ORDER_TRANSITION_INVALID) /* refunded since it was listed */
            continue;
        log_error(LEVEL_WARN, "order.time_failed", &act->err, LOG_FIELD("what", "activate"), LOG_FIELD("of", t->orders[i].text));
        struct db_group *g = db_group_new(op, t->lifecycle->db, &DB_PUBLIC);
        DB_GROUP_ADD(g, SQL_QUERIES_ORDER_TIME_FAILED, NULL, t->orders[i].text, "activate",
                     act->err.cause[0] ? act->err.cause : gov_err_detail(&act->err, GOV_EN));
        db_group_tolerate(g, &t->unwritten[i]);
        db_group_send(g);
    }
    return OP_WAIT;
}

/* Somebody may hold the order at that moment: it stays due, and the tick is no worse for it. */
static enum op_next put_off_held(struct op *op)
{
    struct tick *t = (struct tick *)op;

    for (int i = 0; i < t->order_count; i++) {
        const struct gov_err *why = &t->unwritten[i];

        if (why->code && !why->contended) {
            op->err = *why;
            return OP_FAIL;
        }
        if (why->code)
            log_error(LEVEL_WARN, "order.time_locked", why, LOG_FIELD("what", "activate"), LOG_FIELD("of", t->orders[i].text));
    }
    return OP_NEXT;
}

static enum op_next report(struct op *op)
{
    struct tick *t = (struct tick *)op;
    const struct scan_report *r = &t->report;

    t->well[TICK_ACTIVATE] = true;
    rounds_wake(t->lifecycle->deliveries);
    t->reminders.value += r->counts.reminders;
    t->shutdowns.value += r->counts.shutdowns + r->counts.cancels;
    if (r->problem)
        log_write(r->state == SCAN_STOPPED ? LEVEL_INFO : LEVEL_ERROR,
                  r->state == SCAN_STOPPED ? "scan.stopped" : "scan.refused", LOG_FIELD("why", r->problem));
    if (r->held_back)
        log_write(LEVEL_ERROR, "scan.needs_approval", LOG_NUMBER("shutdowns", r->held_back),
                  LOG_NUMBER("allowed", r->brake));
    if (r->failed)
        log_write(LEVEL_ERROR, "scan.rows_failed", LOG_NUMBER("rows", r->failed));
    if (worth_a_row(t))
        log_write(LEVEL_INFO, "scan.done", LOG_NUMBER("rows", r->counts.rows), LOG_NUMBER("reminders", r->counts.reminders),
                  LOG_NUMBER("graces", r->counts.graces), LOG_NUMBER("shutdowns", r->counts.shutdowns));
    return OP_DONE;
}

static const struct op_step steps[] = { { "look", look }, { "judge", judge }, { "inbox", inbox }, { "work", begin }, { "activate", activate }, { "put_off", put_off },
                                        { "put_off_held", put_off_held },
                                        { "report", report }, { 0 } };

static int64_t over(struct rounds *rounds)
{
    struct tick *t = (struct tick *)rounds;
    int64_t now_s = clock_now_us() / 1000000;

    t->ticks.value++;
    payment_inbox_release(&t->inbox);
    t->draining = false;
    t->lag.value = t->late_s;
    for (int i = 0; i < TICK_PHASES; i++)
        if (t->well[i])
            t->phase_success[i].value = now_s;
    memset(t->well, false, sizeof t->well);
    if (rounds->op.failed) {
        t->failures.value++;
        log_error(LEVEL_WARN, "tick.failed", &rounds->op.err);
        return 5000;
    }
    t->last_success.value = now_s;
    return t->order_count == TICK_ACTIVATIONS ? 0 : t->lifecycle->settings.tick_s * 1000;
}

static void phases_start(struct tick *t, struct metrics *metrics)
{
    static const char *const labels[TICK_PHASES] = { "phase=\"inbox\"", "phase=\"scan\"", "phase=\"orders\"", "phase=\"activate\"" };

    for (int i = 0; i < TICK_PHASES; i++) {
        t->phase_success[i] = (struct metric){ .name = "execgov_lifecycle_phase_last_success_timestamp_seconds",
                                               .help = "when a part of a scan last ended well, or had nothing to do",
                                               .labels = labels[i], .type = METRIC_GAUGE };
        metrics_add(metrics, &t->phase_success[i]);
    }
}

void tick_start(struct tick *t, struct lifecycle *lifecycle)
{
    t->lifecycle = lifecycle;
    arena_init(&t->conn_arena);
    t->ticks = (struct metric){ .name = "execgov_lifecycle_ticks_total", .help = "scans begun", .type = METRIC_COUNTER };
    t->failures = (struct metric){ .name = "execgov_lifecycle_tick_failures_total", .help = "scans that failed",
                                   .type = METRIC_COUNTER };
    t->lag = (struct metric){ .name = "execgov_lifecycle_lag_seconds",
                              .help = "how late the oldest due subscription is; alert above 600", .type = METRIC_GAUGE };
    t->last_success = (struct metric){ .name = "execgov_lifecycle_last_success_timestamp_seconds",
                                       .help = "when a scan last ended well", .type = METRIC_GAUGE };
    t->reminders = (struct metric){ .name = "execgov_lifecycle_reminders_total", .help = "reminders written to the outbox",
                                    .type = METRIC_COUNTER };
    t->shutdowns = (struct metric){ .name = "execgov_lifecycle_shutdowns_total", .help = "subscriptions shut down",
                                    .type = METRIC_COUNTER };
    struct metric *all[] = { &t->ticks, &t->failures, &t->lag, &t->last_success, &t->reminders, &t->shutdowns };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        metrics_add(&lifecycle->metrics, all[i]);
    phases_start(t, &lifecycle->metrics);
    rounds_start(&t->rounds, lifecycle->loop, "tick", steps, over);
}

void tick_stop(struct tick *t, void (*stopped)(struct rounds *rounds))
{
    rounds_stop(&t->rounds, stopped);
}
