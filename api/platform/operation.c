/* /v1/platform/audit, /workers and /queues: what the people who run the platform look at. */
#include "api/people/page.h"
#include "api/platform/platform.h"

struct operation {
    struct endpoint endpoint;
    struct page page;
    struct db_rows rows;
    struct queue_document queues;
};

static enum op_next audit(struct op *op)
{
    struct operation *e = (struct operation *)op;
    struct call *call = e->endpoint.call;
    const char *kind, *since, *until;

    if (!page_read(call, true, &e->page, &op->err) ||
        !page_words(call, "kind", 40, &kind, &op->err) ||
        !page_time(call, "since", &since, &op->err) || !page_time(call, "until", &until, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_PLATFORM_AUDIT_PAGE, &e->rows,
             e->page.before, e->page.limit, kind, since, until);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct operation *e = (struct operation *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step platform_audit_steps[] = { { "audit", audit }, { "leave", leave }, { 0 } };
const size_t platform_audit_bytes = sizeof(struct operation);

static enum op_next workers(struct op *op)
{
    struct operation *e = (struct operation *)op;

    e->page.asked.limit = INT32_MAX; /* one page: the query has its own bound */
    db_query(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_WORKER_LIST, &e->rows, 0, NULL);
    return OP_WAIT;
}

const struct op_step worker_list_steps[] = { { "workers", workers }, { "leave", leave }, { 0 } };
const size_t worker_list_bytes = sizeof(struct operation);

static enum op_next depth(struct op *op)
{
    struct operation *e = (struct operation *)op;
    job_queue_depth(op, e->endpoint.call->api->queue, &e->queues);
    return OP_WAIT;
}

/* One item a lane and class; `running` is known by lane. */
static enum op_next depth_leave(struct op *op)
{
    struct operation *e = (struct operation *)op;
    json_t *items = json_array();
    const char *lane, *class;
    json_t *of_lane, *of_class;

    if (e->queues.err.code) {
        op->err = e->queues.err;
        json_decref(items);
        return OP_FAIL;
    }
    json_object_foreach(json_object_get(e->queues.json, "lanes"), lane, of_lane)
        json_object_foreach(json_object_get(of_lane, "classes"), class, of_class)
            json_array_append_new(
                items, json_pack("{s:s, s:s, s:I, s:n, s:I}", "lane", lane, "class", class, "depth",
                                 (json_int_t)json_get_int(of_class, "entries", 0), "oldest_age_ms",
                                 "running", (json_int_t)json_get_int(of_lane, "busy", 0)));
    call_list(e->endpoint.call, items, NULL);
    return OP_DONE;
}

const struct op_step queue_list_steps[] = { { "depth", depth }, { "leave", depth_leave }, { 0 } };
const size_t queue_list_bytes = sizeof(struct operation);
