#include "worker/egress/daemon/call/refusals.h"

#include <stdlib.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "worker/egress/daemon/session.h"

struct telling {
    struct op op;
    struct session *session;
    int64_t unseen;
};

static enum op_next tell(struct op *op)
{
    struct telling *t = (struct telling *)op;
    const struct session *s = t->session;
    json_t *detail = json_own(&op->arena, json_pack("{s:s, s:I, s:s*, s:s*}", "code",
                                                    gov_code_info(GOV_NOT_GRANTED)->wire, "unseen",
                                                    (json_int_t)t->unseen, "skill", s->skill, "action", s->action));
    struct db_group *g = db_group_new(op, s->egress->db, &DB_PUBLIC);

    DB_GROUP_ADD(g, SQL_QUERIES_EGRESS_AUDIT, NULL, s->tenant.text, "resource.refused", s->job.text,
                 json_text(&op->arena, detail));
    db_group_send(g);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "tell", tell }, { 0 } };

static void ended(struct op *op)
{
    struct telling *t = (struct telling *)op;
    struct session *s = t->session;

    if (op->failed)
        log_error(LEVEL_ERROR, "refusals.untold", &op->err);
    op_release(op);
    free(t);
    session_left(s);
}

bool refusals_tell(struct session *session)
{
    struct telling *t;

    if (!session->refusals.unseen)
        return false;
    t = calloc(1, sizeof *t);
    CHECK(t);
    op_init(&t->op, "refusals", steps, session->egress->loop, ended);
    t->session = session;
    t->unseen = session->refusals.unseen;
    session->refusals.unseen = 0;
    session->working++;
    session->egress->working++;
    op_start(&t->op);
    return true;
}
