/* GET /v1/skills/{name}/why?user=: load -> leave. Every action, every reason, and who can help. */
#include <ctype.h>
#include <string.h>

#include "api/skills/skill_read.h"
#include "api/skills/skills.h"
#include "core/store/queue/admission.h"

enum { USER_BYTES_MAX = 254 };

struct skill_why {
    struct endpoint endpoint;
    const char *user; /* id or e-mail, in lower case */
    struct db_rows skill, members;
};

static enum op_next parse(struct op *op)
{
    struct skill_why *e = (struct skill_why *)op;
    struct call *call = e->endpoint.call;
    const char *asked = http_request_query(call->request, "user");
    struct buf array = { 0 };

    if (asked && strlen(asked) > USER_BYTES_MAX)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "user", "too_long",
                           "user is an id or an e-mail", "user 须为用户 id 或邮箱"),
               OP_FAIL;
    char *user = arena_text(&op->arena, asked && *asked ? asked : call->caller.user.text);
    for (char *c = user; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    e->user = user;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_SKILL_GET, &e->skill, call->params[0], call->caller.user.text);
    buf_add_char(&array, '{');
    buf_add_json_string(&array, user, strlen(user));
    buf_add_char(&array, '}');
    DB_GROUP_ADD(g, SQL_QUERIES_MEMBERS_NAMED, &e->members, array.data);
    buf_release(&array);
    db_group_send(g);
    return OP_WAIT;
}

static void reason_add(struct call *call, json_t *reasons, const char *code, struct gov_text message,
                       const struct gov_text *remedy)
{
    json_array_append_new(reasons,
                          json_pack("{s:s, s:s, s:s?}", "code", code, "message",
                                    gov_text_in(message, call->language), "remedy",
                                    remedy ? gov_text_in(*remedy, call->language) : NULL));
}

/* What stops everybody. */
static bool skill_runs(struct skill_why *e, json_t *reasons)
{
    static const struct gov_text off = { "the skill is switched off", "该技能已停用" };
    static const struct gov_text on = {
        "an owner or admin switches it on: PATCH /v1/skills/{name} {\"enabled\": true}",
        "所有者或管理员可启用：PATCH /v1/skills/{name} {\"enabled\": true}"
    };

    if (db_bool(&e->skill, 0, SKILL_ENABLED))
        return true;
    reason_add(e->endpoint.call, reasons, "skill_disabled", off, &on);
    return false;
}

static bool person_may(struct skill_why *e, const char *action, json_t *reasons)
{
    static const struct gov_text gone = { "the person's account is not active", "该用户账号未启用" };
    static const struct gov_text role_remedy = {
        "an owner or admin gives another role: PATCH /v1/members/{id}",
        "所有者或管理员可调整角色：PATCH /v1/members/{id}"
    };
    static const struct gov_text bind_remedy = {
        "an owner or admin adds a binding: PUT /v1/skills/{name}/bindings",
        "所有者或管理员可添加绑定：PUT /v1/skills/{name}/bindings"
    };
    struct call *call = e->endpoint.call;
    struct arena *arena = &e->endpoint.op.arena;
    struct id user = db_id(&e->members, 0, 0);
    enum role role = ROLE_NONE;
    struct gov_text reason;
    size_t count;

    role_parse(db_text(&e->members, 0, 1), &role);
    if (strcmp(db_text(&e->members, 0, 4), "active") != 0) {
        reason_add(call, reasons, "not_active", gone, NULL);
        return false;
    }
    const struct policy_binding *bindings =
        admission_bindings(db_json(&e->skill, 0, SKILL_BINDINGS, arena), &count, arena);
    bool may = policy_binding_explain(bindings, count, role, &user, action, arena, &reason);
    if (may)
        reason_add(call, reasons, count ? "bound" : "unbound", reason, NULL);
    else if (!policy_may(role, MAY_RUN))
        reason_add(call, reasons, "role", reason, &role_remedy);
    else
        reason_add(call, reasons, "not_bound", reason, &bind_remedy);
    return may;
}

static json_t *actions_explained(struct skill_why *e, bool *any)
{
    const json_t *manifest = db_json(&e->skill, 0, SKILL_MANIFEST, &e->endpoint.op.arena);
    json_t *list = json_array();
    const json_t *action;
    size_t i;

    json_array_foreach (json_object_get(manifest, "actions"), i, action) {
        json_t *reasons = json_array();
        const char *name = json_get_text(action, "name");
        bool runs = skill_runs(e, reasons), may = person_may(e, name, reasons);
        *any = *any || (runs && may);
        json_array_append_new(list, json_pack("{s:s, s:b, s:o}", "name", name, "allowed",
                                              runs && may, "reasons", reasons));
    }
    return list;
}

/* Nothing is published, so there is no action to explain: the reason stands in place of one. */
static json_t *unpublished(struct skill_why *e)
{
    static const struct gov_text none = { "the skill has no published version", "该技能没有已发布的版本" };
    static const struct gov_text publish = {
        "an owner or admin publishes an approved version, or rolls back to an earlier one",
        "所有者或管理员可发布已批准的版本，或回滚到之前的版本"
    };
    json_t *reasons = json_array();

    reason_add(e->endpoint.call, reasons, "not_published", none, &publish);
    return json_pack("[{s:s, s:b, s:o}]", "name", "*", "allowed", false, "reasons", reasons);
}

static enum op_next leave(struct op *op)
{
    struct skill_why *e = (struct skill_why *)op;
    struct call *call = e->endpoint.call;
    bool any = false;

    if (!skill_visible(call, &e->skill, 0))
        return skill_missing(call->params[0], &op->err), OP_FAIL;
    bool self = e->members.count && strcmp(db_text(&e->members, 0, 0), call->caller.user.text) == 0;
    if (!self && !policy_may(call->caller.role, MAY_READ_AUDIT))
        return gov_fail(&op->err, GOV_FORBIDDEN,
                        "what others may do is told to owner, admin and auditor; leave ?user= out to "
                        "ask about yourself",
                        "他人的权限只告知所有者、管理员和审计员；去掉 ?user= 可查询自己"),
               OP_FAIL;
    if (e->members.count == 0)
        return gov_fail_at(&op->err, GOV_NOT_FOUND, "user", "unknown",
                           "nobody of this tenant has this id or e-mail",
                           "本租户没有该 id 或邮箱的成员"),
               OP_FAIL;
    json_t *actions = db_text(&e->skill, 0, SKILL_NUMBER) ? actions_explained(e, &any)
                                                          : unpublished(e);
    call_json(call, 200,
              json_pack("{s:s, s:o, s:b, s:o}", "skill", call->params[0], "user",
                        person_shown(db_text(&e->members, 0, 0), db_text(&e->members, 0, 2)),
                        "allowed", any, "actions", actions));
    return OP_DONE;
}

const struct op_step skill_why_steps[] = { { "parse", parse }, { "leave", leave }, { 0 } };
const size_t skill_why_bytes = sizeof(struct skill_why);
