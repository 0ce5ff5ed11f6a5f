/* /v1/platform/deliveries: what left, what waits, what was given up and why. */
#include "api/audit.h"
#include "api/messages/messages.h"
#include "api/page.h"

struct message {
    struct endpoint endpoint;
    struct page page;
    struct id id;
    struct gov_err failed;
    struct db_rows rows;
};

static const char *const states[] = { "pending", "sending", "sent", "retry", "dead", "suppressed", "unknown", NULL };

static enum op_next list(struct op *op)
{
    struct message *e = (struct message *)op;
    struct call *call = e->endpoint.call;
    const char *state, *channel, *event, *tenant;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) || !page_choice(call, "state", states, &state, &op->err) ||
        !page_words(call, "channel", 31, &channel, &op->err) || !page_words(call, "event", 63, &event, &op->err) ||
        !page_id(call, "tenant", &tenant, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_MESSAGE_PAGE, &e->rows, e->page.before, e->page.limit, state,
             channel, event, tenant, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct message *e = (struct message *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step message_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t message_list_bytes = sizeof(struct message);

static enum op_next load(struct op *op)
{
    struct message *e = (struct message *)op;

    if (!call_param_id(e->endpoint.call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_MESSAGE_PAGE, &e->rows, NULL, "1", NULL, NULL, NULL,
             NULL, e->id.text);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct message *e = (struct message *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step message_get_steps[] = { { "load", load }, { "show", show }, { 0 } };
const size_t message_get_bytes = sizeof(struct message);

static enum op_next again(struct op *op)
{
    struct message *e = (struct message *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    struct audit_row row = { NULL, audit_actor(call), "operation", "delivery.sent_again", "delivery", e->id.text };
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_MESSAGE_AGAIN, NULL, e->id.text);
    audit_add(g, call, &row, NULL);
    DB_GROUP_ADD(g, SQL_QUERIES_MESSAGE_PAGE, &e->rows, NULL, "1", NULL, NULL, NULL, NULL, e->id.text);
    audit_remember(g, call, 200);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next again_leave(struct op *op)
{
    struct message *e = (struct message *)op;

    if (e->failed.code == GOV_CONFLICT)
        return gov_fail(&op->err, GOV_CONFLICT, "only a message that was given up is sent again; this one was not",
                        "只有已放弃的消息才能重新发送，该消息并未放弃"),
               OP_FAIL;
    if (e->failed.code)
        return op->err = e->failed, OP_FAIL;
    return show(op);
}

const struct op_step message_again_steps[] = { { "again", again }, { "leave", again_leave }, { 0 } };
const size_t message_again_bytes = sizeof(struct message);
