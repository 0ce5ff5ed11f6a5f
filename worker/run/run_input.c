#include "worker/run/run_input.h"

#include <sodium.h>
#include <string.h>

#include "core/base/json_pointer.h"
#include "core/model/schema/schema.h"
#include "core/model/sealed_value.h"
#include "core/model/skill/args.h"

static bool name_taken(const struct run_input *input, const char *name)
{
    for (size_t i = 0; i < input->file_count; i++)
        if (strcmp(input->files[i].name, name) == 0)
            return true;
    return false;
}

/* Two uploads may share a name: the second becomes "2-name". */
static const char *name_unique(const struct run_input *input, const char *name, struct arena *arena)
{
    const char *unique = name;
    for (int i = 2; name_taken(input, unique); i++)
        unique = arena_format(arena, "%d-%.180s", i, name);
    return unique;
}

static bool add_file(struct run_input *input, const json_t *item, struct arena *arena,
                     struct gov_err *err)
{
    const char *sha256 = json_get_text(item, "sha256"), *name = json_get_text(item, "name");
    struct run_file *f = &input->files[input->file_count];
    size_t length = 0;

    if (!id_parse(json_get_text(item, "id"), &f->id) || !name || !sha256 ||
        sodium_hex2bin(f->sha256, sizeof f->sha256, sha256, strlen(sha256), NULL, &length, NULL) ||
        length != sizeof f->sha256)
        return gov_fail_cause(err, GOV_INTERNAL, "payload: a file is malformed");
    f->pointer = json_get_text(item, "path");
    f->name = name_unique(input, name, arena);
    f->as = json_get_text(item, "as");
    f->fd = -1;
    input->file_count++;
    if (f->pointer && *f->pointer)
        json_pointer_replace(input->object, f->pointer,
                             json_string(f->as ? f->as : arena_format(arena, "in/%s", f->name)), arena);
    return true;
}

/* As the script gets it: on stdin, and on its command line. */
static bool write_out(const struct skill_action *action, struct arena *arena, struct run_input *input,
                      struct gov_err *err)
{
    input->text = json_text(arena, input->object);
    if (action->args && !json_is_null(action->args)) {
        struct skill_args args;
        if (!skill_args_expand(action->args, input->object, arena, &args, err))
            return false;
        input->args = (const char *const *)args.argv;
        input->arg_count = args.count;
    }
    return true;
}

bool run_input_open(const struct skill_action *action, const json_t *opened, struct arena *arena,
                    struct run_input *input, struct gov_err *err)
{
    const struct schema *schema = schema_compile(action->input, arena, err);
    json_t *whole = json_own(arena, json_deep_copy(input->given)); /* with the ids of files, as the schema wants them */
    const char *path;
    json_t *value;

    if (!schema)
        return false;
    json_object_foreach ((json_t *)opened, path, value) {
        json_pointer_replace(whole, path, json_incref(value), arena);
        json_pointer_replace(input->object, path, json_incref(value), arena);
    }
    return schema_validate(schema, whole, arena, err) && write_out(action, arena, input, err);
}

bool run_input_make(const struct claimed *job, const struct skill_action *action,
                    struct arena *arena, struct run_input *input, struct gov_err *err)
{
    const json_t *files = job->payload.files;
    size_t count = json_array_size(files);

    memset(input, 0, sizeof *input);
    if (count > RUN_FILES_MAX)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/files", "max_items",
                           "a run takes at most %d files", "一次运行最多 %d 个文件", RUN_FILES_MAX);
    input->files = ARENA_ARRAY(arena, struct run_file, count + 1);
    input->object = json_own(arena, job->payload.input ? json_deep_copy(job->payload.input)
                                                       : json_object());
    for (size_t i = 0; i < count; i++)
        if (!add_file(input, json_array_get(files, i), arena, err))
            return false;
    input->given = job->payload.input;
    input->sealed = sealed_value_inside(input->object);
    if (!input->sealed && !write_out(action, arena, input, err))
        return false;
    input->limits = sandbox_limits_default();
    input->limits.wall_ms = (uint64_t)job->timeout_ms;
    input->limits.cpu_s = (uint64_t)(job->timeout_ms / 1000) + 1;
    input->limits.memory_mb = (uint64_t)action->memory_mb;
    return true;
}
