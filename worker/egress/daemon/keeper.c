/* keeper.c - one endless op:  publish -> look -> wrap -> sweep -> rest -> look …
 *
 * A row is rewritten only while it still names the key it was read with, so several processes may do this
 * at once, and one that is killed leaves rows that are whole under one key or the other.
 */
#include "worker/egress/daemon/keeper.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/io/op/op_sleep.h"

enum { REST_MS = 30000, AGAIN_MS = 1000, SWEPT_MAX = 1000 };

static const int64_t sweep_us = 3600 * INT64_C(1000000);

/* Columns of credential_to_wrap.sql. */
enum { WRAP_CREDENTIAL, WRAP_VERSION, WRAP_KEY, WRAP_WRAPPED, WRAP_TARGET, WRAP_PUBLIC };

/* One look; a child op, so that its memory goes. */
struct look {
    struct op op;
    struct keeper *keeper;
    struct db_rows rows, swept;
    int wrapped, stuck;
    int ring; /* number of the ring that this look published */
};

struct keeper {
    struct op op;
    struct egress *egress;
    struct look look;
    bool looking, settled, asleep;
    int published; /* number of the ring whose keys are in the database; 0: none was */
    int64_t swept_us; /* when the ledger was last looked through; 0: not yet */
    uv_timer_t timer;
    void (*stopped)(struct egress *egress);
};

static enum op_next publish(struct op *op)
{
    struct look *l = (struct look *)op;
    struct egress *e = l->keeper->egress;

    l->ring = e->ring_number;
    if (l->keeper->published == l->ring || !e->ring)
        return OP_NEXT;
    for (size_t i = 0; i < seal_ring_count(e->ring); i++) {
        const struct seal_target *target = seal_ring_target(e->ring, i);
        DB_QUERY(op, e->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_KEY_ADD, NULL, target->id,
                 seal_target_literal(target, &op->arena));
    }
    return OP_WAIT;
}

static enum op_next find(struct op *op)
{
    struct look *l = (struct look *)op;
    struct egress *e = l->keeper->egress;

    l->keeper->settled = true;
    l->keeper->published = l->ring;
    if (!e->ring)
        return OP_NEXT;
    db_query(op, e->db, &DB_PUBLIC, SQL_QUERIES_CREDENTIAL_TO_WRAP, &l->rows, 0, NULL);
    return OP_WAIT;
}

static enum op_next wrap(struct op *op)
{
    struct look *l = (struct look *)op;
    struct egress *e = l->keeper->egress;

    for (int row = 0; row < l->rows.count; row++) {
        struct sealed sealed = { .key_id = db_text(&l->rows, row, WRAP_KEY),
                                 .wrapped_key = db_text(&l->rows, row, WRAP_WRAPPED) };
        const char *id = db_text(&l->rows, row, WRAP_TARGET), *wrapped;
        struct seal_target target;
        struct gov_err err;

        if (!seal_target_read(id, db_text(&l->rows, row, WRAP_PUBLIC), &target) ||
            !seal_rewrap(e->ring, &sealed, &target, &op->arena, &wrapped, &err)) {
            l->stuck++; /* another process may have the key; the API shows what is left */
            continue;
        }
        l->wrapped++;
        DB_QUERY(op, e->db, &DB_PUBLIC, SQL_QUERIES_CREDENTIAL_WRAP, NULL,
                 db_text(&l->rows, row, WRAP_CREDENTIAL), db_text(&l->rows, row, WRAP_VERSION), id,
                 wrapped, sealed.key_id);
    }
    if (l->wrapped || l->stuck)
        log_write(l->stuck ? LEVEL_WARN : LEVEL_INFO, "credential.rewrapped",
                  LOG_NUMBER("wrapped", l->wrapped), LOG_NUMBER("stuck", l->stuck));
    return OP_WAIT;
}

/* What the ledger keeps is a month; an hour's worth at a time, or a batch now and the next at the next look. */
static enum op_next sweep(struct op *op)
{
    struct look *l = (struct look *)op;
    struct keeper *k = l->keeper;

    if (k->swept_us && clock_mono_us() - k->swept_us < sweep_us)
        return OP_DONE;
    DB_QUERY(op, k->egress->db, &DB_PUBLIC, SQL_QUERIES_HTTP_CALL_SWEEP, &l->swept,
             arena_format(&op->arena, "%d", SWEPT_MAX));
    return OP_WAIT;
}

static enum op_next swept(struct op *op)
{
    struct look *l = (struct look *)op;
    int64_t gone = db_int(&l->swept, 0, 0);

    if (gone)
        log_write(LEVEL_INFO, "ledger.swept", LOG_NUMBER("calls", gone));
    if (gone < SWEPT_MAX)
        l->keeper->swept_us = clock_mono_us();
    return OP_DONE;
}

static const struct op_step look_steps[] = { { "publish", publish }, { "find", find },   { "wrap", wrap },
                                             { "sweep", sweep },     { "swept", swept }, { 0 } };

static void wake(struct keeper *k)
{
    if (!k->asleep)
        return;
    k->asleep = false;
    uv_timer_stop(&k->timer);
    op_io_end(&k->op, NULL);
}

static void on_timer(uv_timer_t *timer)
{
    wake(timer->data);
}

static void rest(struct keeper *k, int64_t ms)
{
    k->asleep = true;
    op_io_begin(&k->op);
    uv_timer_start(&k->timer, on_timer, (uint64_t)ms, 0);
}

static enum op_next turn(struct op *op)
{
    struct keeper *k = (struct keeper *)op;

    if (k->looking) {
        bool failed = k->look.op.failed;
        bool more = k->look.wrapped > 0;
        if (failed)
            log_error(LEVEL_WARN, "credential.look_failed", &k->look.op.err);
        op_release(&k->look.op);
        k->looking = false;
        if (!k->stopped) {
            rest(k, failed || more || k->published != k->egress->ring_number ? AGAIN_MS : REST_MS);
            return OP_AGAIN;
        }
    }
    if (k->stopped)
        return OP_DONE;
    memset(&k->look, 0, sizeof k->look);
    k->look.keeper = k;
    k->looking = true;
    op_init(&k->look.op, "look", look_steps, op->loop, NULL);
    op_try(op, &k->look.op);
    return OP_AGAIN;
}

static const struct op_step steps[] = { { "turn", turn }, { 0 } };

static void on_closed(uv_handle_t *handle)
{
    struct keeper *k = handle->data;
    void (*stopped)(struct egress *) = k->stopped;
    struct egress *egress = k->egress;

    free(k);
    stopped(egress);
}

static void ended(struct op *op)
{
    struct keeper *k = (struct keeper *)op;

    op_release(op);
    uv_close((uv_handle_t *)&k->timer, on_closed);
}

struct keeper *keeper_start(struct egress *egress)
{
    struct keeper *k = calloc(1, sizeof *k);

    CHECK(k);
    k->egress = egress;
    uv_timer_init(&egress->loop->uv, &k->timer);
    k->timer.data = k;
    op_init(&k->op, "keeper", steps, egress->loop, ended);
    op_start(&k->op);
    return k;
}

void keeper_stop(struct keeper *keeper, void (*stopped)(struct egress *egress))
{
    keeper->stopped = stopped;
    wake(keeper);
}

void keeper_again(struct keeper *keeper)
{
    wake(keeper);
}

bool keeper_settled(const struct keeper *keeper)
{
    return keeper->settled;
}
