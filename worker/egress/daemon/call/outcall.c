/* outcall.c - what is wanted, and whether it may be done. No name is resolved and no credential opened before
 * judge has said yes. */
#include "worker/egress/daemon/call/outcall.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/io/op/op_sleep.h"

/* A run that was refused that often gets no further look. */
static enum op_next brake(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    struct refusals *refusals = &c->session->refusals;

    if (refusals->looked_at < REFUSALS_MAX)
        return OP_NEXT;
    refusals->unseen++;
    c->unseen = true;
    gov_fail(&c->why, GOV_NOT_GRANTED,
             "%d calls of this run could not be made; the platform looks at no further one until it ends",
             "该运行已有 %d 次调用被拒绝；在其结束前，平台不再处理后续调用", REFUSALS_MAX);
    op_sleep(op, REFUSALS_WAIT_MS);
    return OP_WAIT;
}

static enum op_next read_wish(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    const json_t *call = json_object_get(c->frame->json, "call");
    const json_t *request = json_object_get(c->frame->json, "request");
    const json_t *from = call ? call : request;

    if (c->why.code)
        return OP_NEXT;
    c->name = json_get_text(call, "resource");
    c->wish = (struct resource_wish){ .operation = json_get_text(call, "operation"),
                                      .parameters = json_object_get(call, "parameters"),
                                      .input = json_object_get(call, "input"),
                                      .method = json_get_text(request, "method"),
                                      .url = json_get_text(request, "url"),
                                      .headers = json_object_get(from, "headers"),
                                      .body = c->frame->body_bytes ? c->frame->body : NULL,
                                      .body_bytes = c->frame->body_bytes };
    bool good = call ? c->name && c->wish.operation &&
                           (!c->wish.parameters || json_is_object(c->wish.parameters)) &&
                           (!c->wish.input || json_is_object(c->wish.input))
                     : c->wish.method && c->wish.url;
    if (!good || (c->wish.headers && !json_is_object(c->wish.headers)))
        gov_fail(&c->why, GOV_INVALID_INPUT, "this is no call: it needs resource and operation, or method and url",
                 "这不是一次调用：需要 resource 与 operation，或 method 与 url");
    return OP_NEXT;
}

/* The names an action declares, without their operations, as an array of PostgreSQL's. */
static const char *declared_names(const struct outcall *c, struct arena *arena)
{
    struct buf out = { 0 };
    json_t *one;
    size_t i;

    buf_add_char(&out, '{');
    json_array_foreach ((json_t *)c->session->declared, i, one) {
        const char *name = json_string_value(one);
        if (name)
            buf_addf(&out, "%s%.*s", out.length > 1 ? "," : "", (int)strcspn(name, "."), name);
    }
    buf_add_char(&out, '}');
    const char *copy = arena_copy(arena, out.data, out.length);
    buf_release(&out);
    return copy;
}

static enum op_next find(struct op *op)
{
    struct outcall *c = (struct outcall *)op;

    if (c->why.code || c->name)
        return OP_NEXT;
    DB_QUERY(op, c->session->egress->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_ADDRESSES, &c->addresses,
             c->session->tenant.text, declared_names(c, &op->arena));
    return OP_WAIT;
}

static enum op_next resolve(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    struct resource resource;
    struct resource_url url;
    struct gov_err ignored;

    if (c->why.code || c->name)
        return OP_NEXT;
    for (int row = 0; row < c->addresses.count && !c->name; row++)
        if (resource_read(db_json(&c->addresses, row, 1, &op->arena), &resource, &op->arena, &ignored) &&
            resource_covers(&resource, c->wish.url, &op->arena))
            c->name = db_text(&c->addresses, row, 0);
    if (!c->name)
        gov_fail(&c->why, GOV_ADDRESS_REFUSED,
                 "%.200s is not an address of a HTTP resource that this action may use; ask the platform's "
                 "administrator for a grant, and name the resource in the action's \"resources\"",
                 "%.200s 不属于该操作可用的 HTTP 资源；请向平台管理员申请授权，并在操作的 resources 中列出该资源",
                 resource_url_read(c->wish.url, &url, &op->arena) ? url.host : "this");
    return OP_NEXT;
}

static bool named(const struct outcall *c)
{
    size_t length = strlen(c->name), i;
    json_t *one;

    json_array_foreach ((json_t *)c->session->declared, i, one) {
        const char *name = json_string_value(one);
        if (name && strncmp(name, c->name, length) == 0 && (!name[length] || name[length] == '.'))
            return true;
    }
    return false;
}

static enum op_next load(struct op *op)
{
    struct outcall *c = (struct outcall *)op;

    if (c->why.code)
        return OP_NEXT;
    if (!named(c)) {
        gov_fail(&c->why, GOV_NOT_GRANTED,
                 "the action does not name \"%.63s\" among its resources; its author can add it to skill.json",
                 "该操作的 resources 中没有“%.63s”；作者可在 skill.json 中添加", c->name);
        return OP_NEXT;
    }
    DB_QUERY(op, c->session->egress->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_RESOURCE, &c->row,
             c->session->tenant.text, c->name);
    return OP_WAIT;
}

static enum op_next judge(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    const struct resource_operation *o;

    if (c->why.code)
        return OP_NEXT;
    if (!c->row.count) {
        gov_fail(&c->why, GOV_NOT_GRANTED,
                 "\"%.63s\" is not granted to this tenant (or has expired); ask the platform's administrator",
                 "该租户未获得“%.63s”的授权（或已过期）；请联系平台管理员", c->name);
        return OP_NEXT;
    }
    if (!resource_read(db_json(&c->row, 0, ROW_DEFINITION, &op->arena), &c->resource, &op->arena, &c->why) ||
        !resource_call_make(&c->resource, &c->wish, &c->made, &op->arena, &c->why))
        return OP_NEXT;
    if (json_get_int(c->session->planned, c->name, -1) != db_int(&c->row, 0, ROW_CREDENTIAL_VERSION)) {
        gov_fail(&c->why, GOV_PLAN_STALE, "the credential of \"%s\" was changed after this was planned; run it again",
                 "“%s”的凭据在计划之后已更换，请重新运行", c->name);
        return OP_NEXT;
    }
    o = c->made.operation;
    c->is_write = o && o->write;
    if (!resource_declared(c->session->declared, c->name, o))
        gov_fail(&c->why, c->is_write ? GOV_WRITE_NOT_WHITELISTED : GOV_NOT_GRANTED,
                 "the action has to name \"%s.%s\" among its resources to use it",
                 "使用该操作前须在 resources 中列出“%s.%s”", c->name, o ? o->name : "");
    else if (o && o->risk == SKILL_RISK_HIGH && !c->session->high)
        gov_fail(&c->why, GOV_PLAN_STALE,
                 "\"%s.%s\" is of high risk, and this was planned when it was not; run it again, and somebody else "
                 "confirms it", "“%s.%s”现为高风险操作，而计划时不是；请重新运行，并由他人确认", c->name, o->name);
    c->allowed = !c->why.code;
    return OP_NEXT;
}

static const struct op_step steps[] = {
    { "brake", brake },           { "read", read_wish },      { "find", find },
    { "resolve", resolve },       { "load", load },           { "judge", judge },
    { "former", outcall_former },
    { "former_read", outcall_former_read }, { "networks", outcall_networks },
    { "limits", outcall_limits },    { "turn", outcall_turn },
    { "credential", outcall_credential },
    { "token", outcall_token },      { "token_got", outcall_token_got },
    { "begin", outcall_begin },      { "begun", outcall_begun },    { "send", outcall_send },
    { "settle", outcall_settle },    { 0 },
};

void outcall_start(struct session *session, struct channel_frame *frame)
{
    struct outcall *c = calloc(1, sizeof *c);

    CHECK(c);
    op_init(&c->op, "call", steps, session->egress->loop, outcall_ended);
    c->session = session;
    c->frame = frame;
    c->began_us = clock_mono_us();
    op_start(&c->op);
}
