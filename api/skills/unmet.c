/* /v1/unmet: what was asked for and not available, and what people corrected.
 *
 *     load -> leave                        parse -> load -> decide -> learn -> reload -> leave
 *
 * Approving makes the words an example of a skill: of the one that somebody said was meant, or of the one
 * that the admin names. Nothing is learnt from a person's word alone.
 */
#include <string.h>

#include "api/page.h"
#include "api/skills/model_build.h"
#include "api/skills/skill_row.h"
#include "api/skills/skills.h"

enum { EXAMPLES_MAX = 100 };

/* Columns of unmet_get.sql. */
enum { UNMET_STATE, UNMET_SKILL, UNMET_ACTION, UNMET_TEXT };

struct unmet {
    struct endpoint endpoint;
    struct page page;
    struct id id;
    bool approve;
    const char *skill, *action; /* as the admin says; NULL: as was proposed */
    struct db_rows rows, found, named;
    struct queue_entry build;
};

/* --- list --- */

static enum op_next list(struct op *op)
{
    static const char *const kinds[] = { "abstained", "corrected", NULL };
    static const char *const states[] = { "open", "approved", "rejected", NULL };
    struct unmet *e = (struct unmet *)op;
    struct call *call = e->endpoint.call;
    const char *kind, *state;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) ||
        !page_choice(call, "kind", kinds, &kind, &op->err) ||
        !page_choice(call, "state", states, &state, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_UNMET_PAGE, &e->rows, e->page.before, e->page.limit, kind, state, NULL);
    DB_GROUP_ADD(g, SQL_QUERIES_UNMET_COUNTS, &e->found);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct unmet *e = (struct unmet *)op;
    json_t *items = json_array();

    for (int i = 0; i < page_shown(&e->page, &e->rows); i++)
        json_array_append(items, db_json(&e->rows, i, 1, &op->arena));
    call_json(e->endpoint.call, 200,
              json_pack("{s:o, s:s?, s:O}", "items", items, "next_cursor",
                        page_next(&e->page, &e->rows, 0), "counts",
                        db_json(&e->found, 0, 0, &op->arena)));
    return OP_DONE;
}

const struct op_step unmet_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t unmet_list_bytes = sizeof(struct unmet);

/* --- decide --- */

static enum op_next parse_approve(struct op *op)
{
    static const struct json_field fields[] = {
        { "skill", JSON_FIELD_SLUG, false, offsetof(struct unmet, skill), 0, 0, NULL },
        { "action", JSON_FIELD_SLUG, false, offsetof(struct unmet, action), 0, 0, NULL },
    };
    struct unmet *e = (struct unmet *)op;

    e->approve = true;
    if (!call_param_id(e->endpoint.call, 0, &e->id, &op->err) ||
        !CALL_BODY(e->endpoint.call, op, fields, e))
        return OP_FAIL;
    return OP_NEXT;
}

static enum op_next parse_reject(struct op *op)
{
    static const struct json_field none[] = { { 0 } };
    struct unmet *e = (struct unmet *)op;

    if (!call_param_id(e->endpoint.call, 0, &e->id, &op->err) ||
        !call_body(e->endpoint.call, op, none, 0, e))
        return OP_FAIL;
    return OP_NEXT;
}

static enum op_next load(struct op *op)
{
    struct unmet *e = (struct unmet *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_UNMET_GET, &e->found, e->id.text);
    return OP_WAIT;
}

static enum op_next load_skill(struct op *op)
{
    struct unmet *e = (struct unmet *)op;
    struct call *call = e->endpoint.call;

    if (e->found.count == 0)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is nothing with this id in the list",
                        "列表中没有该 id"),
               OP_FAIL;
    if (call->replay_id.text[0] || !e->approve)
        return OP_NEXT;
    if (!e->skill && !db_text(&e->found, 0, UNMET_SKILL))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/skill", "required",
                           "nobody said what was meant: name the skill", "没有人指明含义：请给出技能名"),
               OP_FAIL;
    if (!e->skill) {
        e->skill = db_text(&e->found, 0, UNMET_SKILL);
        if (!e->action)
            e->action = db_text(&e->found, 0, UNMET_ACTION);
    }
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_SKILL_GET, &e->named, e->skill,
             call->caller.user.text);
    return OP_WAIT;
}

/* Is there such an action, and room for one more example? */
static bool skill_takes_it(struct unmet *e, struct gov_err *err)
{
    struct arena *arena = &e->endpoint.op.arena;
    struct skill_manifest manifest;

    if (e->named.count == 0 || !db_text(&e->named, 0, SKILL_MANIFEST))
        return gov_fail_at(err, GOV_NOT_FOUND, "/skill", "unknown",
                           "there is no published skill \"%s\"", "没有已发布的技能“%s”", e->skill);
    if (!skill_manifest_view(db_json(&e->named, 0, SKILL_MANIFEST, arena), &manifest, arena, err))
        return false;
    if (e->action && !skill_action_find(&manifest, e->action))
        return gov_fail_at(err, GOV_NOT_FOUND, "/action", "unknown",
                           "skill \"%s\" has no action \"%s\"", "技能“%s”没有操作“%s”", e->skill,
                           e->action);
    if (json_array_size(db_json(&e->named, 0, SKILL_EXAMPLES, arena)) >= EXAMPLES_MAX)
        return gov_fail_at(err, GOV_CONFLICT, "/skill", "max_items",
                           "\"%s\" has %d examples already; take one out first (PATCH /v1/skills/%s)",
                           "“%s”已有 %d 个示例；请先删除一个（PATCH /v1/skills/%s）", e->skill,
                           EXAMPLES_MAX, e->skill);
    return true;
}

static enum op_next decide(struct op *op)
{
    struct unmet *e = (struct unmet *)op;
    struct call *call = e->endpoint.call;
    const char *state = db_text(&e->found, 0, UNMET_STATE);

    if (call->replay_id.text[0])
        return OP_NEXT;
    if (strcmp(state, "open") != 0)
        return gov_fail(&op->err, GOV_ALREADY_DECIDED, "it is %s already", "该条目已处理，当前状态：%s",
                        state),
               OP_FAIL;
    if (e->approve && !skill_takes_it(e, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_UNMET_DECIDE, NULL, e->id.text, e->approve ? "approved" : "rejected",
                 e->skill, e->action, call->caller.user.text, caller_actor(call));
    if (e->approve)
        model_build_add(call, g, &e->build);
    call_remember_shown(call, g, &e->id);
    db_group_send(g);
    marks_note(op, call->api->marks, &call->caller.tenant, 0);
    return OP_WAIT;
}

static enum op_next learn(struct op *op)
{
    struct unmet *e = (struct unmet *)op;
    model_build_push(op, e->endpoint.call, &e->build);
    return OP_WAIT;
}

static enum op_next reload(struct op *op)
{
    struct unmet *e = (struct unmet *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_UNMET_PAGE, &e->rows, NULL, "1", NULL,
             NULL, e->id.text);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct unmet *e = (struct unmet *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

#define DECIDE_STEPS(name, parse)                                                                  \
    const struct op_step name##_steps[] = { { "parse", parse },                                    \
                                            { "load", load },                                      \
                                            { "load_skill", load_skill },                          \
                                            { "decide", decide },                                  \
                                            { "learn", learn },                                    \
                                            { "reload", reload },                                  \
                                            { "leave", leave },                                    \
                                            { 0 } };                                               \
    const size_t name##_bytes = sizeof(struct unmet)

DECIDE_STEPS(unmet_approve, parse_approve);
DECIDE_STEPS(unmet_reject, parse_reject);
