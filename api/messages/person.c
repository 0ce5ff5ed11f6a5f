/* /v1/channels and /v1/notifications: how a person is told, and what he was told. Language and time zone are the
 * person's own (PATCH /v1/me).
 *
 *     put:  load (the channels there are) -> read -> put -> show
 */
#include <stdio.h>
#include <string.h>

#include "api/audit.h"
#include "api/messages/messages.h"
#include "api/page.h"
#include "api/people/login/session.h"
#include "core/model/channel.h"

enum { ADDRESSES_MAX = 6, MUTED_MAX = 20 };

struct person {
    struct endpoint endpoint;
    struct page page;
    const char *quiet_from, *quiet_to;
    bool break_quiet;
    json_t *muted, *addresses;
    struct gov_err failed;
    struct db_rows known, rows;
};

static enum op_next load(struct op *op)
{
    struct person *e = (struct person *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_NOTICE_GET, &e->known, call->caller.user.text,
             audit_tenant(call));
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct person *e = (struct person *)op;
    return page_one(e->endpoint.call, 200, &e->known, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step notice_get_steps[] = { { "load", load }, { "show", show }, { 0 } };
const size_t notice_get_bytes = sizeof(struct person);

/* --- put --- */

static bool clock_check(const char *text, const char *path, struct gov_err *err)
{
    int hour = -1, minute = -1, end = 0;

    return !text || (strlen(text) == 5 && sscanf(text, "%2d:%2d%n", &hour, &minute, &end) == 2 && end == 5 && hour >= 0 &&
                     hour < 24 && minute >= 0 && minute < 60) ||
           gov_fail_at(err, GOV_INVALID_INPUT, path, "format", "must be a time of day like 22:00", "必须是形如 22:00 的时刻");
}

static bool muted_check(const json_t *muted, struct arena *arena, struct gov_err *err)
{
    const json_t *one;
    size_t i;

    json_array_foreach(muted, i, one)
    {
        const char *text = json_string_value(one);
        if (!text || !*text || strlen(text) > 63 || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.") != strlen(text))
            return gov_fail_at(err, GOV_INVALID_INPUT, arena_format(arena, "/muted/%zu", i), "format",
                               "must be an event or its beginning, like run.failed", "必须是事件名或其前缀，例如 run.failed");
    }
    return true;
}

static const char *kind_of(const struct person *e, const char *channel)
{
    const json_t *known = db_json(&e->known, 0, 1, (struct arena *)&e->endpoint.op.arena), *one;
    size_t i;

    json_array_foreach(json_object_get(known, "channels"), i, one)
        if (channel && strcmp(json_get_text(one, "name"), channel) == 0)
            return json_get_text(one, "kind");
    return NULL;
}

static bool addresses_check(const struct person *e, struct gov_err *err)
{
    struct arena *arena = (struct arena *)&e->endpoint.op.arena;
    const json_t *one;
    size_t i;

    json_array_foreach(e->addresses, i, one)
    {
        const char *path = arena_format(arena, "/addresses/%zu", i);
        const char *endpoint = json_get_text(one, "endpoint"), *kind = kind_of(e, json_get_text(one, "channel"));
        if (!kind)
            return gov_fail_at(err, GOV_INVALID_INPUT, path, "unknown", "there is no such channel; see `channels` of GET",
                               "没有这个渠道；可用渠道见 GET 的 channels");
        if (strcmp(kind, "smtp") != 0 &&
            !channel_endpoint_check(kind, endpoint ? endpoint : "", arena_format(arena, "%s/endpoint", path), err))
            return false;
    }
    return true;
}

static enum op_next put(struct op *op)
{
    static const struct json_field fields[] = {
        { "quiet_from", JSON_FIELD_TEXT, false, offsetof(struct person, quiet_from), 0, 5, NULL },
        { "quiet_to", JSON_FIELD_TEXT, false, offsetof(struct person, quiet_to), 0, 5, NULL },
        { "break_quiet", JSON_FIELD_BOOL, false, offsetof(struct person, break_quiet), 0, 0, NULL },
        { "muted", JSON_FIELD_ARRAY, false, offsetof(struct person, muted), 0, MUTED_MAX, NULL },
        { "addresses", JSON_FIELD_ARRAY, false, offsetof(struct person, addresses), 0, ADDRESSES_MAX, NULL },
    };
    struct person *e = (struct person *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { audit_tenant(call), audit_actor(call), "operation", "notices.changed", "user",
                             call->caller.user.text };

    e->break_quiet = true;
    if (!session_needed(call, &op->err) || !CALL_BODY(call, op, fields, e) ||
        !clock_check(e->quiet_from, "/quiet_from", &op->err) || !clock_check(e->quiet_to, "/quiet_to", &op->err) ||
        !muted_check(e->muted, &op->arena, &op->err) || !addresses_check(e, &op->err))
        return OP_FAIL;
    if (!e->quiet_from != !e->quiet_to || (e->quiet_from && strcmp(e->quiet_from, e->quiet_to) == 0))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/quiet_to", "pair",
                           "quiet hours have a beginning and another end", "免打扰时段必须有不同的开始和结束"),
               OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_NOTICE_PUT, NULL, call->caller.user.text, audit_tenant(call), e->quiet_from, e->quiet_to,
                 e->break_quiet ? "true" : "false", e->muted ? json_text(&op->arena, e->muted) : "[]",
                 e->addresses ? json_text(&op->arena, e->addresses) : "[]");
    audit_add(g, call, &row, NULL);
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step notice_put_steps[] = { { "load", load }, { "put", put }, { "reload", load }, { "show", show }, { 0 } };
const size_t notice_put_bytes = sizeof(struct person);

/* --- test --- */

static enum op_next write_test(struct op *op)
{
    struct person *e = (struct person *)op;
    struct call *call = e->endpoint.call;

    if (!session_needed(call, &op->err))
        return OP_FAIL;
    json_t *payload = json_own(&op->arena, json_pack("{s:s, s:s}", "by", call->caller.email, "path", "/v1/channels"));
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_NOTICE_TEST, &e->rows, call->caller.user.text, audit_tenant(call),
             arena_format(&op->arena, "test:%s", id_new().text), json_text(&op->arena, payload));
    return OP_WAIT;
}

static enum op_next written(struct op *op)
{
    struct person *e = (struct person *)op;

    call_json(e->endpoint.call, 202, json_pack("{s:I}", "messages", (json_int_t)db_int(&e->rows, 0, 0)));
    return OP_DONE;
}

const struct op_step notice_test_steps[] = { { "write", write_test }, { "written", written }, { 0 } };
const size_t notice_test_bytes = sizeof(struct person);

/* --- what one was told --- */

static enum op_next list(struct op *op)
{
    static const char *const states[] = { "pending", "sending", "sent", "retry", "dead", "suppressed", "unknown", NULL };
    struct person *e = (struct person *)op;
    struct call *call = e->endpoint.call;
    const char *state;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) || !page_choice(call, "state", states, &state, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_NOTICE_PAGE, &e->rows, e->page.before, e->page.limit,
             call->caller.user.text, state);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct person *e = (struct person *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step notice_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t notice_list_bytes = sizeof(struct person);
