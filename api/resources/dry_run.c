/* POST /v1/platform/http-resources/{id}/dry-run: what a call would be, and the verdict. It sends nothing:
 * this process could not, it neither opens the credential nor calls out.
 *
 * A refusal is an answer (allowed: false, with the code a run would get), not a failure of this route.
 */
#include <string.h>

#include "api/audit.h"
#include "api/page.h"
#include "api/resources/resources.h"
#include "core/model/resource.h"

#define MASK "••••"

struct dry_run {
    struct endpoint endpoint;
    const char *operation, *method, *url;
    json_t *parameters, *headers, *body;
    struct id id;
    struct resource resource;
    struct resource_call made;
    struct db_rows found;
};

static const struct json_field fields[] = {
    { "operation", JSON_FIELD_TEXT, false, offsetof(struct dry_run, operation), 1, 63, NULL },
    { "parameters", JSON_FIELD_OBJECT, false, offsetof(struct dry_run, parameters), 0, 0, NULL },
    { "method", JSON_FIELD_TEXT, false, offsetof(struct dry_run, method), 1, 40, NULL },
    { "url", JSON_FIELD_TEXT, false, offsetof(struct dry_run, url), 1, RESOURCE_URL_BYTES_MAX, NULL },
    { "headers", JSON_FIELD_OBJECT, false, offsetof(struct dry_run, headers), 0, 0, NULL },
    { "body", JSON_FIELD_ANY, false, offsetof(struct dry_run, body), 0, 0, NULL },
};

static enum op_next load(struct op *op)
{
    struct dry_run *e = (struct dry_run *)op;
    struct call *call = e->endpoint.call;

    if (!CALL_BODY(call, op, fields, e) || !call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    if (!e->operation == !(e->method && e->url))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/operation", "required",
                           "give either operation, or method and url", "请给出 operation，或 method 与 url"),
               OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_HTTP_RESOURCE_PAGE, &e->found, NULL, "1", NULL,
             e->id.text);
    return OP_WAIT;
}

/* Where the credential would go. */
static void mask_credential(struct dry_run *e, json_t *headers, const char **url)
{
    const struct resource *r = &e->resource;
    struct arena *arena = &e->endpoint.op.arena;

    switch (r->auth) {
    case AUTH_BASIC:
        json_object_set_new(headers, "Authorization", json_string("Basic " MASK));
        break;
    case AUTH_BEARER:
    case AUTH_OAUTH2:
        json_object_set_new(headers, "Authorization", json_string("Bearer " MASK));
        break;
    case AUTH_HEADER:
        json_object_set_new(headers, r->auth_name, json_string(MASK));
        break;
    case AUTH_QUERY:
        *url = arena_format(arena, "%s%s%s=" MASK, *url, strchr(*url, '?') ? "&" : "?", r->auth_name);
        break;
    case AUTH_HMAC:
        json_object_set_new(headers, "X-Signature", json_string("t=" MASK ",v1=" MASK));
        break;
    case AUTH_NONE:
    case AUTH_COUNT:
        break;
    }
}

static json_t *request_json(struct dry_run *e)
{
    json_t *headers = json_deep_copy((json_t *)e->made.headers);
    const struct resource_operation *o = e->made.operation;
    const char *url = e->made.url;

    mask_credential(e, headers, &url);
    if (o && o->write && e->resource.idempotency_header)
        json_object_set_new(headers, e->resource.idempotency_header, json_string("<run>:<step>"));
    return json_pack("{s:s, s:s, s:o, s:s?}", "method", e->made.method, "url", url, "headers", headers,
                     "body", e->made.body);
}

static json_t *rule_json(struct dry_run *e)
{
    const struct resource_operation *o = e->made.operation;
    bool high = o && o->risk == SKILL_RISK_HIGH;
    bool zh = e->endpoint.call->language == GOV_ZH;
    const char *text = high ? (zh ? "须由请求者以外的人员确认后才会发送" :
                                    "somebody other than the requester has to confirm before it is sent") :
                              (zh ? "无需确认" : "needs no confirmation");
    return json_pack("{s:b, s:s}", "required", high, "rule", text);
}

static json_t *body_text(struct dry_run *e, struct resource_wish *wish)
{
    struct arena *arena = &e->endpoint.op.arena;

    if (e->body) {
        wish->body = json_is_string(e->body) ? json_string_value(e->body) : json_text(arena, e->body);
        wish->body_bytes = strlen(wish->body);
    }
    return e->body;
}

static enum op_next judge(struct op *op)
{
    struct dry_run *e = (struct dry_run *)op;
    struct call *call = e->endpoint.call;
    struct resource_wish wish = { .operation = e->operation, .parameters = e->parameters,
                                  .method = e->method, .url = e->url, .headers = e->headers };
    struct gov_err why = { 0 };

    if (e->found.count == 0)
        return page_one(call, 200, &e->found, &op->err), OP_FAIL;
    if (!resource_read(db_json(&e->found, 0, 3, &op->arena), &e->resource, &op->arena, &op->err))
        return gov_fail_cause(&op->err, GOV_INTERNAL, "a stored definition is not valid any more"), OP_FAIL;
    body_text(e, &wish);
    bool allowed = resource_call_make(&e->resource, &wish, &e->made, &op->arena, &why);
    const char *operation = e->made.operation ? e->made.operation->name : NULL;
    call_json(call, 200,
              json_pack("{s:s, s:b, s:s?, s:s?, s:s?, s:o, s:o, s:{s:s?, s:s}, s:b}", "resource",
                        db_text(&e->found, 0, 4), "allowed", allowed, "operation", operation, "code",
                        allowed ? NULL : gov_code_info(why.code)->wire, "detail",
                        allowed ? NULL : gov_err_detail(&why, call->language), "request",
                        allowed ? request_json(e) : json_null(), "confirmation",
                        allowed ? rule_json(e) : json_null(), "credential", "name",
                        db_text(&e->found, 0, 5), "style", resource_auth_name(e->resource.auth), "sent", 0));
    return OP_DONE;
}

const struct op_step http_dry_run_steps[] = { { "load", load }, { "judge", judge }, { 0 } };
const size_t http_dry_run_bytes = sizeof(struct dry_run);
