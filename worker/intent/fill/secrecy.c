/* secrecy.c - everything below a schema is looked at: where a mark stands decides nothing, as a value may come to
 * it by any keyword.
 */
#include "worker/intent/fill/secrecy.h"

#include <stdint.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/json_pointer.h"

enum { NODES_MAX = 4000, DEPTH_MAX = 32 };

struct search {
    json_t *root;
    struct arena *arena;
    int nodes;
};

static bool found_in(struct search *s, json_t *node, int depth);

static bool found_behind(struct search *s, json_t *node, int depth)
{
    const char *reference = json_get_text(node, "$ref");

    return reference && *reference == '#' &&
           found_in(s, json_pointer_get(s->root, reference + 1, s->arena), depth + 1);
}

static bool found_in(struct search *s, json_t *node, int depth)
{
    const char *keyword;
    json_t *inner;
    size_t i;

    if (!json_is_object(node) && !json_is_array(node))
        return false;
    if (depth > DEPTH_MAX || ++s->nodes > NODES_MAX)
        return true;
    json_array_foreach (node, i, inner)
        if (found_in(s, inner, depth + 1))
            return true;
    if (json_is_array(node))
        return false;
    if (json_get_bool(node, "writeOnly", false) || json_get_bool(node, "x-sensitive", false) ||
        found_behind(s, node, depth))
        return true;
    json_object_foreach (node, keyword, inner)
        if (found_in(s, inner, depth + 1))
            return true;
    return false;
}

bool schema_holds_secrets(const json_t *root, const json_t *schema, struct arena *arena)
{
    struct search s = { .root = (json_t *)(uintptr_t)root, .arena = arena };
    return found_in(&s, (json_t *)(uintptr_t)schema, 0);
}
