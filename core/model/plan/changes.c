/* changes.c - what is new in a plan beside the last one of the same action that somebody confirmed. */
#include <string.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/model/plan.h"
#include "core/model/plan/show.h"

enum { CHANGES_MAX = 100 };

struct changes {
    json_t *list;
    struct arena *arena;
};

static void add(struct changes *c, const char *path, const json_t *before, const json_t *after)
{
    if (json_array_size(c->list) >= CHANGES_MAX)
        return;
    json_t *change = json_pack("{s:s, s:O?, s:O?}", "path", path, "before", before, "after", after);
    CHECK(change && json_array_append_new(c->list, change) == 0);
}

/* Objects member by member; everything else as a whole. */
static void compare(struct changes *c, const char *path, const json_t *before, const json_t *after)
{
    const char *name;
    json_t *value;

    if (before && after && json_equal((json_t *)before, (json_t *)after))
        return;
    if (!json_is_object(before) || !json_is_object(after)) {
        add(c, path, before, after);
        return;
    }
    json_object_foreach ((json_t *)before, name, value)
        compare(c, json_path(c->arena, path, name), value, json_object_get(after, name));
    json_object_foreach ((json_t *)after, name, value)
        if (!json_object_get(before, name))
            compare(c, json_path(c->arena, path, name), NULL, value);
}

static void compare_texts(struct changes *c, const char *path, const char *before, const char *after)
{
    if (strcmp(before ? before : "", after ? after : "") != 0)
        compare(c, path, json_own(c->arena, json_string(before ? before : "")),
                json_own(c->arena, json_string(after ? after : "")));
}

static json_t *files_of(const struct plan_step *step, struct arena *arena)
{
    json_t *files = json_own(arena, json_array());

    for (size_t i = 0; i < step->file_count; i++)
        json_array_append_new(files, json_pack("{s:s, s:s}", "name", step->files[i].name, "sha256",
                                               step->files[i].sha256));
    return files;
}

static json_t *resources_of(const struct plan_step *step, struct arena *arena)
{
    json_t *list = json_own(arena, json_array());

    for (size_t i = 0; i < step->resource_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", step->resources[i].name,
                                              "method", step->resources[i].method, "path",
                                              step->resources[i].path));
    return list;
}

json_t *plan_changes(const struct plan *before, const struct plan *after, struct arena *arena)
{
    struct changes c = { json_array(), arena };

    if (before->step_count != 1 || after->step_count != 1)
        return c.list;
    const struct plan_step *old = before->steps, *new = after->steps;
    compare(&c, "/version", json_own(arena, json_integer(old->version)),
            json_own(arena, json_integer(new->version)));
    compare_texts(&c, "/version_digest", old->version_digest, new->version_digest);
    compare_texts(&c, "/runtime", old->runtime_digest, new->runtime_digest);
    compare_texts(&c, "/platform", old->platform_digest, new->platform_digest);
    compare_texts(&c, "/risk", skill_risk_name(before->risk), skill_risk_name(after->risk));
    compare_texts(&c, "/requester", before->requester.text, after->requester.text);
    compare(&c, "/input", plan_input_masked(old, arena), plan_input_masked(new, arena));
    compare(&c, "/files", files_of(old, arena), files_of(new, arena));
    compare(&c, "/resources", resources_of(old, arena), resources_of(new, arena));
    return c.list;
}
