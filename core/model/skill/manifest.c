/* manifest.c - from a package to its normalised manifest.
 *
 * Every field is read even after a fault was found, with its default in place of what is wrong, so
 * that one upload tells everything there is to mend. The normalised form is complete on purpose:
 * whoever reads it later needs no defaults, and a changed default does not change a published
 * version.
 */
#include <string.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/skill/build.h"

void skill_set(json_t *object, const char *name, json_t *value)
{
    CHECK(value && json_object_set_new(object, name, value) == 0);
}

static const char *build_name(struct skill_builder *b)
{
    const char *said = skill_read_text(&b->reader, b->source, SKILL_ROOT, "name", 63);
    bool wanted = b->package->wanted_name != NULL;
    const char *name = wanted ? b->package->wanted_name : said;

    if (name && text_slug_valid(name))
        return name;
    if (name)
        fault_add(&b->faults, wanted ? "name" : SKILL_ROOT "/name", "format",
                  "must start with a-z and hold only a-z 0-9 _ - (63 at most)",
                  "须以 a-z 开头，只含 a-z 0-9 _ -，最多 63 个字符");
    return skill_name_derive(b->package->name ? b->package->name : "skill", b->arena);
}

static const char *const skill_fields[] = {
    "manifest", "name",    "title",  "description", "examples", "runtime", "actions",
    "$schema",  "version", "author", "license",     "homepage", NULL,
};
#define ACTION_FIELDS                                                                              \
    "executor", "entry", "call", "input", "output", "risk", "timeout_s", "memory_mb", "idempotent",        \
        "attempts",                                                                                \
        "effects", "resources", "args", "collect", "confirm"
static const char *const action_fields[] = { "name",     "title",       "description",
                                             "examples", ACTION_FIELDS, NULL };
static const char *const single_fields[] = {
    "manifest", "name",   "title",   "description", "examples",    "runtime", "$schema",
    "version",  "author", "license", "homepage",    ACTION_FIELDS, NULL,
};

static json_t *action_named(json_t *actions, const char *name)
{
    size_t i;
    json_t *action;
    json_array_foreach (actions, i, action)
        if (!name || strcmp(json_get_text(action, "name"), name) == 0)
            return action;
    return NULL;
}

static void build_actions(struct skill_builder *b)
{
    const json_t *list = json_object_get(b->source, "actions");
    json_t *actions = json_array();

    skill_set(b->out, "actions", actions);
    if (!list || json_is_null(list)) {
        skill_read_unknown(&b->reader, b->source, SKILL_ROOT, single_fields);
        CHECK(json_array_append_new(actions, skill_build_action(b, b->source, SKILL_ROOT, true)) ==
              0);
        return;
    }
    skill_read_unknown(&b->reader, b->source, SKILL_ROOT, skill_fields);
    if (!json_is_array(list) || json_array_size(list) == 0 ||
        json_array_size(list) > SKILL_ACTIONS_MAX) {
        fault_add(&b->faults, SKILL_ROOT "/actions", "type", "must be a list of 1 to %d actions",
                  "必须是 1 到 %d 个操作的数组", SKILL_ACTIONS_MAX);
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *from = json_array_get(list, i);
        const char *path = arena_format(b->arena, SKILL_ROOT "/actions/%zu", i);
        if (!json_is_object(from)) {
            fault_add(&b->faults, path, "type", "must be an object", "必须是对象");
            continue;
        }
        skill_read_unknown(&b->reader, from, path, action_fields);
        json_t *action = skill_build_action(b, from, path, false);
        if (action_named(actions, json_get_text(action, "name")))
            fault_add(&b->faults, skill_read_path(&b->reader, path, "name"), "unique",
                      "another action is called \"%s\"", "已有名为“%s”的操作",
                      json_get_text(action, "name"));
        CHECK(json_array_append_new(actions, action) == 0);
    }
}

/* --- examples --- */

/* One of the top level's examples, to its action. */
static void build_example(struct skill_builder *b, const json_t *example, const char *path)
{
    static const char *const known[] = { "text", "action", NULL };
    json_t *holder = json_is_object(example) ? json_incref((json_t *)example)
                                             : json_pack("{s:O}", "text", example);
    if (json_is_object(example))
        skill_read_unknown(&b->reader, example, path, known);
    const char *text = skill_read_text(&b->reader, holder, path, "text", SKILL_EXAMPLE_BYTES);
    const char *name = skill_read_text(&b->reader, holder, path, "action", 63);
    json_t *action = action_named(json_object_get(b->out, "actions"), name);

    if (name && !action)
        fault_add(&b->faults, skill_read_path(&b->reader, path, "action"), "unknown_name",
                  "there is no action \"%s\"", "没有操作“%s”", name);
    else if (text && action)
        CHECK(json_array_append_new(json_object_get(action, "examples"), json_string(text)) == 0);
    else if (!text && !json_object_get(holder, "text"))
        fault_add(&b->faults, path, "required", "must be a text, or hold \"text\"",
                  "必须是文本，或包含 \"text\"");
    json_decref(holder);
}

static void build_examples(struct skill_builder *b)
{
    const json_t *list = json_object_get(b->source, "examples");
    json_t *all = json_array();
    size_t i, j;
    json_t *action, *text;

    skill_set(b->out, "examples", all);
    if (list && !json_is_null(list) &&
        (!json_is_array(list) || json_array_size(list) > SKILL_EXAMPLES_MAX)) {
        fault_add(&b->faults, SKILL_ROOT "/examples", "type", "must be a list of at most %d items",
                  "必须是最多 %d 项的数组", SKILL_EXAMPLES_MAX);
        list = NULL;
    }
    for (i = 0; i < json_array_size(list); i++)
        build_example(b, json_array_get(list, i),
                      arena_format(b->arena, SKILL_ROOT "/examples/%zu", i));
    json_array_foreach (json_object_get(b->out, "actions"), i, action)
        json_array_foreach (json_object_get(action, "examples"), j, text)
            CHECK(json_array_append(all, text) == 0);
    if (json_array_size(all) == 0)
        fault_add(
            &b->warnings, "skill.json", "no_examples",
            "a few example requests in \"examples\" let people ask for this in their own words",
            "在 \"examples\" 中写几条示例请求，大家就能用自己的话来使用它");
}

/* --- the whole --- */

static bool build_source(struct skill_builder *b)
{
    struct gov_err err;

    b->source = json_own(b->arena, json_object());
    if (!b->package->manifest)
        return true;
    if (b->package->manifest_bytes > SKILL_MANIFEST_BYTES_MAX) {
        fault_add(&b->faults, "skill.json", "too_large", "is larger than %d bytes", "超过 %d 字节",
                  SKILL_MANIFEST_BYTES_MAX);
        return false;
    }
    const char *text = b->package->manifest;
    size_t bytes = b->package->manifest_bytes;
    size_t mark = bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* Notepad's */
    const json_t *json = json_parse(b->arena, text + mark, bytes - mark, &err);
    if (!json) {
        fault_add_text(
            &b->faults, "skill.json", arena_text(b->arena, err.item),
            (struct gov_text){ arena_text(b->arena, err.en), arena_text(b->arena, err.zh) });
        return false;
    }
    if (!json_is_object(json)) {
        fault_add(&b->faults, "skill.json", "type", "must hold one JSON object",
                  "必须是一个 JSON 对象");
        return false;
    }
    b->source = json;
    return true;
}

static void build_head(struct skill_builder *b)
{
    const struct skill_reader *r = &b->reader;
    const char *name = build_name(b);
    json_t *title = skill_read_pair(r, b->source, SKILL_ROOT, "title", SKILL_TITLE_BYTES);
    json_t *description =
        skill_read_pair(r, b->source, SKILL_ROOT, "description", SKILL_DESCRIPTION_BYTES);
    const char *runtime = skill_read_text(r, b->source, SKILL_ROOT, "runtime", 63);
    const char *heading = b->readme.title ? b->readme.title : name;
    const char *says = b->readme.description ? b->readme.description : heading;

    if (runtime && !text_slug_valid(runtime)) {
        fault_add(&b->faults, SKILL_ROOT "/runtime", "format",
                  "must be the name of a runtime, like \"base\" or \"data\"",
                  "必须是运行时的名称，例如 \"base\" 或 \"data\"");
        runtime = NULL;
    }
    skill_read_int(r, b->source, SKILL_ROOT, "manifest", 1, 1, 1);
    skill_set(b->out, "manifest", json_integer(1));
    skill_set(b->out, "name", json_string(name));
    skill_set(b->out, "title", title ? title : skill_pair(heading, heading));
    skill_set(b->out, "description", description ? description : skill_pair(says, says));
    skill_set(b->out, "runtime", json_string(runtime ? runtime : "base"));
    if (!b->package->readme)
        fault_add(&b->warnings, "README.md", "no_readme",
                  "a README.md tells reviewers and users what this does",
                  "README.md 可以告诉审核者和使用者它的用途");
}

bool skill_manifest_build(const struct skill_package *package, struct skill_manifest *manifest,
                          struct arena *arena, struct gov_err *err)
{
    struct skill_builder b = { .package = package,
                               .arena = arena,
                               .faults = { .arena = arena },
                               .warnings = { .arena = arena } };

    b.reader = (struct skill_reader){ arena, &b.faults };
    b.out = json_own(arena, json_object());
    b.readme = skill_readme_read(package->readme, package->readme_bytes, arena);
    build_source(&b);
    build_head(&b);
    build_actions(&b);
    build_examples(&b);
    if (!fault_report(&b.faults, GOV_FINDINGS, err))
        return false;
    if (!skill_manifest_view(b.out, manifest, arena, err))
        return false;
    manifest->warnings = b.warnings.items;
    manifest->warning_count = b.warnings.count;
    return true;
}
