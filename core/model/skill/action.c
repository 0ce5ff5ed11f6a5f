/* action.c - one action of a manifest, normalised. */
#include <string.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/schema/schema.h"
#include "core/model/skill/args.h"
#include "core/model/skill/build.h"

static bool has_file(const struct skill_builder *b, const char *path)
{
    for (size_t i = 0; i < b->package->file_count; i++)
        if (strcmp(b->package->files[i], path) == 0)
            return true;
    return false;
}

/* "partner" or "partner.orders_create". */
static bool check_resource(const char *name, struct gov_text *wrong)
{
    const char *dot = strchr(name, '.');
    char resource[64];

    *wrong = (struct gov_text){ "must be a resource (its reads) or resource.operation",
                                "须为资源名（可用其读操作）或 资源名.操作名" };
    if (!dot)
        return text_slug_valid(name);
    if ((size_t)(dot - name) >= sizeof resource)
        return false;
    memcpy(resource, name, (size_t)(dot - name));
    resource[dot - name] = 0;
    return text_slug_valid(resource) && text_slug_valid(dot + 1);
}

/* An action that is one call: no script, no file. */
static void build_call(struct skill_builder *b, json_t *action, const json_t *from, const char *path)
{
    const char *call = skill_read_text(&b->reader, from, path, "call", 127);
    struct gov_text wrong;

    if (!call || !strchr(call, '.') || !check_resource(call, &wrong))
        fault_add(&b->faults, skill_read_path(&b->reader, path, "call"), "format",
                  "executor http needs \"call\": \"resource.operation\"",
                  "http 执行器需要 \"call\"：\"资源名.操作名\"");
    skill_set(action, "executor", json_string("http"));
    skill_set(action, "entry", json_string(""));
    skill_set(action, "call", json_string(call ? call : ""));
}

static void build_entry(struct skill_builder *b, json_t *action, const json_t *from,
                        const char *path)
{
    const char *entry = skill_read_text(&b->reader, from, path, "entry", 200);
    const char *executor = skill_read_text(&b->reader, from, path, "executor", 20);
    bool said = entry != NULL;

    if (executor && strcmp(executor, "http") == 0) {
        build_call(b, action, from, path);
        return;
    }
    if (json_object_get(from, "call"))
        fault_add(&b->faults, skill_read_path(&b->reader, path, "call"), "unknown_field",
                  "belongs to executor http only", "仅用于 http 执行器");
    if (!entry)
        entry = !has_file(b, "main.py") && has_file(b, "main.sh") ? "main.sh" : "main.py";
    const char *runs = text_ends(entry, ".sh") ? "shell" : "python";
    if (!text_ends(entry, ".py") && !text_ends(entry, ".sh"))
        fault_add(&b->faults, skill_read_path(&b->reader, path, "entry"), "format",
                  "must be a Python or shell script: a file that ends in .py or .sh",
                  "必须是 Python 或 shell 脚本，文件名以 .py 或 .sh 结尾");
    else if (!has_file(b, entry) && said)
        fault_add(&b->faults, skill_read_path(&b->reader, path, "entry"), "unknown_file",
                  "the package holds no file \"%s\"", "包中没有文件“%s”",
                  fault_excerpt(b->arena, entry, 100));
    else if (!has_file(b, entry))
        fault_add(
            &b->faults, "main.py", "required",
            "the package holds no main.py or main.sh, and skill.json names no other \"entry\"",
            "包中没有 main.py 或 main.sh，skill.json 也没有指定其他 \"entry\"");
    if (executor && b->package->noop && strcmp(executor, skill_executor_name(SKILL_NOOP)) == 0)
        runs = executor;
    else if (executor && strcmp(executor, runs) != 0)
        fault_add(&b->faults, skill_read_path(&b->reader, path, "executor"), "enum",
                  "must be \"%s\" for this entry, or be left out", "该入口的执行器须为“%s”，或省略",
                  runs);
    skill_set(action, "executor", json_string(runs));
    skill_set(action, "entry", json_string(entry));
}

/* Bring a schema's faults over, behind the place where the schema stands. */
static void check_schema(struct skill_builder *b, const json_t *json, const char *path)
{
    struct gov_err err;
    if (schema_compile(json, b->arena, &err))
        return;
    if (err.item_count == 0)
        fault_add_text(
            &b->faults, path, arena_text(b->arena, err.item),
            (struct gov_text){ arena_text(b->arena, err.en), arena_text(b->arena, err.zh) });
    for (size_t i = 0; i < err.item_count; i++)
        fault_add_text(&b->faults, arena_format(b->arena, "%s%s", path, err.items[i].path),
                       err.items[i].code, err.items[i].message);
}

static void build_input(struct skill_builder *b, json_t *action, const json_t *from,
                        const char *path)
{
    const json_t *input = json_object_get(from, "input");
    const char *here = skill_read_path(&b->reader, path, "input");
    json_t *schema = json_is_object(input) ? json_deep_copy(input) : json_object();

    if (input && !json_is_null(input) && !json_is_object(input))
        fault_add(&b->faults, here, "type", "must be a schema object", "必须是 schema 对象");
    if (!json_object_get(schema, "type") && !json_object_get(schema, "$ref"))
        skill_set(schema, "type", json_string("object"));
    const char *type = json_get_text(schema, "type");
    if (json_object_get(schema, "type") && (!type || strcmp(type, "object") != 0))
        fault_add(&b->faults, skill_read_path(&b->reader, here, "type"), "const",
                  "must be \"object\": an input is a set of named values",
                  "必须是 \"object\"：输入由具名的值组成");
    skill_set(action, "input", schema);
    check_schema(b, schema, here);
}

static void build_output(struct skill_builder *b, json_t *action, const json_t *from,
                         const char *path)
{
    json_t *output = json_object_get(from, "output");
    if (!output || json_is_null(output)) {
        skill_set(action, "output", json_null());
        return;
    }
    skill_set(action, "output", json_incref(output));
    check_schema(b, output, skill_read_path(&b->reader, path, "output"));
}

static void build_args(struct skill_builder *b, json_t *action, const json_t *from,
                       const char *path)
{
    json_t *args = json_object_get(from, "args");
    if (!args || json_is_null(args)) {
        skill_set(action, "args", json_null());
        return;
    }
    skill_set(action, "args", json_incref(args));
    skill_args_check(args, json_object_get(action, "input"),
                     skill_read_path(&b->reader, path, "args"), &b->faults);
}

static bool check_glob(const char *glob, struct gov_text *wrong)
{
    *wrong = (struct gov_text){ "must be a path below the working folder, without \"..\"",
                                "必须是工作目录之下的路径，不含“..”" };
    if (glob[0] == '/')
        return false;
    for (const char *part = glob; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strcmp(part, "..") == 0 || text_starts(part, "../"))
            return false;
    }
    return true;
}

static void build_lists(struct skill_builder *b, json_t *action, const json_t *from,
                        const char *path)
{
    const struct skill_reader *r = &b->reader;
    json_t *collect = skill_read_texts(r, from, path, "collect", SKILL_LIST_MAX,
                                       SKILL_LIST_ITEM_BYTES, check_glob);

    skill_set(action, "effects",
              skill_read_pairs(r, from, path, "effects", SKILL_LIST_MAX, SKILL_LIST_ITEM_BYTES));
    skill_set(action, "resources",
              skill_read_texts(r, from, path, "resources", SKILL_LIST_MAX, SKILL_LIST_ITEM_BYTES,
                               check_resource));
    const char *call = json_get_text(action, "call");
    if (call && *call)
        json_array_append_new(json_object_get(action, "resources"), json_string(call));
    skill_set(action, "collect", collect);
}

static void build_risk(struct skill_builder *b, json_t *action, const json_t *from,
                       const char *path)
{
    static const char *const known[] = { "required", "people", "expires_s", NULL };
    const struct skill_reader *r = &b->reader;
    const char *risk = skill_read_text(r, from, path, "risk", 20);
    const json_t *confirm = json_object_get(from, "confirm");
    const char *here = skill_read_path(r, path, "confirm");
    bool high = risk && strcmp(risk, "high") == 0;

    if (risk && !high && strcmp(risk, "low") != 0)
        fault_add(&b->faults, skill_read_path(r, path, "risk"), "enum", "must be one of: low, high",
                  "必须是以下之一：low, high");
    if (confirm && !json_is_object(confirm) && !json_is_boolean(confirm) && !json_is_null(confirm))
        fault_add(&b->faults, here, "type", "must be true or an object", "必须是 true 或对象");
    skill_read_unknown(r, confirm, here, known);
    bool required = skill_read_bool(r, confirm, here, "required", json_is_object(confirm)) ||
                    json_is_true(confirm) || high;
    int64_t expires_s = skill_read_int(r, confirm, here, "expires_s", 0, 30 * 24 * 3600, 0);
    if (expires_s > 0 && expires_s < 300) {
        fault_add(&b->faults, skill_read_path(r, here, "expires_s"), "range",
                  "must be 0 or at least %d", "必须是 0 或不小于 %d", 300);
        expires_s = 0;
    }
    skill_set(action, "risk", json_string(high ? "high" : "low"));
    skill_set(action, "confirm",
              json_pack("{s:b, s:I, s:I}", "required", required, "people",
                        (json_int_t)skill_read_int(r, confirm, here, "people", 1, 5, 1),
                        "expires_s", (json_int_t)expires_s));
}

static void build_repeating(struct skill_builder *b, json_t *action, const json_t *from, const char *path)
{
    const struct skill_reader *r = &b->reader;
    bool idempotent = skill_read_bool(r, from, path, "idempotent", false);
    int64_t attempts = skill_read_int(r, from, path, "attempts", 1, SKILL_ATTEMPTS_MAX, 0);

    skill_set(action, "idempotent", json_boolean(idempotent));
    if (attempts > 1 && !idempotent)
        fault_add(&b->faults, skill_read_path(r, path, "attempts"), "not_idempotent",
                  "is more than 1, and the action does not say \"idempotent\": true; say so if running it twice does no harm",
                  "大于 1，但该操作未声明 \"idempotent\": true；若重复运行无害，请声明");
    if (attempts)
        skill_set(action, "attempts", json_integer(attempts));
}

json_t *skill_build_action(struct skill_builder *b, const json_t *from, const char *path,
                           bool single)
{
    const struct skill_reader *r = &b->reader;
    json_t *action = json_object();
    const char *name = single ? NULL : skill_read_text(r, from, path, "name", 63);

    if (name && !text_slug_valid(name))
        fault_add(&b->faults, skill_read_path(r, path, "name"), "format",
                  "must start with a-z and hold only a-z 0-9 _ - (63 at most)",
                  "须以 a-z 开头，只含 a-z 0-9 _ -，最多 63 个字符");
    skill_set(action, "name", json_string(name ? name : "run"));
    json_t *title = single ? NULL : skill_read_pair(r, from, path, "title", SKILL_TITLE_BYTES);
    json_t *description =
        single ? NULL : skill_read_pair(r, from, path, "description", SKILL_DESCRIPTION_BYTES);
    if (!title)
        title = name ? skill_pair(name, name) : json_deep_copy(json_object_get(b->out, "title"));
    skill_set(action, "title", title);
    skill_set(action, "description",
              description ? description : json_deep_copy(json_object_get(b->out, "description")));
    skill_set(action, "examples",
              single ? json_array()
                     : skill_read_texts(r, from, path, "examples", SKILL_EXAMPLES_MAX,
                                        SKILL_EXAMPLE_BYTES, NULL));
    build_entry(b, action, from, path);
    build_input(b, action, from, path);
    build_output(b, action, from, path);
    build_args(b, action, from, path);
    build_lists(b, action, from, path);
    build_risk(b, action, from, path);
    skill_set(action, "timeout_s",
              json_integer(skill_read_int(r, from, path, "timeout_s", 1, 3600, 120)));
    skill_set(action, "memory_mb",
              json_integer(skill_read_int(r, from, path, "memory_mb", 32, 4096, 512)));
    build_repeating(b, action, from, path);
    return action;
}
