#include "api/skills/skill_row.h"

#include <string.h>

#include "api/runs/show/show.h"
#include "core/store/queue/admission.h"

/* --- who --- */

const char *caller_actor(const struct call *call)
{
    return call->caller.kind == CALLER_TOKEN ? "token" : "user";
}

bool caller_governs(struct call *call)
{
    return policy_may(call->caller.role, MAY_REVIEW_SKILLS) ||
           policy_may(call->caller.role, MAY_PUBLISH_SKILLS);
}

const char *caller_seeing(struct call *call)
{
    return caller_governs(call) ? NULL : call->caller.user.text;
}

/* The bindings of a row, taken apart once. */
struct bound {
    const struct policy_binding *list;
    size_t count;
};

static struct bound bound_read(struct call *call, const struct db_rows *rows, int row)
{
    struct arena *arena = &call->op.arena;
    struct bound bound;

    bound.list = admission_bindings(db_json(rows, row, SKILL_BINDINGS, arena), &bound.count, arena);
    return bound;
}

static bool may_run(struct call *call, const struct bound *bound, const char *action)
{
    struct gov_text reason;
    return policy_binding_explain(bound->list, bound->count, call->caller.role, &call->caller.user,
                                  action, &call->op.arena, &reason);
}

static size_t actions_runnable(struct call *call, const struct db_rows *rows, int row)
{
    struct bound bound = bound_read(call, rows, row);
    const json_t *manifest = db_json(rows, row, SKILL_MANIFEST, &call->op.arena);
    const json_t *action;
    size_t i, count = 0;

    json_array_foreach (json_object_get(manifest, "actions"), i, action)
        count += may_run(call, &bound, json_get_text(action, "name"));
    return count;
}

size_t skill_runnable(struct call *call, const struct db_rows *rows, int row)
{
    if (!db_bool(rows, row, SKILL_ENABLED) ||
        !call_may_use(call, db_text(rows, row, SKILL_NAME)))
        return 0;
    return actions_runnable(call, rows, row);
}

bool skill_visible(struct call *call, const struct db_rows *rows, int row)
{
    if (rows->count <= row || !call_may_use(call, db_text(rows, row, SKILL_NAME)))
        return false;
    if (caller_governs(call) || db_bool(rows, row, SKILL_MINE))
        return true;
    if (!db_text(rows, row, SKILL_NUMBER))
        return false;
    return !policy_may(call->caller.role, MAY_RUN) || actions_runnable(call, rows, row) > 0;
}

bool skill_missing(const char *name, struct gov_err *err)
{
    return gov_fail(err, GOV_NOT_FOUND,
                    "there is no skill \"%s\" here; GET /v1/skills lists what you may run",
                    "这里没有技能“%s”；GET /v1/skills 列出您可以运行的技能", name);
}

bool version_missing(const char *name, const char *number, struct gov_err *err)
{
    return gov_fail(err, GOV_NOT_FOUND, "there is no version %s of a skill \"%s\" here",
                    "这里没有版本 %s（技能“%s”）", number, name);
}

/* --- shown --- */

json_t *person_shown(const char *id, const char *name)
{
    return id ? json_pack("{s:s, s:s}", "id", id, "name", name ? name : "") : json_null();
}

static const char *words(struct call *call, const json_t *text)
{
    const char *found = call_localised(call, text);
    return found ? found : "";
}

static json_t *effects_shown(struct call *call, const json_t *effects)
{
    json_t *list = json_array();
    const json_t *effect;
    size_t i;

    json_array_foreach (effects, i, effect)
        json_array_append_new(list, json_string(words(call, effect)));
    return list;
}

/* An action of a normalised manifest. Never its entry: source paths are the author's business. */
static json_t *action_shown(struct call *call, const json_t *action)
{
    static const char *const copied[] = { "name",      "risk",       "executor", "timeout_s",
                                          "memory_mb", "idempotent", "attempts", "resources", NULL };
    json_t *shown = json_object();
    json_t *output = json_object_get(action, "output");

    for (const char *const *name = copied; *name; name++)
        if (json_object_get(action, *name))
            json_object_set(shown, *name, json_object_get(action, *name));
    json_object_set_new(shown, "title", json_string(words(call, json_object_get(action, "title"))));
    json_object_set_new(shown, "description",
                        json_string(words(call, json_object_get(action, "description"))));
    json_object_set(shown, "input_schema", json_object_get(action, "input"));
    json_object_set(shown, "output_schema", output ? output : json_null());
    json_object_set_new(shown, "effects", effects_shown(call, json_object_get(action, "effects")));
    return shown;
}

static json_t *actions_shown(struct call *call, const struct db_rows *rows, int row, bool all)
{
    struct bound bound = bound_read(call, rows, row);
    const json_t *manifest = db_json(rows, row, SKILL_MANIFEST, &call->op.arena);
    json_t *list = json_array();
    const json_t *action;
    size_t i;

    json_array_foreach (json_object_get(manifest, "actions"), i, action)
        if (all || may_run(call, &bound, json_get_text(action, "name")))
            json_array_append_new(list, action_shown(call, action));
    return list;
}

json_t *skill_summary_shown(struct call *call, const struct db_rows *rows, int row,
                            bool all_actions)
{
    struct arena *arena = &call->op.arena;
    const char *title = words(call, db_json(rows, row, SKILL_TITLE, arena));
    const char *name = db_text(rows, row, SKILL_NAME);
    const char *number = db_text(rows, row, SKILL_NUMBER);

    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:b, s:o, s:o}", "id", db_text(rows, row, SKILL_ID),
                     "name", name, "title", *title ? title : name, "description",
                     words(call, db_json(rows, row, SKILL_DESCRIPTION, arena)), "version",
                     number ? json_integer(db_int(rows, row, SKILL_NUMBER)) : json_null(), "enabled",
                     db_bool(rows, row, SKILL_ENABLED), "actions",
                     actions_shown(call, rows, row, all_actions), "owner",
                     person_shown(db_text(rows, row, SKILL_OWNER),
                                  db_text(rows, row, SKILL_OWNER_NAME)));
}

json_t *skill_shown(struct call *call, const struct db_rows *rows, const struct db_rows *latest)
{
    struct arena *arena = &call->op.arena;
    bool all = caller_governs(call) || db_bool(rows, 0, SKILL_MINE) ||
               !policy_may(call->caller.role, MAY_RUN);
    json_t *skill = skill_summary_shown(call, rows, 0, all);
    json_t *examples = db_json(rows, 0, SKILL_EXAMPLES, arena);
    const char *readme = db_text(rows, 0, SKILL_README), *digest = db_text(rows, 0, SKILL_DIGEST);

    if (json_array_size(examples) == 0)
        examples = json_object_get(db_json(rows, 0, SKILL_MANIFEST, arena), "examples");
    if (examples)
        json_object_set(skill, "examples", examples);
    else
        json_object_set_new(skill, "examples", json_array());
    json_object_set_new(skill, "readme", json_string(readme ? readme : ""));
    json_object_set_new(skill, "version_digest", digest ? json_string(digest) : json_null());
    json_object_set_new(skill, "latest",
                        latest->count ? version_shown(call, latest, 0) : json_null());
    json_object_set_new(skill, "created_at", show_time(rows, 0, SKILL_CREATED));
    json_object_set_new(skill, "updated_at", show_time(rows, 0, SKILL_UPDATED));
    return skill;
}

/* --- versions --- */

json_t *findings_shown(struct call *call, const json_t *stored)
{
    json_t *list = json_array();
    const json_t *finding;
    size_t i;

    json_array_foreach (stored, i, finding) {
        const char *path = json_get_text(finding, "path");
        json_t *line = json_object_get(finding, "line");
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:O}", "severity", json_get_text(finding, "severity"),
                            "code", json_get_text(finding, "code"), "path", path ? path : "",
                            "message", words(call, json_object_get(finding, "message")), "line",
                            json_is_integer(line) ? line : json_null()));
    }
    return list;
}

static json_t *review_shown(const struct db_rows *rows, int row)
{
    const char *comment = db_text(rows, row, VERSION_COMMENT);
    bool rejected = strcmp(db_text(rows, row, VERSION_STATE), "rejected") == 0;

    if (!db_text(rows, row, VERSION_REVIEWED))
        return json_null();
    return json_pack("{s:s, s:s, s:o, s:o}", "decision", rejected ? "reject" : "approve", "comment",
                     comment ? comment : "", "by",
                     person_shown(db_text(rows, row, VERSION_REVIEWED_BY),
                                  db_text(rows, row, VERSION_REVIEWER)),
                     "at", show_time(rows, row, VERSION_REVIEWED));
}

struct package_signature version_signature(struct call *call, const struct db_rows *rows, int row)
{
    struct arena *arena = &call->op.arena;

    return package_signature_look(db_json(rows, row, VERSION_SIGNATURE, arena),
                                  db_json(rows, row, VERSION_SIGNING, arena),
                                  db_text(rows, row, VERSION_DIGEST), arena);
}

static json_t *signature_shown(const struct package_signature *s)
{
    if (s->state == PACKAGE_UNSIGNED)
        return json_null();
    return json_pack("{s:s, s:s?, s:s?, s:s}", "state", package_signed_name(s->state), "key_id", s->key_id, "signer",
                     s->name, "comment", s->comment);
}

/* What is wrong with a signature is a finding like others, found anew each time. */
static void signature_find(struct call *call, const struct package_signature *s, json_t *findings)
{
    const char *code = s->state == PACKAGE_KEY_UNKNOWN ? "signature_key_unknown" : "signature_wrong";
    struct gov_text text = { "the signature is not one of this content; whoever sent it should be asked",
                             "签名与内容不符；请向提交者核实" };

    if (s->state == PACKAGE_UNSIGNED || s->state == PACKAGE_SIGNED)
        return;
    if (s->state == PACKAGE_KEY_UNKNOWN)
        text = (struct gov_text){
            arena_format(&call->op.arena, "signed by the key %s, which is not trusted here; an owner may add it: execgov signing trust NAME KEY", s->key_id),
            arena_format(&call->op.arena, "由密钥 %s 签名，该密钥未受信任；所有者可以添加：execgov signing trust 名称 密钥", s->key_id) };
    json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:s, s:n}", "severity", "warning", "code", code, "path",
                                              "", "message", gov_text_in(text, call->language), "line"));
}

json_t *version_shown(struct call *call, const struct db_rows *rows, int row)
{
    struct arena *arena = &call->op.arena;
    const json_t *actions = json_object_get(db_json(rows, row, VERSION_MANIFEST, arena), "actions");
    json_t *list = json_array();
    const json_t *action;
    size_t i;

    json_array_foreach (actions, i, action)
        json_array_append_new(list, action_shown(call, action));
    const char *runs = db_text(rows, row, VERSION_RUNS), *own = db_text(rows, row, VERSION_RUNTIME_BYTES);
    struct package_signature signature = version_signature(call, rows, row);
    json_t *findings = findings_shown(call, db_json(rows, row, VERSION_FINDINGS, arena));
    signature_find(call, &signature, findings);
    return json_pack(
        "{s:s, s:I, s:s, s:s, s:o, s:b, s:o, s:s?, s:s?, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o}", "skill",
        db_text(rows, row, VERSION_SKILL), "version", (json_int_t)db_int(rows, row, VERSION_NUMBER),
        "state", db_text(rows, row, VERSION_STATE), "digest", db_text(rows, row, VERSION_DIGEST),
        "findings", findings, "current",
        db_bool(rows, row, VERSION_CURRENT), "published_version",
        runs ? json_integer(db_int(rows, row, VERSION_RUNS)) : json_null(), "runtime", db_text(rows, row, VERSION_RUNTIME),
        "runtime_digest", db_text(rows, row, VERSION_RUNTIME_DIGEST), "runtime_bytes",
        own ? json_integer(db_int(rows, row, VERSION_RUNTIME_BYTES)) : json_null(), "signature", signature_shown(&signature), "size",
        (json_int_t)db_int(rows, row, VERSION_SIZE), "actions", list, "created_by",
        person_shown(db_text(rows, row, VERSION_BY), db_text(rows, row, VERSION_BY_NAME)),
        "created_at", show_time(rows, row, VERSION_CREATED), "review", review_shown(rows, row),
        "published_at", show_time(rows, row, VERSION_PUBLISHED));
}
