/* call_reply.c - the small tools endpoints share: bodies, answers, revisions. See call.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "core/base/text.h"

void call_json(struct call *call, int status, json_t *json)
{
    call->status = status;
    call->media_type = "application/json";
    buf_clear(&call->body);
    json_write(json, &call->body);
    json_decref(json);
}

void call_empty(struct call *call)
{
    call->status = 204;
    call->media_type = NULL;
    buf_clear(&call->body);
}

void call_taken(struct call *call)
{
    call->taken = true;
}

bool call_body(struct call *call, struct op *op, const struct json_field *fields, size_t count,
               void *into)
{
    return json_decode_text(call->request->body, call->request->body_bytes, fields, count, into,
                            NULL, &op->arena, &op->err);
}

void call_remember(struct call *call, struct db_group *group)
{
    bool tenant = *call->caller.scope.schema;
    char status[12];

    if (!call->idempotency_key || call->caller.kind == CALLER_NOBODY)
        return;
    snprintf(status, sizeof status, "%d", call->status);
    DB_GROUP_ADD(group,
                 tenant ? SQL_QUERIES_IDEMPOTENCY_INSERT : SQL_QUERIES_IDEMPOTENCY_INSERT_PUBLIC,
                 NULL, call->caller.user.text, call->route->pattern, call->idempotency_key,
                 call->body_hash, status,
                 call->route->answer_secret || !call->body.length ? NULL : call->body.data);
}

void call_remember_shown(struct call *call, struct db_group *group, const struct id *id)
{
    if (!call->idempotency_key || call->caller.kind == CALLER_NOBODY || call->replayed)
        return;
    DB_GROUP_ADD(group, SQL_QUERIES_IDEMPOTENCY_INSERT, NULL, call->caller.user.text,
                 call->route->pattern, call->idempotency_key, call->body_hash, "202",
                 arena_format(&call->op.arena, "{\"id\":\"%s\"}", id->text));
}

bool call_param_id(struct call *call, int index, struct id *id, struct gov_err *err)
{
    return id_parse(call->params[index], id) ||
           gov_fail(err, GOV_NOT_FOUND, "there is nothing with this id here", "这里没有该 id 的内容");
}

void call_list(struct call *call, json_t *items, const char *next)
{
    call_json(call, 200, json_pack("{s:o, s:s?}", "items", items, "next_cursor", next));
}

bool call_if_match(struct call *call, int64_t revision, struct gov_err *err)
{
    const char *header = http_request_header(call->request, "if-match");
    char expected[32];

    snprintf(expected, sizeof expected, "\"%lld\"", (long long)revision);
    if (!header || strcmp(header, "*") == 0 || strcmp(header, expected) == 0)
        return true;
    return gov_fail_at(err, GOV_PRECONDITION_FAILED, "If-Match", "revision",
                       "it is now at revision %s; read it again and repeat your change",
                       "当前版本为 %s；请重新读取后再修改", expected);
}

void call_etag(struct call *call, int64_t revision)
{
    char tag[32];
    snprintf(tag, sizeof tag, "\"%lld\"", (long long)revision);
    http_reply_header(call->request, "ETag", tag);
}

const char *call_localised(struct call *call, const json_t *text)
{
    const char *en = json_get_text(text, "en"), *zh = json_get_text(text, "zh");
    if (json_is_string(text))
        return json_string_value(text);
    if (call->language == GOV_ZH)
        return zh ? zh : en;
    return en ? en : zh;
}
