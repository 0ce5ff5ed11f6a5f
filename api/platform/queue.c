/* GET /v1/platform/queues: what waits, how long, whose it is.
 *
 *     depth -> names -> leave
 *
 * Redis knows order and age, the table of tenants knows names. ?tenant= keeps only that tenant's queues.
 */
#include <string.h>

#include "api/page.h"
#include "api/platform/platform.h"
#include "core/store/queue/queue_depth.h"

enum { QUEUES_MAX = 200 };

struct queue_list {
    struct endpoint endpoint;
    const char *tenant;
    struct queue_depths depths;
    const json_t *depth; /* of all shards */
    struct db_rows tenants; /* of tenants_of_schemas.sql */
};

static enum op_next depth(struct op *op)
{
    struct queue_list *e = (struct queue_list *)op;

    if (!page_id(e->endpoint.call, "tenant", &e->tenant, &op->err))
        return OP_FAIL;
    queue_depths_ask(op, &e->endpoint.call->api->queues, QUEUES_MAX, &e->depths);
    return OP_WAIT;
}

static enum op_next names(struct op *op)
{
    struct queue_list *e = (struct queue_list *)op;
    const json_t *queue;
    size_t i;
    struct buf schemas = { 0 };

    e->depth = queue_depths_sum(&op->arena, &e->depths, QUEUES_MAX, &op->err);
    if (!e->depth)
        return OP_FAIL;
    json_array_foreach(json_object_get(e->depth, "queues"), i, queue)
        buf_addf(&schemas, "%s%s", i ? "," : "{", json_get_text(queue, "tenant"));
    if (schemas.length) {
        buf_add_char(&schemas, '}');
        DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_TENANTS_OF_SCHEMAS, &e->tenants,
                 schemas.data);
    }
    buf_release(&schemas);
    return OP_WAIT;
}

/* The row of that schema, or -1. */
static int tenant_row(const struct queue_list *e, const char *schema)
{
    for (int i = 0; i < e->tenants.count; i++)
        if (strcmp(db_text(&e->tenants, i, 0), schema) == 0)
            return i;
    return -1;
}

static json_t *age(const struct queue_list *e, const json_t *of)
{
    int64_t since_ms = json_get_int(of, "since_ms", 0);
    int64_t now_ms = json_get_int(e->depth, "now_ms", 0);

    return since_ms ? json_integer(now_ms > since_ms ? now_ms - since_ms : 0) : json_null();
}

static json_t *queues_of(const struct queue_list *e, const char *lane, const char *class)
{
    json_t *list = json_array();
    const json_t *q;
    size_t i;

    json_array_foreach(json_object_get(e->depth, "queues"), i, q)
    {
        int row = tenant_row(e, json_get_text(q, "tenant"));
        if (row < 0 || strcmp(json_get_text(q, "lane"), lane) != 0 ||
            strcmp(json_get_text(q, "class"), class) != 0 ||
            (e->tenant && strcmp(db_text(&e->tenants, row, 1), e->tenant) != 0))
            continue;
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:I, s:I, s:o, s:b, s:b}", "tenant", db_text(&e->tenants, row, 1),
                            "name", db_text(&e->tenants, row, 2), "depth",
                            (json_int_t)json_get_int(q, "entries", 0), "running",
                            (json_int_t)json_get_int(q, "held", 0), "oldest_age_ms", age(e, q),
                            "at_limit", json_get_bool(q, "parked", false), "paused",
                            db_bool(&e->tenants, row, 3)));
    }
    return list;
}

static enum op_next leave(struct op *op)
{
    struct queue_list *e = (struct queue_list *)op;
    json_t *items = json_array(), *of_lane, *of_class;
    const char *lane, *class;

    json_object_foreach(json_object_get(e->depth, "lanes"), lane, of_lane)
        json_object_foreach(json_object_get(of_lane, "classes"), class, of_class)
        {
            json_t *tenants = queues_of(e, lane, class);
            if (e->tenant && json_array_size(tenants) == 0) {
                json_decref(tenants);
                continue;
            }
            json_array_append_new(
                items, json_pack("{s:s, s:s, s:I, s:o, s:I, s:I, s:o}", "lane", lane, "class", class,
                                 "depth", (json_int_t)json_get_int(of_class, "entries", 0),
                                 "oldest_age_ms", age(e, of_class), "running",
                                 (json_int_t)json_get_int(of_lane, "busy", 0), "backlogs",
                                 (json_int_t)json_get_int(of_class, "over", 0), "tenants", tenants));
        }
    call_list(e->endpoint.call, items, NULL);
    return OP_DONE;
}

const struct op_step queue_list_steps[] = {
    { "depth", depth }, { "names", names }, { "leave", leave }, { 0 }
};
const size_t queue_list_bytes = sizeof(struct queue_list);
