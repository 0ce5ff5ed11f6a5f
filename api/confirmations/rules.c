/* GET and PUT /v1/confirmation-rules: who has to confirm what (core/model/confirmation_rule.h).
 *
 * The list is replaced as a whole; a plan that waits keeps the rule it was made under, and a new one
 * has the new policy version in its digest.
 */
#include "api/audit.h"
#include "api/confirmations/confirmations.h"
#include "core/model/confirmation_rule.h"

struct confirmation_rules {
    struct endpoint endpoint;
    json_t *rules;
    struct db_rows rows;
};

static enum op_next load(struct op *op)
{
    struct confirmation_rules *e = (struct confirmation_rules *)op;
    struct call *call = e->endpoint.call;

    db_query(op, call->api->db, &call->caller.scope, SQL_QUERIES_CONFIRMATION_RULES_GET, &e->rows, 0,
             NULL);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct confirmation_rules *e = (struct confirmation_rules *)op;
    struct call *call = e->endpoint.call;
    json_t *rules = db_json(&e->rows, 0, 1, &op->arena);

    call_etag(call, db_int(&e->rows, 0, 0));
    call_json(call, 200, json_pack("{s:O}", "rules", rules));
    return OP_DONE;
}

static enum op_next change(struct op *op)
{
    struct confirmation_rules *e = (struct confirmation_rules *)op;
    struct call *call = e->endpoint.call;
    static const struct json_field fields[] = {
        { "rules", JSON_FIELD_ANY, true, offsetof(struct confirmation_rules, rules), 0, 0, NULL },
    };
    struct audit_row row = { audit_tenant(call), audit_actor(call), "operation",
                             "confirmation_rules.changed", "setting", "confirmation" };

    if (!CALL_BODY(call, op, fields, e) ||
        !confirmation_rules_check(e->rules, "/rules", &op->arena, &op->err) ||
        !call_if_match(call, db_int(&e->rows, 0, 0), &op->err))
        return OP_FAIL;
    json_t *member = json_own(&op->arena, json_pack("{s:O}", "rules", e->rules));
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_SETTING_MERGE, NULL, "confirmation", json_text(&op->arena, member),
                 call->caller.user.text);
    audit_add_inside(g, call, &row, json_pack("{s:O}", "rules", e->rules));
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step confirmation_rules_get_steps[] = { { "load", load }, { "show", show }, { 0 } };
const size_t confirmation_rules_get_bytes = sizeof(struct confirmation_rules);

const struct op_step confirmation_rules_put_steps[] = {
    { "load", load }, { "change", change }, { "reload", load }, { "show", show }, { 0 }
};
const size_t confirmation_rules_put_bytes = sizeof(struct confirmation_rules);
