/* inbox.c - a connection of its own: on those of the API the next notice would wait behind the commits of what was told
 * before, four in a row. It is opened with the first notice and closed after a minute without.
 *
 * What a notice does costs the database ten times what taking it does, and nobody waits for that. While notices come in,
 * the inbox rests after each batch for as long as the batch took: it has at most half of one core beside those who do wait.
 */
#include "api/money/payment/inbox.h"

#include <stdlib.h>

#include "api/api.h"
#include "api/identity.h"
#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/io/op/rounds.h"
#include "core/store/money/payment_inbox.h"

enum { AGAIN_MS = 5000, REST_MS_MAX = 100 };

enum inbox_state {
    INBOX_IDLE,    /* a notice begins a batch */
    INBOX_BUSY,    /* a batch is under way */
    INBOX_RESTING, /* the next one begins by itself */
};

struct inbox {
    struct rounds rounds;
    struct api *api;
    struct db *db;
    struct payment_inbox batch;
    enum inbox_state state;
    bool told;         /* since the batch began */
    int64_t begun_us;
    void (*stopped)(void *context);
};

static enum op_next drain(struct op *op)
{
    struct inbox *i = (struct inbox *)op;

    i->state = INBOX_BUSY;
    i->told = false;
    i->begun_us = clock_mono_us();
    payment_inbox_start(op, &i->batch, i->db);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "drain", drain }, { 0 } };

/* How long the batch took, rounded up. */
static int64_t rest_ms(const struct inbox *i)
{
    int64_t ms = (clock_mono_us() - i->begun_us) / 1000 + 1;

    return ms < REST_MS_MAX ? ms : REST_MS_MAX;
}

static int64_t over(struct rounds *rounds)
{
    struct inbox *i = (struct inbox *)rounds;
    struct id nobody = id_new();
    bool failed = i->batch.op.failed, more = i->batch.count == PAYMENT_INBOX_BATCH;
    int64_t rest = rest_ms(i);

    if (failed)
        log_error(LEVEL_WARN, "inbox.failed", &i->batch.op.err);
    if (i->batch.settled) { /* a tenant may be allowed again what it was not a moment ago */
        identities_drop(i->api->identities);
        job_queue_look(i->api->queues.queues[0]);
    }
    if (i->batch.count)
        event_bus_publish(i->api->events, EVENT_BUS_OUTBOX, &nobody);
    payment_inbox_release(&i->batch);
    i->state = i->told || failed ? INBOX_RESTING : INBOX_IDLE;
    return failed ? AGAIN_MS : i->told ? rest : more ? 0 : ROUNDS_UNTIL_WOKEN;
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
    inbox->told = true;
    if (inbox->state == INBOX_IDLE)
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
