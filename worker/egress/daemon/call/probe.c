/* probe.c - an outcall without a run: load -> judge, then the steps every call takes, once and without a tenant's
 * limits. It has a pool of its own ("/name"), so that a probe neither uses nor mends a tenant's breaker.
 */
#include "worker/egress/daemon/call/probe.h"

#include <stdlib.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "worker/egress/daemon/call/outcall.h"

static enum op_next load(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    struct id resource;

    if (!id_parse(json_get_text(json_object_get(c->frame->json, "probe"), "resource"), &resource))
        return gov_fail_cause(&op->err, GOV_BAD_REQUEST, "a probe without a resource"), OP_FAIL;
    DB_QUERY(op, c->session->egress->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_PROBE, &c->row,
             arena_text(&op->arena, resource.text));
    return OP_WAIT;
}

static enum op_next judge(struct op *op)
{
    struct outcall *c = (struct outcall *)op;

    if (!c->row.count)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such HTTP resource", "没有该 HTTP 资源"), OP_FAIL;
    c->name = db_text(&c->row, 0, ROW_NAME);
    if (!resource_read(db_json(&c->row, 0, ROW_DEFINITION, &op->arena), &c->resource, &op->arena, &c->why))
        return OP_NEXT;
    if (!c->resource.probe)
        return gov_fail(&op->err, GOV_CONFLICT, "the definition names no probe", "定义中没有 probe"), OP_FAIL;
    c->resource.attempts = 1;
    c->wish = (struct resource_wish){ .operation = c->resource.probe };
    resource_call_make(&c->resource, &c->wish, &c->made, &op->arena, &c->why);
    return OP_NEXT;
}

static const struct op_step steps[] = {
    { "load", load },
    { "judge", judge },
    { "networks", outcall_networks },
    { "limits", outcall_limits },
    { "credential", outcall_credential },
    { "token", outcall_token },
    { "token_got", outcall_token_got },
    { "send", outcall_send },
    { 0 },
};

static void ended(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    struct session *s = c->session;
    struct channel *channel = session_channel(s);
    int64_t ms = (clock_mono_us() - c->began_us) / 1000;

    if (!op->failed && !c->why.code && !c->exchange.status)
        outcall_fail_unanswered(c);
    json_t *answer = op->failed ? json_pack("{s:s, s:{s:s, s:s}}", "error", gov_code_info(op->err.code)->wire, "detail",
                                            "en", gov_err_detail(&op->err, GOV_EN), "zh", gov_err_detail(&op->err, GOV_ZH))
                                : json_pack("{s:{s:i, s:I, s:I}}", "probed", "status", c->exchange.status, "ms",
                                            (json_int_t)ms, "answer_bytes", (json_int_t)c->exchange.answer_bytes);

    if (!op->failed && c->why.code)
        json_object_set_new(json_object_get(answer, "probed"), "why",
                            json_pack("{s:s, s:s, s:s}", "code", gov_code_info(c->why.code)->wire, "en",
                                      gov_err_detail(&c->why, GOV_EN), "zh", gov_err_detail(&c->why, GOV_ZH)));
    log_write(LEVEL_INFO, "resource.probed", LOG_FIELD("resource", c->name ? c->name : "?"),
              LOG_NUMBER("status", c->exchange.status), LOG_NUMBER("ms", ms));
    if (channel && answer)
        channel_send(channel, answer, NULL, 0, -1);
    json_decref(answer);
    if (c->secret)
        seal_wipe(c->secret, c->secret_bytes);
    if (c->pool)
        pool_leave(c->pool);
    channel_frame_free(c->frame);
    op_release(op);
    free(c);
    session_left(s);
}

void probe_start(struct session *session, struct channel_frame *frame)
{
    struct outcall *c = calloc(1, sizeof *c);

    CHECK(c);
    op_init(&c->op, "probe", steps, session->egress->loop, ended);
    c->session = session;
    c->frame = frame;
    c->began_us = clock_mono_us();
    op_start(&c->op);
}
