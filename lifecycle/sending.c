/* sending.c - words -> hand over -> answer -> note.
 *
 * The words are made at sending, from data that were frozen when the row was written: a template that is mended
 * counts for what is sent from then on. A message whose template lacks a field is dead, and says which. */
#include "lifecycle/sending.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/io/op/op_work.h"
#include "lifecycle/channel/file.h"

enum { NO_CHANNEL_WAIT_S = 3600, NO_EGRESS_WAIT_S = 30, NO_EGRESS_SHORT_WAITS = 60, NO_EGRESS_LONG_WAIT_S = 300, ANSWER_MS = 60000 };

/* Columns of outbox_claim.sql. */
enum { ROW_ID, ROW_MESSAGE_ID, ROW_KEY, ROW_EVENT, ROW_CHANNEL = SENDING_ROW_CHANNEL, ROW_ENDPOINT, ROW_LOCALE, ROW_TENANT, ROW_PAYLOAD,
       ROW_ATTEMPTS, ROW_KIND, ROW_TIMEZONE, ROW_CREATED, ROW_REACHED };

static void result_set(struct sending *s, enum delivery_outcome outcome, int wait_s, const char *detail)
{
    s->result.outcome = outcome;
    s->result.retry_after_s = wait_s;
    snprintf(s->result.detail, sizeof s->result.detail, "%.*s",
             (int)text_utf8_cut(detail, strlen(detail), sizeof s->result.detail - 1), detail);
}

/* Nobody was asked: it is no attempt of those that a channel allows. */
static void result_wait(struct sending *s, int wait_s, const char *detail)
{
    result_set(s, DELIVERY_RETRY, wait_s, detail);
    s->waits = true;
}

/* Whom a customer may ask is the same for all of them; it is no part of what was frozen. */
static const json_t *payload(struct lifecycle *lifecycle, const struct db_rows *rows, int row, struct arena *arena)
{
    const char *contact = lifecycle->settings.contact;
    json_t *frozen = db_json(rows, row, ROW_PAYLOAD, arena);

    if (!*contact || !text_starts(db_text(rows, row, ROW_EVENT), "subscription."))
        return frozen;
    json_t *shown = json_own(arena, json_copy(frozen));
    json_object_set_new(shown, "contact", json_string(contact));
    return shown;
}

static bool to_file(const struct sending *s)
{
    return !s->delivery.kind && *s->lifecycle->settings.outbox_file;
}

static enum op_next words(struct op *op)
{
    struct sending *s = (struct sending *)op;
    const struct delivery *d = &s->delivery;
    struct gov_err err;

    if (!d->kind && !to_file(s))
        result_wait(s, NO_CHANNEL_WAIT_S, arena_format(&op->arena, "no channel \"%s\" is set up", d->channel));
    else if (d->kind && !*s->lifecycle->settings.egress)
        result_wait(s, NO_CHANNEL_WAIT_S, "execgov-lifecycle has no socket of execgov-egress");
    else if (d->kind && !notice_render(d->event, d->locale, d->payload, d->timezone, &op->arena, &s->notice, &err))
        result_set(s, DELIVERY_DEAD, 0, gov_err_detail(&err, GOV_EN));
    return OP_NEXT;
}

static bool write_line(void *context, struct gov_err *err)
{
    struct sending *s = context;

    (void)err;
    channel_file_append(s->lifecycle->settings.outbox_file, &s->delivery, &s->result);
    return true;
}

static void session_release(void *session)
{
    egress_session_end(session);
}

/* A page that asks for a session and then for the thing: it decides nothing, and knows whose the thing is. */
static json_t *link_to(const struct sending *s)
{
    const char *base = s->lifecycle->settings.public_url, *path = json_get_text(s->delivery.payload, "path");
    const char *tenant = s->delivery.tenant;

    if (!*base || !path || !text_starts(path, "/v1/"))
        return json_null();
    path += strlen("/v1");
    if (!tenant || !*tenant || text_starts(path, "/platform/"))
        return json_sprintf("%s/open#%s", base, path);
    return json_sprintf("%s/open#%s?tenant=%s", base, path, tenant);
}

/* {outbox, attempt, subject, text, link, event}: what a person reads, and what a program reads. */
static json_t *question(const struct sending *s)
{
    const struct delivery *d = &s->delivery;
    json_t *event = json_pack("{s:s, s:s, s:O}", "type", d->event, "timestamp", d->created_at, "data", d->payload);

    return json_pack("{s:{s:s, s:i, s:s, s:s, s:o, s:o}}", "message", "outbox", d->id, "attempt", d->attempt, "subject",
                     s->notice.subject, "text", s->notice.text, "link", link_to(s), "event", event);
}

static enum op_next hand_over(struct op *op)
{
    struct sending *s = (struct sending *)op;

    if (s->result.detail[0])
        return OP_NEXT;
    if (to_file(s)) {
        op_work(op, write_line, s);
        return OP_WAIT;
    }
    s->session = egress_session_new(op->loop, s->lifecycle->settings.egress);
    arena_defer(&op->arena, session_release, s->session);
    egress_session_deadline(s->session, ANSWER_MS);
    egress_session_ask(op, s->session, json_own(&op->arena, question(s)), NULL, 0, &s->answer);
    return OP_WAIT;
}

/* What egress says about how it went. When it was reached and did not answer, the message may be on its way. */
static enum op_next answered(struct op *op)
{
    struct sending *s = (struct sending *)op;
    const json_t *json = s->answer.json;
    struct delivery_result *r = &s->result;
    const char *provider = json_get_text(json, "provider_code"), *digest = json_get_text(json, "body_sha256");

    if (!s->session || r->detail[0])
        return OP_NEXT;
    if (s->answer.err.code) {
        /* Each attempt is a row: who is away for half an hour is asked less often. */
        result_wait(s, s->delivery.attempt > NO_EGRESS_SHORT_WAITS ? NO_EGRESS_LONG_WAIT_S : NO_EGRESS_WAIT_S,
                    gov_err_detail(&s->answer.err, GOV_EN));
        if (s->answer.lost) {
            r->outcome = DELIVERY_UNKNOWN;
            s->waits = false;
        }
        return OP_NEXT;
    }
    result_set(s, delivery_outcome_read(json_get_text(json, "outcome")), (int)json_get_int(json, "retry_after_s", 0),
               json_get_text(json, "detail") ? json_get_text(json, "detail") : "");
    r->code = (int)json_get_int(json, "code", 0);
    r->latency_ms = json_get_int(json, "latency_ms", 0);
    snprintf(r->provider_code, sizeof r->provider_code, "%s", provider ? provider : "");
    snprintf(r->body_sha256, sizeof r->body_sha256, "%s", digest ? digest : "");
    return OP_NEXT;
}

static enum op_next note(struct op *op)
{
    struct sending *s = (struct sending *)op;
    struct delivery_result *r = &s->result;
    struct arena *arena = &op->arena;
    int64_t wait = r->retry_after_s;

    int n = s->delivery.reached + 1;

    if (!wait && (wait = delivery_backoff_s(s->delivery.kind, n, randombytes_random())) == 0 && r->outcome == DELIVERY_RETRY)
        result_set(s, DELIVERY_DEAD, 0, arena_format(arena, "given up after %d attempts: %s", n, r->detail));
    DB_QUERY(op, s->lifecycle->db, &DB_PUBLIC, SQL_QUERIES_OUTBOX_DONE, &s->done, s->delivery.id,
             arena_format(arena, "%d", s->delivery.attempt), delivery_outcome_name(r->outcome),
             arena_format(arena, "%d", r->code), r->provider_code[0] ? r->provider_code : NULL,
             arena_format(arena, "%lld", (long long)r->latency_ms), r->body_sha256[0] ? r->body_sha256 : NULL,
             r->detail[0] ? r->detail : NULL, arena_format(arena, "%lld", (long long)wait), s->waits ? "false" : "true");
    return OP_WAIT;
}

static const struct op_step steps[] = { { "words", words }, { "hand_over", hand_over }, { "answered", answered },
                                        { "note", note }, { 0 } };

static void ended(struct op *op)
{
    struct sending *s = (struct sending *)op;

    if (op->failed) /* its lease ends, and it is sent again once */
        log_error(LEVEL_WARN, "deliver.failed", &op->err);
    s->over(s);
    op_release(op);
    free(s);
}

void sending_start(struct lifecycle *lifecycle, const struct db_rows *rows, int row,
                   void (*over)(struct sending *sending), void *owner)
{
    struct sending *s = calloc(1, sizeof *s);

    CHECK(s);
    op_init(&s->op, "send", steps, lifecycle->loop, ended);
    struct arena *arena = &s->op.arena;
#define CELL(column) arena_text(arena, db_text(rows, row, column))
    s->delivery = (struct delivery){ .id = CELL(ROW_ID), .message_id = CELL(ROW_MESSAGE_ID),
                                     .action_key = CELL(ROW_KEY), .event = CELL(ROW_EVENT),
                                     .channel = CELL(ROW_CHANNEL), .endpoint = CELL(ROW_ENDPOINT),
                                     .locale = CELL(ROW_LOCALE), .tenant = CELL(ROW_TENANT),
                                     .payload = payload(lifecycle, rows, row, arena),
                                     .attempt = (int)db_int(rows, row, ROW_ATTEMPTS), .kind = CELL(ROW_KIND),
                                     .timezone = CELL(ROW_TIMEZONE), .created_at = CELL(ROW_CREATED),
                                     .reached = (int)db_int(rows, row, ROW_REACHED) };
#undef CELL
    s->lifecycle = lifecycle;
    s->over = over;
    s->owner = owner;
    op_start(&s->op);
}
