/* deliver.c - claim (committed as "sending" before any socket is opened), then each message is an op of its own.
 *
 * If we die in between, the lease ends and the message is sent once more under the same message id, a receipt not
 * even that: a person has to look.
 *
 * A channel that does not answer keeps each place for as long as egress waits, and what it was told queues up before
 * what is newer: it gets no place while it has as many as are free, and a claim takes half of those. So one such channel
 * leaves others eight of 32 places at least, and it takes five to have all. */
#include "lifecycle/deliver.h"

#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/log.h"
#include "lifecycle/sending.h"

enum { FULL_REST_MS = 1000 };

static struct deliver_channel *channel_of(struct deliver *d, const char *name)
{
    struct deliver_channel *unused = NULL;

    for (int i = 0; i < DELIVER_AT_ONCE; i++)
        if (d->channels[i].sending == 0)
            unused = &d->channels[i];
        else if (strcmp(d->channels[i].name, name) == 0)
            return &d->channels[i];
    CHECK(unused);
    snprintf(unused->name, sizeof unused->name, "%s", name);
    return unused;
}

/* Those that have their share, as an array. Quoted, for one that is called null. */
static const char *channels_full(struct deliver *d, struct arena *arena)
{
    const char *full = "{";

    for (int i = 0; i < DELIVER_AT_ONCE; i++)
        if (d->channels[i].sending >= DELIVER_AT_ONCE - d->sending)
            full = arena_format(arena, "%s%s\"%s\"", full, full[1] ? "," : "", d->channels[i].name);
    return arena_format(arena, "%s}", full);
}

static void sent(struct sending *sending)
{
    struct deliver *d = sending->owner;

    if (!sending->op.failed && sending->result.outcome == DELIVERY_SENT)
        d->sent.value++;
    else
        d->failed.value++;
    d->sending--;
    channel_of(d, sending->delivery.channel)->sending--;
    if (d->resting && d->sending == 0)
        d->stopped(&d->rounds);
    else if (d->full)
        rounds_wake(&d->rounds);
}

static enum op_next claim(struct op *op)
{
    struct deliver *d = (struct deliver *)op;

    d->asked = (DELIVER_AT_ONCE - d->sending + 1) / 2;
    d->claimed.count = 0;
    d->left_out = false;
    if (d->asked == 0)
        return OP_DONE;
    const char *full = channels_full(d, &op->arena);
    d->left_out = full[1] != '}';
    DB_QUERY(op, d->lifecycle->db, &DB_PUBLIC, SQL_QUERIES_OUTBOX_CLAIM, &d->claimed,
             arena_format(&op->arena, "%d", d->asked), full);
    return OP_WAIT;
}

static enum op_next send_all(struct op *op)
{
    struct deliver *d = (struct deliver *)op;

    d->sending += d->claimed.count;
    for (int row = 0; row < d->claimed.count; row++)
        channel_of(d, db_text(&d->claimed, row, SENDING_ROW_CHANNEL))->sending++;
    for (int row = 0; row < d->claimed.count; row++)
        sending_start(d->lifecycle, &d->claimed, row, sent, d);
    return OP_DONE;
}

static const struct op_step steps[] = { { "claim", claim }, { "send", send_all }, { 0 } };

static int64_t over(struct rounds *rounds)
{
    struct deliver *d = (struct deliver *)rounds;

    if (rounds->op.failed)
        log_error(LEVEL_WARN, "deliver.failed", &rounds->op.err);
    d->full = !rounds->op.failed && (d->claimed.count == d->asked || d->left_out);
    return d->full ? FULL_REST_MS : d->lifecycle->settings.deliver_s * 1000;
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

static void rounds_stopped(struct rounds *rounds)
{
    struct deliver *d = (struct deliver *)rounds;

    d->resting = true;
    if (d->sending == 0)
        d->stopped(rounds);
}

void deliver_stop(struct deliver *d, void (*stopped)(struct rounds *rounds))
{
    d->stopped = stopped;
    rounds_stop(&d->rounds, rounds_stopped);
}
