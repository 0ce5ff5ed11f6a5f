/* POST /v1/logout: the token that made this call is void from now on, also an api token. */
#include "api/audit.h"
#include "api/people/login/session.h"
#include "api/people/people.h"

struct logout {
    struct endpoint endpoint;
};

static enum op_next end_token(struct op *op)
{
    struct call *call = ((struct logout *)op)->endpoint.call;

    if (!call_body(call, op, NULL, 0, NULL))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { audit_tenant(call), audit_actor(call), "login", "login.ended", "user",
                             call->caller.user.text };
    DB_GROUP_ADD(g, SQL_QUERIES_TOKEN_REVOKE_OWN, NULL, call->caller.token.text);
    audit_add(g, call, &row, audit_origin(call));
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct call *call = ((struct logout *)op)->endpoint.call;

    if (!http_request_header(call->request, "authorization"))
        session_forget(call);
    call_empty(call);
    return OP_DONE;
}

const struct op_step logout_steps[] = { { "end", end_token }, { "leave", leave }, { 0 } };
const size_t logout_bytes = sizeof(struct logout);
