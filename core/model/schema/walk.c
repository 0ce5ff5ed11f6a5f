/* walk.c - defaults, and the places in a value that a subschema marks. */
#include <stdint.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/model/schema/node.h"
#include "core/model/sealed_value.h"

enum { WALK_DEPTH_MAX = 256 };

/* --- defaults --- */

struct filling {
    int64_t steps;
    int depth;
};

static void fill(struct filling *f, const struct schema_node *node, const json_t *value,
                 json_t *copy);

static const json_t *default_of(const struct schema_node *node)
{
    for (; node; node = node->ref) {
        const json_t *found = json_object_get(node->json, "default");
        if (found)
            return found;
    }
    return NULL;
}

static void fill_object(struct filling *f, const struct schema_node *node, const json_t *value,
                        json_t *copy)
{
    for (size_t i = 0; i < node->property_count; i++) {
        const struct schema_property *p = &node->properties[i];
        const json_t *member = json_object_get(value, p->name);
        const json_t *preset = default_of(p->node);

        /* Only what was there in the beginning is entered: a default stays as it is. */
        if (member)
            fill(f, p->node, member, json_object_get(copy, p->name));
        else if (preset && !json_object_get(copy, p->name))
            CHECK(json_object_set_new(copy, p->name, json_deep_copy(preset)) == 0);
    }
}

static void fill(struct filling *f, const struct schema_node *node, const json_t *value,
                 json_t *copy)
{
    if (--f->steps < 0 || f->depth == WALK_DEPTH_MAX || sealed_value_is(value))
        return;
    f->depth++;
    if (json_is_object(value))
        fill_object(f, node, value, copy);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const struct schema_node *item =
            i < node->prefix_items.count ? node->prefix_items.list[i] : node->items;
        if (item)
            fill(f, item, json_array_get(value, i), json_array_get(copy, i));
    }
    if (node->ref)
        fill(f, node->ref, value, copy);
    for (size_t i = 0; i < node->all_of.count; i++)
        fill(f, node->all_of.list[i], value, copy);
    f->depth--;
}

json_t *schema_apply_defaults(const struct schema *schema, const json_t *value, struct arena *arena)
{
    struct filling f = { .steps = SCHEMA_STEPS_MAX / 10 };
    json_t *copy = json_own(arena, json_deep_copy(value));

    CHECK(copy);
    fill(&f, schema->root, value, copy);
    return copy;
}

/* --- marks --- */

struct search {
    struct arena *arena;
    enum schema_mark mark;
    struct schema_found *found;
    size_t count;
    int64_t steps;
    int depth;
    bool stopped;
};

static bool marked(const struct schema_node *node, enum schema_mark mark)
{
    if (mark == SCHEMA_MARK_SENSITIVE)
        return json_get_bool(node->json, "writeOnly", false) ||
               json_get_bool(node->json, "x-sensitive", false);
    return node->format && strcmp(node->format->name, "file") == 0;
}

static void note(struct search *s, const struct schema_node *node, const json_t *value,
                 const char *path)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->found[i].path, path) == 0)
            return;
    if (s->count == SCHEMA_FOUND_MAX) {
        s->stopped = true;
        return;
    }
    if (!s->found)
        s->found = ARENA_ARRAY(s->arena, struct schema_found, SCHEMA_FOUND_MAX);
    s->found[s->count++] = (struct schema_found){ path, value, node->json };
}

static void seek(struct search *s, const struct schema_node *node, const json_t *value,
                 const char *path);

static void seek_nodes(struct search *s, const struct schema_nodes *nodes, const json_t *value,
                       const char *path)
{
    for (size_t i = 0; i < nodes->count; i++)
        seek(s, nodes->list[i], value, path);
}

static void seek_object(struct search *s, const struct schema_node *node, const json_t *value,
                        const char *path)
{
    const char *name;
    json_t *member;

    for (size_t i = 0; i < node->property_count; i++) {
        member = json_object_get(value, node->properties[i].name);
        if (member)
            seek(s, node->properties[i].node, member,
                 json_path_exact(s->arena, path, node->properties[i].name));
    }
    if (!node->additional)
        return;
    json_object_foreach ((json_t *)value, name, member)
        if (!json_object_get(node->property_map, name))
            seek(s, node->additional, member, json_path_exact(s->arena, path, name));
}

static void seek(struct search *s, const struct schema_node *node, const json_t *value,
                 const char *path)
{
    if (!node || s->stopped)
        return;
    if (--s->steps < 0 || s->depth == WALK_DEPTH_MAX) {
        s->stopped = true;
        return;
    }
    s->depth++;
    if (marked(node, s->mark) && (s->mark == SCHEMA_MARK_SENSITIVE || json_is_string(value)))
        note(s, node, value, path);
    if (json_is_object(value) && !sealed_value_is(value))
        seek_object(s, node, value, path);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const struct schema_node *item =
            i < node->prefix_items.count ? node->prefix_items.list[i] : node->items;
        if (item)
            seek(s, item, json_array_get(value, i),
                 json_path_exact(s->arena, path, arena_format(s->arena, "%zu", i)));
    }
    seek(s, node->ref, value, path);
    seek_nodes(s, &node->all_of, value, path);
    seek_nodes(s, &node->any_of, value, path);
    seek_nodes(s, &node->one_of, value, path);
    seek(s, node->condition, value, path);
    seek(s, node->then, value, path);
    seek(s, node->otherwise, value, path);
    s->depth--;
}

bool schema_find(const struct schema *schema, const json_t *value, enum schema_mark mark,
                 struct arena *arena, const struct schema_found **found, size_t *count,
                 struct gov_err *err)
{
    struct search s = { .arena = arena, .mark = mark, .steps = SCHEMA_STEPS_MAX / 10 };

    seek(&s, schema->root, value, "");
    *found = s.found;
    *count = s.count;
    if (s.stopped)
        return gov_fail_at(
            err, GOV_INVALID_INPUT, "", "too_costly",
            "the input holds more than %d files or secrets, or is too large to search",
            "输入中的文件或敏感值超过 %d 个，或过大而无法检查", SCHEMA_FOUND_MAX);
    return true;
}
