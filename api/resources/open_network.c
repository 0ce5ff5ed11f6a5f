/* /v1/platform/open-networks: internal networks that calls of one purpose may reach. None, unless somebody
 * says which and why; every change is in the audit. */
#include <string.h>

#include "api/audit.h"
#include "api/page.h"
#include "api/resources/resources.h"
#include "core/base/ip_class.h"

struct open_network {
    struct endpoint endpoint;
    struct page page;
    const char *purpose, *network, *comment;
    struct id id;
    struct gov_err failed;
    struct db_rows rows;
};

static enum op_next list(struct op *op)
{
    struct open_network *e = (struct open_network *)op;
    struct call *call = e->endpoint.call;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_OPEN_NETWORK_PAGE, &e->rows, e->page.before,
             e->page.limit, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct open_network *e = (struct open_network *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step open_network_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t open_network_list_bytes = sizeof(struct open_network);

static const char *const purposes[] = { "resource", "callback", "mail", "chat", "model", NULL };
static const struct json_field fields[] = {
    { "purpose", JSON_FIELD_TEXT, true, offsetof(struct open_network, purpose), 0, 0, purposes },
    { "network", JSON_FIELD_TEXT, true, offsetof(struct open_network, network), 1, 60, NULL },
    { "comment", JSON_FIELD_TEXT, true, offsetof(struct open_network, comment), 1, 500, NULL },
};

static enum op_next create(struct op *op)
{
    struct open_network *e = (struct open_network *)op;
    struct call *call = e->endpoint.call;
    struct ip_nets nets;
    struct gov_err why;

    if (!CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    if (!strchr(e->network, '/') || !ip_nets_parse(e->network, &nets, &why) || nets.count != 1)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/network", "format",
                           "must be one network like 10.1.0.0/16 or fd00::/8",
                           "必须是形如 10.1.0.0/16 或 fd00::/8 的一个网段"),
               OP_FAIL;
    e->id = id_new();
    struct audit_row row = { NULL, audit_actor(call), "resource", "network.opened", "open_network",
                             e->id.text };
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_OPEN_NETWORK_INSERT, NULL, e->id.text, e->purpose, e->network, e->comment,
                 call->caller.user.text);
    audit_add(g, call, &row, json_pack("{s:s, s:s, s:s}", "purpose", e->purpose, "network", e->network,
                                       "comment", e->comment));
    DB_GROUP_ADD(g, SQL_QUERIES_OPEN_NETWORK_PAGE, &e->rows, NULL, "1", e->id.text);
    audit_remember(g, call, 201);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next created(struct op *op)
{
    struct open_network *e = (struct open_network *)op;

    if (e->failed.code == GOV_CONFLICT)
        return gov_fail_at(&op->err, GOV_CONFLICT, "/network", "known", "is open for this purpose already",
                           "已为该用途开放"),
               OP_FAIL;
    if (e->failed.code == GOV_INTERNAL) /* bits beyond the mask */
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/network", "format",
                           "has bits set behind the length of its prefix", "前缀长度之后仍有非零位"),
               OP_FAIL;
    if (e->failed.code) {
        op->err = e->failed;
        return OP_FAIL;
    }
    return page_one(e->endpoint.call, 201, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step open_network_create_steps[] = { { "create", create }, { "created", created }, { 0 } };
const size_t open_network_create_bytes = sizeof(struct open_network);

static enum op_next take_out(struct op *op)
{
    struct open_network *e = (struct open_network *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    struct audit_row row = { NULL, audit_actor(call), "resource", "network.closed", "open_network",
                             e->id.text };
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_OPEN_NETWORK_DELETE, NULL, e->id.text);
    audit_add(g, call, &row, NULL);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next take_out_leave(struct op *op)
{
    call_empty(((struct open_network *)op)->endpoint.call);
    return OP_DONE;
}

const struct op_step open_network_delete_steps[] = { { "take_out", take_out },
                                                     { "leave", take_out_leave }, { 0 } };
const size_t open_network_delete_bytes = sizeof(struct open_network);
