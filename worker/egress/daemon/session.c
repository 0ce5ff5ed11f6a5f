/* session.c - hello, then calls, one at a time a session: a script that wants more at once waits in the
 * socket. */
#include "worker/egress/daemon/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/model/skill/manifest.h"
#include "worker/egress/daemon/call/consultation.h"
#include "worker/egress/daemon/call/delivery.h"
#include "worker/egress/daemon/call/outcall.h"
#include "worker/egress/daemon/call/probe.h"
#include "worker/egress/daemon/call/verification.h"
#include "worker/egress/daemon/message/message.h"
#include "worker/egress/daemon/unseal.h"

struct hello {
    struct op op;
    struct session *session;
    struct channel_frame *frame;
    const char *schema, *fence, *token;
    struct id job;
    struct db_rows rows;
};

struct channel *session_channel(const struct session *session)
{
    return session->broker ? session->broker : session->control;
}

static void release(struct session *s)
{
    if (s->working || s->control || s->broker || refusals_tell(s))
        return;
    list_remove(&s->link);
    json_decref(s->seen);
    arena_release(&s->arena);
    free(s);
}

void session_end(struct session *session)
{
    if (session->broker)
        channel_close(session->broker);
    if (session->control)
        channel_close(session->control);
    session->broker = session->control = NULL;
    release(session);
}

void session_left(struct session *session)
{
    struct channel *channel = session_channel(session);
    struct egress *egress = session->egress;

    session->working--;
    egress->working--;
    if (channel)
        channel_resume(channel);
    release(session);
    egress_idle_check(egress);
}

/* --- calls --- */

static void on_call(void *user, struct channel_frame *frame)
{
    struct session *s = user;

    channel_pause(session_channel(s));
    if (s->egress->stopping) { /* nothing new: the caller sees the connection end and knows it was not sent */
        channel_frame_free(frame);
        return;
    }
    s->working++;
    s->egress->working++;
    if (s->delivers)
        delivery_start(s, frame);
    else if (s->consults)
        consultation_start(s, frame);
    else
        outcall_start(s, frame);
}

/* The script has closed its end, or spoke nonsense: the worker's lifeline decides about the rest. */
static void on_broker_closed(void *user)
{
    struct session *s = user;

    s->broker = NULL;
    release(s);
}

static void on_control_closed(void *user)
{
    struct session *s = user;

    s->control = NULL;
    session_end(s);
}

static const struct channel_events broker_events = { on_call, on_broker_closed, .takes_descriptor = false };

/* --- hello --- */

static enum op_next check(struct op *op)
{
    struct hello *h = (struct hello *)op;
    const json_t *hello = json_object_get(h->frame->json, "hello");

    h->schema = json_get_text(hello, "schema");
    h->fence = json_get_text(hello, "fence");
    h->token = json_get_text(hello, "token");
    if (!h->schema || strlen(h->schema) >= sizeof h->session->schema || !h->fence || !h->token ||
        !id_parse(json_get_text(hello, "job"), &h->job))
        return gov_fail_cause(&op->err, GOV_BAD_REQUEST, "a hello lacks something"), OP_FAIL;
    h->session->delivers = json_get_bool(hello, "delivery", false);
    h->session->consults = json_get_bool(hello, "intent", false);
    if (h->session->consults)
        DB_QUERY(op, h->session->egress->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_INTENT, &h->rows, h->schema,
                 h->job.text, h->fence, h->token);
    else if (h->session->delivers)
        DB_QUERY(op, h->session->egress->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_DELIVERY, &h->rows, h->schema,
                 h->job.text, h->fence, h->token, NULL);
    else
        DB_QUERY(op, h->session->egress->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_RUN, &h->rows, h->schema,
                 h->job.text, h->fence, h->token);
    return OP_WAIT;
}

static enum op_next accept_it(struct op *op)
{
    struct hello *h = (struct hello *)op;
    struct session *s = h->session;
    struct arena *arena = &s->arena;
    const json_t *run = h->rows.count ? db_json(&h->rows, 0, 0, arena) : NULL;

    if (!json_is_object(run) || !id_parse(json_get_text(run, "tenant"), &s->tenant))
        return gov_fail(&op->err, GOV_STALE, "the run is not live", "该运行已失效"), OP_FAIL;
    memcpy(s->schema, h->schema, strlen(h->schema) + 1);
    s->job = h->job;
    s->fence = arena_text(arena, h->fence);
    s->token = arena_text(arena, h->token);
    s->skill = json_get_text(run, "skill");
    s->action = json_get_text(run, "action");
    const char *risk = json_get_text(run, "risk");
    s->high = risk && strcmp(risk, skill_risk_name(SKILL_RISK_HIGH)) == 0;
    s->planned = json_object_get(run, "credentials");
    s->declared = json_object_get(run, "resources");
    s->known = true;
    return OP_DONE;
}

static const struct op_step steps[] = { { "check", check }, { "accept", accept_it }, { 0 } };

static void ended(struct op *op)
{
    struct hello *h = (struct hello *)op;
    struct session *s = h->session;
    json_t *answer = op->failed ? json_pack("{s:s, s:s}", "error", gov_code_info(op->err.code)->wire, "detail",
                                            gov_err_detail(&op->err, GOV_EN))
                                : json_pack("{s:b}", "ok", 1);

    if (op->failed)
        log_error(LEVEL_WARN, "session.refused", &op->err);
    if (s->control && !op->failed && h->frame->fd >= 0) {
        s->scripted = true;
        s->broker = channel_open(s->egress->loop, h->frame->fd, &broker_events, s);
        h->frame->fd = -1;
    }
    bool sent = s->control && channel_send(s->control, answer, NULL, 0, -1);
    json_decref(answer);
    bool good = sent && !op->failed;
    channel_frame_free(h->frame);
    op_release(op);
    free(h);
    s->working--;
    if (!good)
        session_end(s);
    else
        channel_resume(s->control);
}

static void on_message(struct session *s, struct channel_frame *frame)
{
    channel_pause(s->control);
    if (s->egress->stopping || s->known) { /* a session is for a run or for messages */
        channel_frame_free(frame);
        return;
    }
    s->working++;
    s->egress->working++;
    message_start(s, frame);
}

static void on_open(struct session *s, struct channel_frame *frame)
{
    channel_pause(s->control);
    s->working++;
    s->egress->working++;
    unseal_start(s, frame);
}

/* The worker wants to know why its script ended. */
static void tell_worker(struct session *s)
{
    json_t *answer = s->told.code ? json_pack("{s:s, s:{s:s, s:s}}", "error", gov_code_info(s->told.code)->wire,
                                              "detail", "en", s->told.en, "zh", s->told.zh)
                                  : json_pack("{s:b}", "ok", 1);

    channel_send(s->control, answer, NULL, 0, -1);
    json_decref(answer);
}

static void on_control(void *user, struct channel_frame *frame)
{
    struct session *s = user;
    struct hello *h;

    if (json_object_get(frame->json, "message")) { /* needs no hello: the row it names says who may */
        on_message(s, frame);
        return;
    }
    if (s->known && !s->delivers && !s->egress->stopping && json_object_get(frame->json, "open")) {
        on_open(s, frame);
        return;
    }
    if (s->known && json_object_get(frame->json, "told")) {
        tell_worker(s);
        channel_frame_free(frame);
        return;
    }
    if (s->known && !s->scripted) {
        on_call(s, frame);
        return;
    }
    if (s->known) { /* the worker of a script asks for nothing else */
        channel_frame_free(frame);
        return;
    }
    channel_pause(s->control);
    s->working++;
    if (json_object_get(frame->json, "verify")) {
        s->egress->working++;
        verification_start(s, frame);
        return;
    }
    if (json_object_get(frame->json, "probe")) {
        s->egress->working++;
        probe_start(s, frame);
        return;
    }
    h = calloc(1, sizeof *h);
    CHECK(h);
    op_init(&h->op, "hello", steps, s->egress->loop, ended);
    h->session = s;
    h->frame = frame;
    op_start(&h->op);
}

static const struct channel_events control_events = { on_control, on_control_closed, .takes_descriptor = true };

void session_open(struct egress *egress, int fd)
{
    struct session *s = calloc(1, sizeof *s);

    CHECK(s);
    s->egress = egress;
    arena_init(&s->arena);
    s->seen = json_object();
    list_init(&s->link);
    list_append(&egress->sessions, &s->link);
    s->control = channel_open(egress->loop, fd, &control_events, s);
}
