#include "worker/run/run_input.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/skill_args.h"

/* The member that a JSON Pointer names: its parent and the last element. */
static bool pointer_set(json_t *root, const char *pointer, const char *text, struct arena *arena)
{
    json_t *at = root;

    while (pointer && *pointer == '/') {
        size_t bytes = strcspn(pointer + 1, "/");
        char *name = arena_alloc(arena, bytes + 1);
        size_t length = 0;
        for (size_t i = 1; i <= bytes; i++) {
            if (pointer[i] == '~' && i < bytes)
                name[length++] = pointer[++i] == '1' ? '/' : '~';
            else
                name[length++] = pointer[i];
        }
        bool last = pointer[1 + bytes] == 0;
        if (json_is_array(at)) {
            size_t index = (size_t)strtoul(name, NULL, 10);
            if (last)
                return json_array_set_new(at, index, json_string(text)) == 0;
            at = json_array_get(at, index);
        } else {
            if (last)
                return json_object_set_new(at, name, json_string(text)) == 0;
            at = json_object_get(at, name);
        }
        pointer += 1 + bytes;
    }
    return false;
}

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
        pointer_set(input->object, f->pointer,
                    f->as ? f->as : arena_format(arena, "in/%s", f->name), arena);
    return true;
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
    input->text = json_text(arena, input->object);
    if (action->args && !json_is_null(action->args)) {
        struct skill_args args;
        if (!skill_args_expand(action->args, input->object, arena, &args, err))
            return false;
        input->args = (const char *const *)args.argv;
        input->arg_count = args.count;
    }
    input->limits = sandbox_limits_default();
    input->limits.wall_ms = (uint64_t)job->timeout_ms;
    input->limits.cpu_s = (uint64_t)(job->timeout_ms / 1000) + 1;
    input->limits.memory_mb = (uint64_t)action->memory_mb;
    return true;
}
