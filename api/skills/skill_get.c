/* GET /v1/skills/{name}, and what others use to answer with a skill. */
#include "api/skills/skill_read.h"
#include "api/skills/skills.h"

void skill_read(struct op *op, struct call *call, const char *name, struct skill_read *read)
{
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);

    DB_GROUP_ADD(g, SQL_QUERIES_SKILL_GET, &read->skill, name, call->caller.user.text);
    DB_GROUP_ADD(g, SQL_QUERIES_VERSION_SHOW, &read->latest, name, NULL, NULL, "1", NULL,
                 caller_seeing(call));
    db_group_send(g);
}

bool skill_read_visible(struct call *call, const char *name, const struct skill_read *read,
                        struct gov_err *err)
{
    return skill_visible(call, &read->skill, 0) || skill_missing(name, err);
}

void skill_read_leave(struct call *call, const struct skill_read *read)
{
    call_etag(call, db_int(&read->skill, 0, SKILL_REVISION));
    call_json(call, 200, skill_shown(call, &read->skill, &read->latest));
}

struct skill_get {
    struct endpoint endpoint;
    struct skill_read read;
};

static enum op_next load(struct op *op)
{
    struct skill_get *e = (struct skill_get *)op;
    skill_read(op, e->endpoint.call, e->endpoint.call->params[0], &e->read);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct skill_get *e = (struct skill_get *)op;
    struct call *call = e->endpoint.call;

    if (!skill_read_visible(call, call->params[0], &e->read, &op->err))
        return OP_FAIL;
    skill_read_leave(call, &e->read);
    return OP_DONE;
}

const struct op_step skill_get_steps[] = { { "load", load }, { "leave", leave }, { 0 } };
const size_t skill_get_bytes = sizeof(struct skill_get);
