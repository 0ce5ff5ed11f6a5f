/* compile.c - three passes: nodes from the tree, $ref resolved, loops looked for.
 *
 * $ref is resolved from a growing list, not by recursion: its target may be a place no keyword
 * leads to, which becomes a node then and may hold the next $ref.
 */
#include "core/model/schema/compile.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"

struct schema_node *schema_compile_node(struct schema_compiler *c, const json_t *json,
                                        const char *path)
{
    const char *name;
    json_t *value;

    if (!json_is_object(json) && !json_is_boolean(json)) {
        fault_add(&c->faults, path, "type", "must be a schema: an object, true or false",
                  "必须是 schema：对象、true 或 false");
        return NULL;
    }
    if (c->node_count == SCHEMA_NODES_MAX || c->depth == SCHEMA_DEPTH_MAX) {
        bool deep = c->depth == SCHEMA_DEPTH_MAX;
        fault_add(&c->faults, path, deep ? "depth" : "too_large",
                  "the schema holds more than %d subschemas or nests them deeper than %d",
                  "schema 的子 schema 超过 %d 个，或嵌套超过 %d 层", SCHEMA_NODES_MAX,
                  SCHEMA_DEPTH_MAX);
        return NULL;
    }
    struct schema_node *node = ARENA_NEW(c->arena, struct schema_node);
    c->nodes[c->node_count++] = node;
    node->json = json;
    node->path = path;
    node->never = json_is_false(json);
    node->max_length = node->max_items = node->max_properties = SIZE_MAX;
    c->depth++;
    json_object_foreach ((json_t *)json, name, value)
        schema_compile_keyword(c, node, name, value);
    c->depth--;
    return node;
}

/* --- $ref --- */

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Undo the percent-encoding of a fragment. NULL: it is broken. */
static char *fragment_decode(const char *fragment, struct arena *arena)
{
    char *text = arena_text(arena, fragment), *to = text;
    for (const char *from = fragment; *from; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        int high = hex_value(from[1]), low = high < 0 ? -1 : hex_value(from[2]);
        if (low < 0 || (high == 0 && low == 0))
            return NULL;
        *to++ = (char)(high << 4 | low);
        from += 2;
    }
    *to = 0;
    return text;
}

/* Undo ~0 and ~1 in place. */
static void token_decode(char *token)
{
    char *to = token;
    for (const char *from = token; *from; from++) {
        if (*from == '~' && (from[1] == '0' || from[1] == '1')) {
            *to++ = from[1] == '0' ? '~' : '/';
            from++;
        } else {
            *to++ = *from;
        }
    }
    *to = 0;
}

static const json_t *pointer_find(const json_t *json, char *pointer)
{
    if (*pointer == 0)
        return json;
    if (*pointer != '/')
        return NULL;
    char *token = pointer + 1;
    while (token && json) {
        char *next = strchr(token, '/');
        int64_t index;
        if (next)
            *next++ = 0;
        token_decode(token);
        if (json_is_array(json))
            json = text_parse_i64(token, 0, INT32_MAX, &index) ? json_array_get(json, (size_t)index)
                                                               : NULL;
        else
            json = json_object_get(json, token);
        token = next;
    }
    return json;
}

static struct schema_node *node_of(struct schema_compiler *c, const json_t *json)
{
    for (size_t i = 0; i < c->node_count; i++)
        if (c->nodes[i]->json == json)
            return c->nodes[i];
    return NULL;
}

static void ref_resolve(struct schema_compiler *c, struct schema_node *node)
{
    const char *path = json_path(c->arena, node->path, "$ref");

    if (node->ref_text[0] != '#') {
        fault_add(&c->faults, path, "remote_ref",
                  "only references within this schema are taken: \"#/$defs/name\"",
                  "只支持本 schema 内的引用，例如 \"#/$defs/name\"");
        return;
    }
    char *pointer = fragment_decode(node->ref_text + 1, c->arena);
    const json_t *target = pointer ? pointer_find(c->root, pointer) : NULL;
    if (!target) {
        fault_add(&c->faults, path, "unknown_ref", "there is nothing at \"%s\" in this schema",
                  "本 schema 中没有 \"%s\"", fault_excerpt(c->arena, node->ref_text, 100));
        return;
    }
    node->ref = node_of(c, target);
    if (!node->ref)
        node->ref = schema_compile_node(c, target, arena_text(c->arena, node->ref_text + 1));
}

/* --- loops --- */

static bool loops(struct schema_node *node);

static bool any_loops(const struct schema_nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (loops(nodes->list[i]))
            return true;
    return false;
}

/* Does some path of same-value edges lead from `node` back to a node on the way? */
static bool loops(struct schema_node *node)
{
    if (!node || node->mark == 2)
        return false;
    if (node->mark == 1)
        return true;
    node->mark = 1;
    if (loops(node->ref) || any_loops(&node->all_of) || any_loops(&node->any_of) ||
        any_loops(&node->one_of) || loops(node->negated) || loops(node->condition) ||
        loops(node->then) || loops(node->otherwise))
        return true;
    node->mark = 2;
    return false;
}

const struct schema *schema_compile(const json_t *json, struct arena *arena, struct gov_err *err)
{
    struct schema_compiler c = { .arena = arena, .root = json, .faults = { .arena = arena } };
    struct schema *schema = ARENA_NEW(arena, struct schema);

    if (json && json_dumpb(json, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) > SCHEMA_BYTES_MAX) {
        gov_fail_at(err, GOV_INVALID_INPUT, "", "too_large", "the schema is larger than %d bytes",
                    "schema 超过 %d 字节", SCHEMA_BYTES_MAX);
        return NULL;
    }
    json_own(arena, json_incref((json_t *)json));
    c.nodes = ARENA_ARRAY(arena, struct schema_node *, SCHEMA_NODES_MAX);
    schema->root = schema_compile_node(&c, json, "");
    for (size_t i = 0; i < c.node_count; i++)
        if (c.nodes[i]->ref_text)
            ref_resolve(&c, c.nodes[i]);
    for (size_t i = 0; i < c.node_count && c.faults.count == 0; i++)
        if (loops(c.nodes[i]))
            fault_add(&c.faults, c.nodes[i]->path, "ref_loop",
                      "this subschema refers to itself for the same value, which never ends",
                      "该子 schema 对同一个值引用了自身，无法结束");
    if (!fault_report(&c.faults, c.unsupported ? GOV_UNSUPPORTED_KEYWORD : GOV_INVALID_INPUT, err))
        return NULL;
    return schema;
}
