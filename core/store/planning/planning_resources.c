#include "core/store/planning/planning_resources.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/model/resource.h"

enum { RESOURCES_MAX = 2000 };

/* Columns of resources_declared.sql. */
enum { COL_NAME, COL_DEFINITION, COL_CREDENTIAL };

enum op_next planning_resources_load(struct op *op)
{
    struct planning *p = (struct planning *)op;
    struct buf names = { 0 };
    json_t *one;
    size_t i;

    if (json_array_size(p->chosen->resources) == 0)
        return OP_NEXT;
    buf_add_char(&names, '{');
    json_array_foreach ((json_t *)p->chosen->resources, i, one)
        buf_addf(&names, "%s%.*s", i ? "," : "", (int)strcspn(json_string_value(one), "."),
                 json_string_value(one));
    buf_add_char(&names, '}');
    DB_QUERY(op, p->db, &p->scope, SQL_QUERIES_RESOURCES_DECLARED, &p->resource_rows, names.data);
    buf_release(&names);
    return OP_WAIT;
}

static int row_of(const struct planning *p, const char *declared)
{
    size_t length = strcspn(declared, ".");

    for (int row = 0; row < p->resource_rows.count; row++) {
        const char *name = db_text(&p->resource_rows, row, COL_NAME);
        if (strlen(name) == length && strncmp(name, declared, length) == 0)
            return row;
    }
    return -1;
}

/* Everything an action names must be there and be allowed; a bare name means what may be read. */
static bool check_declared(const struct planning *p, const struct resource *r, const char *declared,
                           struct gov_err *err)
{
    const char *dot = strchr(declared, '.');
    const struct resource_operation *o = dot ? resource_operation_find(r, dot + 1) : NULL;

    if (!dot || (o && o->allowed))
        return true;
    return gov_fail_at(err, GOV_WRITE_NOT_WHITELISTED, "/action", "not_whitelisted",
                       "action \"%s\" wants \"%s\", which the platform does not allow; its administrator can",
                       "操作“%s”需要“%s”，平台未放行；平台管理员可放行", p->chosen->name, declared);
}

static void take_operation(struct planning *p, struct plan_resource *out, int row, const char *method,
                           const char *path)
{
    out[p->step.resource_count++] = (struct plan_resource){
        .name = db_text(&p->resource_rows, row, COL_NAME),
        .method = method,
        .path = path,
        .credential_version = db_int(&p->resource_rows, row, COL_CREDENTIAL),
    };
}

static bool too_many(const struct planning *p, struct gov_err *err)
{
    return gov_fail_at(err, GOV_INVALID_INPUT, "/action", "too_many",
                       "action \"%s\" names resources with more than %d operations in all; its author can name fewer",
                       "操作“%s”所列资源的操作总数超过 %d 个；作者可减少所列资源", p->chosen->name, RESOURCES_MAX);
}

/* The same operation once, however often it is named. What is not in the plan nobody has confirmed, so a plan
 * takes all of them or is none. */
static bool take_all(struct planning *p, const struct resource *r, struct plan_resource *out, int row,
                     bool *high, struct gov_err *err)
{
    const char *name = db_text(&p->resource_rows, row, COL_NAME);

    for (size_t i = 0; i < r->operation_count; i++) {
        const struct resource_operation *o = &r->operations[i];
        if (!o->allowed || !resource_declared(p->chosen->resources, name, o))
            continue;
        if (p->step.resource_count == RESOURCES_MAX)
            return too_many(p, err);
        take_operation(p, out, row, o->method, o->path);
        *high = *high || o->risk == SKILL_RISK_HIGH;
    }
    for (size_t i = 0; i < json_array_size(r->pages); i++) {
        if (p->step.resource_count == RESOURCES_MAX)
            return too_many(p, err);
        take_operation(p, out, row, "GET", json_string_value(json_array_get(r->pages, i)));
    }
    return true;
}

static void raise_risk(struct planning *p)
{
    struct skill_action *raised = arena_alloc(&p->op.arena, sizeof *raised);

    *raised = *p->chosen;
    raised->risk = SKILL_RISK_HIGH;
    raised->confirm_required = true;
    p->chosen = raised;
}

enum op_next planning_resources_take(struct op *op)
{
    struct planning *p = (struct planning *)op;
    struct arena *arena = &op->arena;
    struct plan_resource *out = ARENA_ARRAY(arena, struct plan_resource, RESOURCES_MAX);
    bool *taken = ARENA_ARRAY(arena, bool, (size_t)p->resource_rows.count + 1), high = false;
    struct resource r;
    json_t *one;
    size_t i;

    if (json_array_size(p->chosen->resources) == 0)
        return OP_NEXT;
    p->step.resources = out;
    p->credentials = json_own(arena, json_object());
    json_array_foreach ((json_t *)p->chosen->resources, i, one) {
        const char *declared = json_string_value(one);
        int row = row_of(p, declared);
        if (row < 0)
            return gov_fail_at(&op->err, GOV_NOT_GRANTED, "/action", "not_granted",
                               "action \"%s\" calls the HTTP resource \"%.*s\", which this tenant was not "
                               "granted; ask the platform's administrator",
                               "操作“%s”要调用 HTTP 资源“%.*s”，但该租户未获授权；请联系平台管理员", p->chosen->name,
                               (int)strcspn(declared, "."), declared),
                   OP_FAIL;
        if (!resource_read(db_json(&p->resource_rows, row, COL_DEFINITION, arena), &r, arena, &op->err) ||
            !check_declared(p, &r, declared, &op->err))
            return OP_FAIL;
        if (taken[row])
            continue;
        taken[row] = true;
        if (!take_all(p, &r, out, row, &high, &op->err))
            return OP_FAIL;
        json_object_set_new(p->credentials, db_text(&p->resource_rows, row, COL_NAME),
                            json_integer(db_int(&p->resource_rows, row, COL_CREDENTIAL)));
    }
    if (high && p->chosen->risk != SKILL_RISK_HIGH)
        raise_risk(p);
    return OP_NEXT;
}
