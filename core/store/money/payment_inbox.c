/* payment_inbox.c - claim -> each: take -> settle -> end. */
#include "core/store/money/payment_inbox.h"

#include <string.h>

#include "core/base/json.h"

/* --- one event --- */

static enum op_next take(struct op *op)
{
    struct payment_inbox_event *e = (struct payment_inbox_event *)op;

    DB_QUERY(op, e->db, &DB_PUBLIC, SQL_QUERIES_PAYMENT_EVENT_TAKE, &e->rows, e->provider, e->event);
    return OP_WAIT;
}

static enum op_next settle(struct op *op)
{
    struct payment_inbox_event *e = (struct payment_inbox_event *)op;
    const json_t *todo = db_json(&e->rows, 0, 0, &op->arena);
    const char *what = json_get_text(todo, "do");

    if (!what || strcmp(what, "settle") != 0)
        return OP_DONE;
    e->act = (struct order_act){ .db = e->db,
                                 .kind = ORDER_SETTLE,
                                 .order = json_get_text(todo, "order"),
                                 .payment = { .id = id_new(),
                                              .provider = e->provider,
                                              .txn = json_get_text(todo, "txn"),
                                              .method = e->provider,
                                              .amount_minor = json_get_int(todo, "amount_minor", 0),
                                              .currency = json_get_text(todo, "currency"),
                                              .received_at = json_get_text(todo, "occurred_at"),
                                              .reference = json_get_text(todo, "txn") } };
    order_act_start(op, &e->act);
    return OP_WAIT;
}

static enum op_next end(struct op *op)
{
    struct payment_inbox_event *e = (struct payment_inbox_event *)op;
    const struct gov_err *err = &e->act.op.err;

    if (!e->act.op.failed)
        DB_QUERY(op, e->db, &DB_PUBLIC, SQL_QUERIES_PAYMENT_EVENT_END, NULL, e->provider, e->event,
                 json_get_text(e->act.result, "result"));
    else if (err->code == GOV_CONFLICT)
        DB_QUERY(op, e->db, &DB_PUBLIC, SQL_QUERIES_PAYMENT_EVENT_END, NULL, e->provider, e->event, "conflict");
    else
        DB_QUERY(op, e->db, &DB_PUBLIC, SQL_QUERIES_PAYMENT_EVENT_FAILED, NULL, e->provider, e->event,
                 err->cause[0] ? err->cause : gov_err_detail(err, GOV_EN));
    return OP_WAIT;
}

static const struct op_step event_steps[] = { { "take", take }, { "settle", settle }, { "end", end }, { 0 } };

/* --- the batch --- */

static void release(void *op)
{
    op_release(op);
}

static enum op_next claim(struct op *op)
{
    struct payment_inbox *i = (struct payment_inbox *)op;

    DB_QUERY(op, i->db, &DB_PUBLIC, SQL_QUERIES_PAYMENT_EVENT_CLAIM, &i->taken,
             arena_format(&op->arena, "%d", PAYMENT_INBOX_BATCH));
    return OP_WAIT;
}

static enum op_next apply(struct op *op)
{
    struct payment_inbox *i = (struct payment_inbox *)op;

    i->count = i->taken.count;
    for (int n = 0; n < i->count; n++) {
        struct payment_inbox_event *e = &i->events[n];

        memset(e, 0, sizeof *e);
        e->db = i->db;
        e->provider = db_text(&i->taken, n, 0);
        e->event = db_text(&i->taken, n, 1);
        op_init(&e->op, "payment_event", event_steps, op->loop, NULL);
        arena_defer(&op->arena, release, &e->op);
        op_try(op, &e->op); /* one that fails is found again in a minute */
    }
    return OP_WAIT;
}

static enum op_next count(struct op *op)
{
    struct payment_inbox *i = (struct payment_inbox *)op;

    for (int n = 0; n < i->count; n++) {
        const char *result = json_get_text(i->events[n].act.result, "result");

        i->settled += result && strcmp(result, "settled") == 0;
    }
    return OP_DONE;
}

static const struct op_step steps[] = { { "claim", claim }, { "apply", apply }, { "count", count }, { 0 } };

void payment_inbox_release(struct payment_inbox *inbox)
{
    if (inbox->db)
        op_release(&inbox->op);
    inbox->db = NULL;
}

void payment_inbox_start(struct op *parent, struct payment_inbox *inbox, struct db *db)
{
    payment_inbox_release(inbox);
    memset(inbox, 0, sizeof *inbox);
    inbox->db = db;
    op_init(&inbox->op, "payment_inbox", steps, parent->loop, NULL);
    op_try(parent, &inbox->op);
}
