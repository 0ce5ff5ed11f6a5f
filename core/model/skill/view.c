/* view.c - the normalised manifest as structs. It was complete when it was written, so whatever is
 * missing means that it is not one. */
#include <string.h>

#include "core/base/json.h"
#include "core/model/skill/manifest.h"
#include "core/model/word.h"

static const char *const risks[] = { "low", "high" };
static const char *const executors[SKILL_EXECUTOR_COUNT] = { "python", "shell", "http", "noop" };

const char *skill_risk_name(enum skill_risk risk)
{
    return word_of(risks, 2, risk);
}

const char *skill_executor_name(enum skill_executor executor)
{
    return word_of(executors, SKILL_EXECUTOR_COUNT, executor);
}

bool skill_executor_parse(const char *text, enum skill_executor *executor)
{
    int value;
    if (!word_find(executors, SKILL_EXECUTOR_COUNT, text, &value))
        return false;
    *executor = (enum skill_executor)value;
    return true;
}

static struct gov_text pair_of(const json_t *object, const char *name)
{
    const json_t *pair = json_object_get(object, name);
    return (struct gov_text){ json_get_text(pair, "en"), json_get_text(pair, "zh") };
}

static bool whole(struct gov_text text)
{
    return text.en && text.zh;
}

enum { ATTEMPTS_IDEMPOTENT = 3 };

/* The member, NULL if it is null. */
static const json_t *unless_null(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_null(value) ? NULL : value;
}

static bool view_action(const json_t *json, struct skill_action *action)
{
    const json_t *confirm = json_object_get(json, "confirm");
    const char *risk = json_get_text(json, "risk");

    *action = (struct skill_action){
        .name = json_get_text(json, "name"),
        .title = pair_of(json, "title"),
        .description = pair_of(json, "description"),
        .entry = json_get_text(json, "entry"),
        .call = json_get_text(json, "call"),
        .input = json_object_get(json, "input"),
        .output = unless_null(json, "output"),
        .risk = risk && strcmp(risk, "low") == 0 ? SKILL_RISK_LOW : SKILL_RISK_HIGH,
        .timeout_s = json_get_int(json, "timeout_s", 0),
        .memory_mb = json_get_int(json, "memory_mb", 0),
        .idempotent = json_get_bool(json, "idempotent", false),
        .attempts = json_get_int(json, "attempts", json_get_bool(json, "idempotent", false) ? ATTEMPTS_IDEMPOTENT : 1),
        .effects = json_object_get(json, "effects"),
        .resources = json_object_get(json, "resources"),
        .args = unless_null(json, "args"),
        .collect = json_object_get(json, "collect"),
        .examples = json_object_get(json, "examples"),
        .confirm_required = json_get_bool(confirm, "required", true),
        .confirm_people = json_get_int(confirm, "people", 1),
        .confirm_expires_s = json_get_int(confirm, "expires_s", 0),
    };
    return action->name && whole(action->title) && whole(action->description) && risk &&
           skill_executor_parse(json_get_text(json, "executor"), &action->executor) &&
           action->entry && json_is_object(action->input) && action->timeout_s > 0 &&
           action->memory_mb > 0 && action->attempts > 0 && json_is_array(action->effects) &&
           json_is_array(action->resources) && json_is_array(action->collect) &&
           json_is_array(action->examples) && (!action->args || json_is_array(action->args));
}

bool skill_manifest_view(const json_t *json, struct skill_manifest *manifest, struct arena *arena,
                         struct gov_err *err)
{
    const json_t *list = json_object_get(json, "actions");
    size_t count = json_array_size(list);
    struct skill_action *actions = ARENA_ARRAY(arena, struct skill_action, count + 1);

    *manifest = (struct skill_manifest){
        .name = json_get_text(json, "name"),
        .title = pair_of(json, "title"),
        .description = pair_of(json, "description"),
        .runtime = json_get_text(json, "runtime"),
        .actions = actions,
        .action_count = count,
        .json = json,
    };
    bool ok = json_get_int(json, "manifest", 0) == 1 && manifest->name && whole(manifest->title) &&
              whole(manifest->description) && manifest->runtime && count > 0 &&
              count <= SKILL_ACTIONS_MAX;
    for (size_t i = 0; ok && i < count; i++)
        ok = view_action(json_array_get(list, i), &actions[i]);
    if (!ok)
        return gov_fail_cause(err, GOV_INTERNAL, "skill manifest: not a normalised manifest");
    return true;
}

const struct skill_action *skill_action_find(const struct skill_manifest *manifest,
                                             const char *name)
{
    if (!name || !*name)
        return &manifest->actions[0];
    for (size_t i = 0; i < manifest->action_count; i++)
        if (strcmp(manifest->actions[i].name, name) == 0)
            return &manifest->actions[i];
    return NULL;
}
