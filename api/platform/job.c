/* GET /v1/jobs/{id} and /v1/platform/jobs/{id}?tenant=: one job as operators see it. No payload, no result.
 *
 *     whose -> load -> worker -> leave
 */
#include "api/page.h"
#include "api/platform/platform.h"

struct job_get {
    struct endpoint endpoint;
    struct id id;
    const char *tenant;
    struct db_scope scope;
    struct db_rows tenants, rows, worker;
};

static enum op_next whose(struct op *op)
{
    struct job_get *e = (struct job_get *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    e->scope = call->caller.scope;
    if (call->route->access != ACCESS_PLATFORM)
        return OP_NEXT;
    if (!page_id(call, "tenant", &e->tenant, &op->err))
        return OP_FAIL;
    if (!e->tenant)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "tenant", "required",
                           "say whose job it is: ?tenant=<id of the tenant>",
                           "请指明任务所属租户：?tenant=<租户编号>"),
               OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_TENANT_FIND, &e->tenants, e->tenant);
    return OP_WAIT;
}

static enum op_next load(struct op *op)
{
    struct job_get *e = (struct job_get *)op;

    if (e->tenant && e->tenants.count == 0)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such tenant", "没有这个租户"), OP_FAIL;
    if (e->tenant)
        e->scope = db_scope_tenant(db_text(&e->tenants, 0, 0), (int)db_int(&e->tenants, 0, 1));
    DB_QUERY(op, e->endpoint.call->api->db, &e->scope, SQL_QUERIES_JOB_SHOW, &e->rows, e->id.text);
    return OP_WAIT;
}

static enum op_next worker(struct op *op)
{
    struct job_get *e = (struct job_get *)op;

    if (e->rows.count == 0)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such job", "没有这个任务"), OP_FAIL;
    if (db_text(&e->rows, 0, 2))
        DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_WORKER_SHOW, &e->worker,
                 db_text(&e->rows, 0, 2));
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct job_get *e = (struct job_get *)op;
    json_t *job = db_json(&e->rows, 0, 1, &op->arena), *where = json_null();
    const char *id = db_text(&e->rows, 0, 2);

    if (id)
        where = e->worker.count
                    ? json_pack("{s:s, s:s, s:I, s:s, s:I, s:s}", "id", id, "host",
                                db_text(&e->worker, 0, 0), "pid", (json_int_t)db_int(&e->worker, 0, 1),
                                "state", db_text(&e->worker, 0, 2), "lease_age_ms",
                                (json_int_t)db_int(&e->worker, 0, 3), "version", db_text(&e->worker, 0, 4))
                    : json_pack("{s:s}", "id", id);
    json_object_set_new(job, "worker", where);
    call_json(e->endpoint.call, 200, json_incref(job));
    return OP_DONE;
}

const struct op_step job_get_steps[] = { { "whose", whose }, { "load", load }, { "worker", worker },
                                         { "leave", leave }, { 0 } };
const size_t job_get_bytes = sizeof(struct job_get);
