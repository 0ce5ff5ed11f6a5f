/* deliver.c - claim (committed as "sending" before any socket is opened) -> send each -> note each.
 *
 * If we die in between, the lease ends and the message is sent once more under the same message id; after that a
 * person has to look. */
#include "lifecycle/deliver.h"

#include <sodium.h>
#include <string.h>

#include "core/base/log.h"
#include "core/io/op_work.h"
#include "lifecycle/channels.h"

static bool send_one(void *context, struct gov_err *err)
{
    struct sending *s = context;

    (void)err;
    s->channel->send(s->channel->self, &s->delivery, &s->result);
    return true;
}

static enum op_next send_off(struct op *op)
{
    struct sending *s = (struct sending *)op;

    memset(&s->result, 0, sizeof s->result);
    if (!s->channel) {
        s->result.outcome = DELIVERY_RETRY;
        s->result.retry_after_s = 3600;
        snprintf(s->result.detail, sizeof s->result.detail, "no channel \"%s\" is set up", s->delivery.channel);
        return OP_NEXT;
    }
    op_work(op, send_one, s);
    return OP_WAIT;
}

static enum op_next note(struct op *op)
{
    struct sending *s = (struct sending *)op;
    const struct delivery_result *r = &s->result;
    struct arena *arena = &op->arena;
    int64_t wait = r->retry_after_s ? r->retry_after_s : delivery_backoff_s(s->delivery.attempt, randombytes_random());

    DB_QUERY(op, s->deliver->lifecycle->db, &DB_PUBLIC, SQL_QUERIES_OUTBOX_DONE, &s->done, s->delivery.id,
             arena_format(arena, "%d", s->delivery.attempt), delivery_outcome_name(r->outcome),
             arena_format(arena, "%d", r->code), r->provider_code[0] ? r->provider_code : NULL,
             arena_format(arena, "%lld", (long long)r->latency_ms), r->body_sha256[0] ? r->body_sha256 : NULL,
             r->detail[0] ? r->detail : NULL, arena_format(arena, "%lld", (long long)wait));
    return OP_WAIT;
}

static enum op_next noted(struct op *op)
{
    struct sending *s = (struct sending *)op;

    if (s->result.outcome == DELIVERY_SENT)
        s->deliver->sent.value++;
    else
        s->deliver->failed.value++;
    return OP_DONE;
}

static const struct op_step sending_steps[] = { { "send", send_off }, { "note", note }, { "noted", noted }, { 0 } };

/* --- the round --- */

static enum op_next claim(struct op *op)
{
    struct deliver *d = (struct deliver *)op;
    const char *most = arena_format(&op->arena, "%d", DELIVER_AT_ONCE);

    DB_QUERY(op, d->lifecycle->db, &DB_PUBLIC, SQL_QUERIES_OUTBOX_CLAIM, &d->claimed, most);
    return OP_WAIT;
}

static void release(void *op)
{
    op_release(op);
}

static enum op_next send_all(struct op *op)
{
    struct deliver *d = (struct deliver *)op;
    const struct db_rows *r = &d->claimed;

    for (int i = 0; i < r->count; i++) {
        struct sending *s = &d->sendings[i];

        memset(s, 0, sizeof *s);
        op_init(&s->op, "send", sending_steps, op->loop, NULL);
        arena_defer(&op->arena, release, &s->op);
        s->deliver = d;
        s->delivery = (struct delivery){ .id = db_text(r, i, 0),
                                         .message_id = db_text(r, i, 1),
                                         .action_key = db_text(r, i, 2),
                                         .event = db_text(r, i, 3),
                                         .channel = db_text(r, i, 4),
                                         .endpoint = db_text(r, i, 5),
                                         .locale = db_text(r, i, 6),
                                         .tenant = db_text(r, i, 7),
                                         .payload = db_json(r, i, 8, &op->arena),
                                         .attempt = (int)db_int(r, i, 9) };
        s->channel = channel_find(&d->lifecycle->settings, s->delivery.channel);
        op_try(op, &s->op);
    }
    return OP_WAIT;
}

static const struct op_step steps[] = { { "claim", claim }, { "send", send_all }, { 0 } };

static int64_t over(struct rounds *rounds)
{
    struct deliver *d = (struct deliver *)rounds;

    if (rounds->op.failed)
        log_error(LEVEL_WARN, "deliver.failed", &rounds->op.err);
    else if (d->claimed.count == DELIVER_AT_ONCE)
        return 0;
    return d->lifecycle->settings.deliver_s * 1000;
}

void deliver_start(struct deliver *d, struct lifecycle *lifecycle)
{
    d->lifecycle = lifecycle;
    d->sent = (struct metric){ .name = "execgov_deliveries_total", .help = "messages, by how the attempt went",
                               .labels = "outcome=\"sent\"", .type = METRIC_COUNTER };
    d->failed = d->sent;
    d->failed.labels = "outcome=\"not_sent\"";
    metrics_add(&lifecycle->metrics, &d->sent);
    metrics_add(&lifecycle->metrics, &d->failed);
    rounds_start(&d->rounds, lifecycle->loop, "deliver", steps, over);
}

void deliver_stop(struct deliver *d, void (*stopped)(struct rounds *rounds))
{
    rounds_stop(&d->rounds, stopped);
}
