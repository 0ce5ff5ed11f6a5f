/* inbox.c - a connection of its own: on those of the API the next notice would wait behind the commits of what was told
 * before, four in a row. It is opened with the first notice and closed after a minute without. */
#include "api/money/payment/inbox.h"

#include <stdlib.h>

#include "api/api.h"
#include "api/identity.h"
#include "core/base/check.h"
#include "core/base/log.h"
#include "core/io/op/rounds.h"
#include "core/store/money/payment_inbox.h"

enum { AGAIN_MS = 5000 };

struct inbox {
    struct rounds rounds;
    struct api *api;
    struct db *db;
    struct payment_inbox batch;
    void (*stopped)(void *context);
};

static enum op_next drain(struct op *op)
{
    struct inbox *i = (struct inbox *)op;

    payment_inbox_start(op, &i->batch, i->db);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "drain", drain }, { 0 } };

static int64_t over(struct rounds *rounds)
{
    struct inbox *i = (struct inbox *)rounds;
    struct id nobody = id_new();
    bool failed = i->batch.op.failed, more = i->batch.count == PAYMENT_INBOX_BATCH;

    if (failed)
        log_error(LEVEL_WARN, "inbox.failed", &i->batch.op.err);
    if (i->batch.settled) { /* a tenant may be allowed again what it was not a moment ago */
        identities_drop(i->api->identities);
        job_queue_look(i->api->queues.queues[0]);
    }
    if (i->batch.count)
        event_bus_publish(i->api->events, EVENT_BUS_OUTBOX, &nobody);
    payment_inbox_release(&i->batch);
    return failed ? AGAIN_MS : more ? 0 : ROUNDS_UNTIL_WOKEN;
}

struct inbox *inbox_start(struct api *api)
{
    const struct db_options options = { .conninfo = api->settings.pg, .application = "execgov-api inbox",
                                        .unprepared = !api->settings.prepared, .connections_per_role = 1 };
    struct inbox *i = calloc(1, sizeof *i);

    CHECK(i);
    i->api = api;
    i->db = db_new(api->loop, &options);
    rounds_start(&i->rounds, api->loop, "inbox", steps, over);
    return i;
}

void inbox_wake(struct inbox *inbox)
{
    rounds_wake(&inbox->rounds);
}

static void on_stopped(struct rounds *rounds)
{
    struct inbox *i = (struct inbox *)rounds;

    db_stop(i->db);
    i->stopped(i->api);
}

void inbox_stop(struct inbox *inbox, void (*stopped)(void *context))
{
    inbox->stopped = stopped;
    rounds_stop(&inbox->rounds, on_stopped);
}

void inbox_free(struct inbox *inbox)
{
    free(inbox);
}
