/* PATCH /v1/skills/{name}: parse -> load -> store -> learn -> reload -> leave.
 *
 * Nothing restarts: planning and the recogniser read the row, and its revision tells them that it changed.
 * What a version declares does not change here; a risk is what was reviewed.
 */
#include <string.h>

#include "api/skills/model_build.h"
#include "api/skills/skill_read.h"
#include "api/skills/skill_slot.h"
#include "api/skills/skills.h"
#include "core/model/fault.h"

enum { EXAMPLES_MAX = 100, EXAMPLE_BYTES_MAX = 2000, TEXT_BYTES_MAX = 8000 };

struct skill_update {
    struct endpoint endpoint;
    json_t *body;
    bool enabled;
    json_t *title, *description, *examples;
    struct id owner; /* "": unchanged */
    struct db_rows skill, members;
    struct skill_read read;
    struct queue_entry build;
    struct gov_err fault;
};

static const struct json_field fields[] = {
    { "enabled", JSON_FIELD_BOOL, false, offsetof(struct skill_update, enabled), 0, 0, NULL },
    { "title", JSON_FIELD_ANY, false, offsetof(struct skill_update, title), 0, 0, NULL },
    { "description", JSON_FIELD_ANY, false, offsetof(struct skill_update, description), 0, 0, NULL },
    { "examples", JSON_FIELD_ARRAY, false, offsetof(struct skill_update, examples), 0, EXAMPLES_MAX,
      NULL },
    { "owner", JSON_FIELD_ID, false, offsetof(struct skill_update, owner), 0, 0, NULL },
};

static bool text_fits(const json_t *text)
{
    size_t bytes = json_string_length(text);
    return json_is_string(text) && bytes >= 1 && bytes <= TEXT_BYTES_MAX;
}

/* One text is both languages; {en, zh} may leave one out. NULL stays NULL. */
static json_t *local_text(const json_t *text, const char *path, struct fault_list *faults)
{
    const char *name;
    json_t *value;
    bool good = text_fits(text) || (json_is_object(text) && json_object_size(text) > 0);

    if (!text)
        return NULL;
    json_object_foreach ((json_t *)text, name, value)
        good = good && (strcmp(name, "en") == 0 || strcmp(name, "zh") == 0) && text_fits(value);
    if (!good) {
        fault_add(faults, path, "type", "must be a text, or {\"en\": text, \"zh\": text}",
                  "须为文本或 {\"en\": 文本, \"zh\": 文本}");
        return NULL;
    }
    if (json_is_object(text))
        return (json_t *)text;
    return json_own(faults->arena, json_pack("{s:s, s:s}", "en", json_string_value(text), "zh",
                                             json_string_value(text)));
}

static enum op_next parse(struct op *op)
{
    struct skill_update *e = (struct skill_update *)op;
    struct call *call = e->endpoint.call;
    struct fault_list faults = { .arena = &op->arena };
    const json_t *example;
    size_t i;

    if (!json_decode_text(call->request->body, call->request->body_bytes, fields,
                          sizeof fields / sizeof *fields, e, &e->body, &op->arena, &op->err))
        return OP_FAIL;
    if (json_object_size(e->body) == 0)
        fault_add(&faults, "", "min_properties", "nothing is to be changed", "没有要修改的内容");
    e->title = local_text(e->title, "/title", &faults);
    e->description = local_text(e->description, "/description", &faults);
    json_array_foreach (e->examples, i, example)
        if (!json_is_string(example) || json_string_length(example) < 1 ||
            json_string_length(example) > EXAMPLE_BYTES_MAX)
            fault_add(&faults, arena_format(&op->arena, "/examples/%zu", i), "type",
                      "must be a text of 1 to %d bytes", "须为 1 到 %d 字节的文本", EXAMPLE_BYTES_MAX);
    if (!fault_report(&faults, GOV_INVALID_INPUT, &op->err))
        return OP_FAIL;
    return OP_NEXT;
}

static enum op_next load(struct op *op)
{
    struct skill_update *e = (struct skill_update *)op;
    struct call *call = e->endpoint.call;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);

    DB_GROUP_ADD(g, SQL_QUERIES_SKILL_GET, &e->skill, call->params[0], call->caller.user.text);
    DB_GROUP_ADD(g, SQL_QUERIES_MEMBERS_NAMED, &e->members,
                 arena_format(&op->arena, "{%s}", e->owner.text));
    db_group_send(g);
    marks_note(op, call->api->marks, &call->caller.tenant, 0);
    return OP_WAIT;
}

/* What the audit says: the new values, for they are words of this tenant and no secrets. */
static const char *audited(struct skill_update *e)
{
    return json_text(&e->endpoint.op.arena, e->body);
}

static const char *maybe_text(struct skill_update *e, const json_t *json)
{
    return json ? json_text(&e->endpoint.op.arena, json) : NULL;
}

static enum op_next store(struct op *op)
{
    struct skill_update *e = (struct skill_update *)op;
    struct call *call = e->endpoint.call;
    bool owner = !id_empty(&e->owner);
    json_t *enabled = json_object_get(e->body, "enabled");

    if (!skill_visible(call, &e->skill, 0))
        return skill_missing(call->params[0], &op->err), OP_FAIL;
    if (!call_if_match(call, db_int(&e->skill, 0, SKILL_REVISION), &op->err))
        return OP_FAIL;
    if (owner && (e->members.count == 0 || strcmp(db_text(&e->members, 0, 4), "active") != 0))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/owner", "unknown",
                           "the owner has to be an active member of this tenant",
                           "负责人须为本租户的在职成员"),
               OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_SKILL_UPDATE, NULL, db_text(&e->skill, 0, SKILL_ID),
                 db_text(&e->skill, 0, SKILL_REVISION),
                 json_is_boolean(enabled) ? (e->enabled ? "true" : "false") : NULL,
                 maybe_text(e, e->title), maybe_text(e, e->description),
                 maybe_text(e, e->examples), owner ? e->owner.text : NULL, call->caller.user.text,
                 caller_actor(call), audited(e));
    model_build_add(call, g, &e->build);
    db_group_tolerate(g, &e->fault);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next learn(struct op *op)
{
    struct skill_update *e = (struct skill_update *)op;

    if (e->fault.code) {
        op->err = e->fault;
        skill_slot_explain(&op->err);
        return OP_FAIL;
    }
    model_build_push(op, e->endpoint.call, &e->build);
    return OP_WAIT;
}

static enum op_next reload(struct op *op)
{
    struct skill_update *e = (struct skill_update *)op;
    skill_read(op, e->endpoint.call, e->endpoint.call->params[0], &e->read);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct skill_update *e = (struct skill_update *)op;
    skill_read_leave(e->endpoint.call, &e->read);
    return OP_DONE;
}

const struct op_step skill_update_steps[] = { { "parse", parse }, { "load", load },
                                              { "store", store }, { "learn", learn },
                                              { "reload", reload }, { "leave", leave }, { 0 } };
const size_t skill_update_bytes = sizeof(struct skill_update);
