/* GET and PUT /v1/skills/{name}/bindings.
 *
 *     load -> leave                                   parse -> load -> resolve -> store -> reload -> leave
 *
 * People are named by id or e-mail and kept by id. The statement that clears holds only at the revision that
 * was loaded, so two administrators cannot mix their lists.
 */
#include <ctype.h>
#include <string.h>

#include "api/skills/skill_read.h"
#include "api/skills/skills.h"
#include "core/model/fault.h"

enum { BINDINGS_MAX = 500, ACTIONS_MAX = 50 };

struct bindings {
    struct endpoint endpoint;
    json_t *list;   /* as asked */
    json_t *stored; /* [{kind, subject, actions}] */
    const json_t *manifest; /* of the published version; NULL: none is */
    struct db_rows skill, members;
};

static enum op_next load(struct op *op)
{
    struct bindings *e = (struct bindings *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_SKILL_GET, &e->skill,
             call->params[0], call->caller.user.text);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct bindings *e = (struct bindings *)op;
    struct call *call = e->endpoint.call;
    json_t *items = json_array();
    const json_t *binding;
    size_t i;

    if (!skill_visible(call, &e->skill, 0)) {
        json_decref(items);
        return skill_missing(call->params[0], &op->err), OP_FAIL;
    }
    json_array_foreach (db_json(&e->skill, 0, SKILL_BINDINGS, &op->arena), i, binding) {
        bool role = strcmp(json_get_text(binding, "kind"), "role") == 0;
        json_t *actions = json_object_get(binding, "actions");
        const char *name = json_get_text(binding, "name");
        json_t *shown = json_pack("{s:s}", role ? "role" : "user", json_get_text(binding, "subject"));
        if (!role)
            json_object_set_new(shown, "name", json_string(name ? name : ""));
        json_object_set_new(shown, "actions",
                            json_is_array(actions) ? json_incref(actions) : json_pack("[s]", "*"));
        json_array_append_new(items, shown);
    }
    call_etag(call, db_int(&e->skill, 0, SKILL_REVISION));
    call_list(call, items, NULL);
    return OP_DONE;
}

/* --- put --- */

static enum op_next parse(struct op *op)
{
    struct bindings *e = (struct bindings *)op;
    struct call *call = e->endpoint.call;
    json_t *body = json_parse(&op->arena, call->request->body, call->request->body_bytes, &op->err);

    if (!body)
        return OP_FAIL;
    e->list = json_is_object(body) ? json_object_get(body, "items") : body;
    if (!json_is_array(e->list) || json_array_size(e->list) > BINDINGS_MAX)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, json_is_object(body) ? "/items" : "", "type",
                           "send an array of at most %d bindings, or {\"items\": [...]}",
                           "请发送最多 %d 个绑定的数组，或 {\"items\": [...]}", BINDINGS_MAX),
               OP_FAIL;
    return OP_NEXT;
}

static char *lowered(const char *text, struct arena *arena)
{
    char *copy = arena_text(arena, text);
    for (char *c = copy; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

/* PostgreSQL's array of the people that are named. */
static const char *people_array(const json_t *list, struct arena *arena)
{
    struct buf out = { 0 };
    const json_t *binding;
    size_t i;

    buf_add_char(&out, '{');
    json_array_foreach (list, i, binding) {
        const char *user = json_get_text(binding, "user");
        if (!user || strlen(user) > 254)
            continue;
        if (out.length > 1)
            buf_add_char(&out, ',');
        user = lowered(user, arena);
        buf_add_json_string(&out, user, strlen(user));
    }
    buf_add_char(&out, '}');
    const char *array = arena_text(arena, out.data);
    buf_release(&out);
    return array;
}

static enum op_next resolve(struct op *op)
{
    struct bindings *e = (struct bindings *)op;
    struct call *call = e->endpoint.call;

    if (!skill_visible(call, &e->skill, 0))
        return skill_missing(call->params[0], &op->err), OP_FAIL;
    if (!call_if_match(call, db_int(&e->skill, 0, SKILL_REVISION), &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_MEMBERS_NAMED, &e->members,
             people_array(e->list, &op->arena));
    return OP_WAIT;
}

/* The id of a member by id or e-mail; NULL if there is none. */
static const char *member_id(const struct bindings *e, const char *user, struct arena *arena)
{
    const char *wanted = lowered(user, arena);

    for (int i = 0; i < e->members.count; i++)
        if (strcmp(db_text(&e->members, i, 0), wanted) == 0 ||
            strcmp(db_text(&e->members, i, 3), wanted) == 0)
            return db_text(&e->members, i, 0);
    return NULL;
}

static bool action_known(const struct bindings *e, const char *action)
{
    const json_t *known;
    size_t i;

    if (!e->manifest)
        return true; /* a name that no version will have lets nobody run anything */
    json_array_foreach (json_object_get(e->manifest, "actions"), i, known)
        if (strcmp(json_get_text(known, "name"), action) == 0)
            return true;
    return false;
}

/* What is to be stored of `actions`: null for all. */
static json_t *actions_read(struct bindings *e, const json_t *actions, const char *at,
                            struct fault_list *faults)
{
    json_t *list = json_array();
    const json_t *action;
    size_t i;

    if (actions && !json_is_null(actions) &&
        (!json_is_array(actions) || json_array_size(actions) > ACTIONS_MAX))
        fault_add(faults, json_path(faults->arena, at, "actions"), "type",
                  "must be an array of at most %d names", "须为最多 %d 个名称的数组", ACTIONS_MAX);
    json_array_foreach (actions, i, action) {
        const char *name = json_string_value(action);
        if (name && strcmp(name, "*") == 0) {
            json_decref(list);
            return json_null();
        }
        if (!name || !action_known(e, name))
            fault_add(faults, json_path(faults->arena, at, "actions"), "unknown_action",
                      "the skill has no action \"%s\"", "该技能没有操作“%s”", name ? name : "?");
        else
            json_array_append(list, (json_t *)action);
    }
    if (json_is_array(actions) && json_array_size(actions) == 0)
        fault_add(faults, json_path(faults->arena, at, "actions"), "empty",
                  "names no action; leave it out to mean all of them, or leave the binding out to mean none",
                  "没有列出任何操作；省略 actions 表示全部操作，省略该绑定表示都不允许");
    if (json_array_size(list))
        return list;
    json_decref(list);
    return json_null();
}

static bool already(const json_t *stored, const char *kind, const char *subject)
{
    const json_t *binding;
    size_t i;

    json_array_foreach (stored, i, binding)
        if (strcmp(json_get_text(binding, "kind"), kind) == 0 &&
            strcmp(json_get_text(binding, "subject"), subject) == 0)
            return true;
    return false;
}

static const char *const members_known[] = { "role", "user", "name", "actions", NULL };

static void unknown_members(const json_t *binding, const char *at, struct fault_list *faults)
{
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)binding, name, value) {
        const char *const *known = members_known;
        while (*known && strcmp(*known, name) != 0)
            known++;
        if (!*known)
            fault_add(faults, json_path(faults->arena, at, name), "unknown_field",
                      "there is no such field here", "没有这个字段");
    }
}

static void binding_read(struct bindings *e, const json_t *binding, const char *at,
                         struct fault_list *faults)
{
    const char *role = json_get_text(binding, "role"), *user = json_get_text(binding, "user");
    const char *kind = role ? "role" : "user";
    const char *subject = role ? role : user;
    enum role known;

    unknown_members(binding, at, faults);
    if (!role == !user) {
        fault_add(faults, at, "one_of", "name either a role or a user", "须指定 role 或 user 之一");
        return;
    }
    if (role && (!role_parse(role, &known) || role_is_platform(known))) {
        fault_add(faults, json_path(faults->arena, at, "role"), "enum", "there is no role \"%s\"",
                  "没有角色“%s”", role);
        return;
    }
    if (user)
        subject = member_id(e, user, faults->arena);
    if (!subject) {
        fault_add(faults, json_path(faults->arena, at, "user"), "unknown",
                  "nobody of this tenant has this id or e-mail", "本租户没有该 id 或邮箱的成员");
        return;
    }
    if (already(e->stored, kind, subject)) {
        fault_add(faults, at, "twice", "it is named twice", "重复指定");
        return;
    }
    json_array_append_new(
        e->stored, json_pack("{s:s, s:s, s:o}", "kind", kind, "subject", subject, "actions",
                             actions_read(e, json_object_get(binding, "actions"), at, faults)));
}

static enum op_next store(struct op *op)
{
    struct bindings *e = (struct bindings *)op;
    struct call *call = e->endpoint.call;
    struct fault_list faults = { .arena = &op->arena };
    const char *skill = db_text(&e->skill, 0, SKILL_ID);
    const json_t *binding;
    size_t i;

    e->stored = json_own(&op->arena, json_array());
    e->manifest = db_json(&e->skill, 0, SKILL_MANIFEST, &op->arena);
    json_array_foreach (e->list, i, binding)
        binding_read(e, binding, arena_format(&op->arena, "/%zu", i), &faults);
    if (!fault_report(&faults, GOV_INVALID_INPUT, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_BINDING_CLEAR, NULL, skill, db_text(&e->skill, 0, SKILL_REVISION));
    DB_GROUP_ADD(g, SQL_QUERIES_BINDING_INSERT, NULL, skill, json_text(&op->arena, e->stored),
                 call->caller.user.text, caller_actor(call));
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step bindings_get_steps[] = { { "load", load }, { "leave", leave }, { 0 } };
const size_t bindings_get_bytes = sizeof(struct bindings);

const struct op_step bindings_put_steps[] = { { "parse", parse },     { "load", load },
                                              { "resolve", resolve }, { "store", store },
                                              { "reload", load },     { "leave", leave },
                                              { 0 } };
const size_t bindings_put_bytes = sizeof(struct bindings);
