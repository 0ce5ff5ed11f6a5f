/* /v1/platform/credential-keys: the master keys that egress has published, and moving on to the newest.
 *
 * Choosing a key is one row; egress finds what is still sealed to another one and wraps it again, a few
 * rows at a time, from wherever it was when it was stopped. `credentials` in the list says how far it is.
 */
#include "api/audit.h"
#include "api/page.h"
#include "api/resources/resources.h"

struct credential_key {
    struct endpoint endpoint;
    struct page page;
    struct gov_err failed;
    struct db_rows rows;
};

static enum op_next list(struct op *op)
{
    struct credential_key *e = (struct credential_key *)op;

    e->page.size = INT32_MAX; /* one page: keys are few */
    db_query(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_KEY_PAGE, &e->rows, 0,
             NULL);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct credential_key *e = (struct credential_key *)op;

    if (e->failed.code == GOV_ALREADY_DONE)
        return gov_fail(&op->err, GOV_ALREADY_DONE,
                        "the newest key is in use already; give execgov-egress a new one first",
                        "最新密钥已在使用；请先为 execgov-egress 配置新密钥"),
               OP_FAIL;
    if (e->failed.code) {
        op->err = e->failed;
        return OP_FAIL;
    }
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step credential_key_list_steps[] = { { "list", list }, { "leave", leave }, { 0 } };
const size_t credential_key_list_bytes = sizeof(struct credential_key);

static enum op_next choose(struct op *op)
{
    struct credential_key *e = (struct credential_key *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { NULL, audit_actor(call), "credential", "credential.key_rotated",
                             "egress_key", NULL };

    e->page.size = INT32_MAX;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    db_group_add(g, SQL_QUERIES_EGRESS_KEY_CHOOSE, NULL, 0, NULL);
    audit_add(g, call, &row, NULL);
    db_group_add(g, SQL_QUERIES_EGRESS_KEY_PAGE, &e->rows, 0, NULL);
    audit_remember(g, call, 200);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step credential_key_choose_steps[] = { { "choose", choose }, { "leave", leave }, { 0 } };
const size_t credential_key_choose_bytes = sizeof(struct credential_key);
