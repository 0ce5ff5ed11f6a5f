/* POST /v1/platform/http-resources/{id}/probe: does it answer?
 *
 *     load -> record -> ask egress -> say
 *
 * The audit row is committed before anything is sent. What the resource said stays in egress.
 */
#include <stdio.h>

#include "api/audit.h"
#include "api/page.h"
#include "api/resources/resources.h"
#include "core/io/egress/egress_client.h"
#include "core/model/resource.h"

struct http_probe {
    struct endpoint endpoint;
    struct id id;
    struct resource resource;
    struct egress_session *session;
    struct egress_answer answer;
    struct db_rows found;
};

static enum op_next load(struct op *op)
{
    struct http_probe *e = (struct http_probe *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_HTTP_RESOURCE_PAGE, &e->found, NULL, "1", NULL, e->id.text);
    return OP_WAIT;
}

static enum op_next record(struct op *op)
{
    struct http_probe *e = (struct http_probe *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { NULL, audit_actor(call), "resource", "resource.probed", "http_resource", e->id.text };

    if (e->found.count == 0)
        return page_one(call, 200, &e->found, &op->err), OP_FAIL;
    if (!resource_read(db_json(&e->found, 0, 3, &op->arena), &e->resource, &op->arena, &op->err))
        return gov_fail_cause(&op->err, GOV_INTERNAL, "a stored definition is not valid any more"), OP_FAIL;
    if (!e->resource.probe)
        return gov_fail_at(&op->err, GOV_CONFLICT, "/definition/probe", "no_probe",
                           "the definition of \"%s\" names no probe: give it \"probe\", the name of a read without "
                           "parameters", "“%s”的定义中没有 probe：请填写一个不带参数的读操作的名称",
                           db_text(&e->found, 0, 4)),
               OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    audit_add(g, call, &row, json_pack("{s:s, s:s}", "name", db_text(&e->found, 0, 4), "operation", e->resource.probe));
    audit_remember(g, call, 200);
    db_group_send(g);
    return OP_WAIT;
}

static void hang_up(void *endpoint)
{
    struct http_probe *e = endpoint;

    if (e->session)
        egress_session_end(e->session);
    e->session = NULL;
}

static enum op_next ask(struct op *op)
{
    struct http_probe *e = (struct http_probe *)op;
    json_t *question = json_own(&op->arena, json_pack("{s:{s:s}}", "probe", "resource", e->id.text));

    e->session = egress_session_new(op->loop, e->endpoint.call->api->settings.egress);
    arena_defer(&op->arena, hang_up, e);
    egress_session_ask(op, e->session, question, NULL, 0, &e->answer);
    return OP_WAIT;
}

static enum op_next say(struct op *op)
{
    struct http_probe *e = (struct http_probe *)op;
    struct call *call = e->endpoint.call;
    const json_t *probed = json_object_get(e->answer.json, "probed"), *why = json_object_get(probed, "why");
    int64_t status = json_get_int(probed, "status", 0);

    hang_up(e);
    if (e->answer.err.code) {
        op->err = e->answer.err;
        return OP_FAIL;
    }
    call_json(call, 200,
              json_pack("{s:s, s:s, s:b, s:o, s:I, s:I, s:s?, s:s?}", "resource", db_text(&e->found, 0, 4), "operation",
                        e->resource.probe, "ok", status > 0 && status < 400, "status",
                        status ? json_integer(status) : json_null(), "ms", (json_int_t)json_get_int(probed, "ms", 0),
                        "answer_bytes", (json_int_t)json_get_int(probed, "answer_bytes", 0), "code",
                        json_get_text(why, "code"), "detail",
                        json_get_text(why, call->language == GOV_ZH ? "zh" : "en")));
    return OP_DONE;
}

const struct op_step http_probe_steps[] = {
    { "load", load }, { "record", record }, { "ask", ask }, { "say", say }, { 0 }
};
const size_t http_probe_bytes = sizeof(struct http_probe);
