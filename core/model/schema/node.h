/* node.h - a compiled schema, for the files of this folder only.
 *
 * One node a subschema. Keywords that are not there are NULL, 0 or the neutral bound. Edges to
 * other nodes are of two kinds: `ref`, `all_of` … `otherwise` judge the *same* value and have no
 * cycles (compile sees to it); properties, additional, items and prefix_items judge a value
 * *inside*, and may lead back to this node.
 */
#ifndef CORE_MODEL_SCHEMA_NODE_H
#define CORE_MODEL_SCHEMA_NODE_H

#include "core/model/schema/format.h"
#include "core/model/schema/pattern.h"
#include "core/model/schema/schema.h"

enum schema_type {
    TYPE_NULL = 1,
    TYPE_BOOLEAN = 2,
    TYPE_INTEGER = 4,
    TYPE_NUMBER = 8,
    TYPE_STRING = 16,
    TYPE_ARRAY = 32,
    TYPE_OBJECT = 64,
};

struct schema_node;

struct schema_nodes {
    struct schema_node **list;
    size_t count;
};

struct schema_property {
    const char *name;
    struct schema_node *node;
};

struct schema_node {
    const json_t *json;
    const char *path; /* JSON Pointer into the schema */
    bool never;       /* the schema `false` */
    int mark;         /* of the search for loops: 0 unseen, 1 on the way, 2 done */

    unsigned types;         /* of enum schema_type; 0: any */
    const json_t *choices;  /* enum */
    const json_t *constant; /* const */

    const json_t *minimum, *maximum, *exclusive_minimum, *exclusive_maximum, *multiple_of;

    size_t min_length, max_length;
    const struct schema_pattern *pattern;
    const struct schema_format *format;

    const json_t *property_map; /* `properties`, for looking up names */
    struct schema_property *properties;
    size_t property_count;
    const json_t *required;
    struct schema_node *additional;
    size_t min_properties, max_properties;

    struct schema_node *items;
    struct schema_nodes prefix_items;
    size_t min_items, max_items;
    bool unique_items;

    const char *ref_text; /* until it is resolved */
    struct schema_node *ref;
    struct schema_nodes all_of, any_of, one_of;
    struct schema_node *negated;
    struct schema_node *condition, *then, *otherwise;
};

struct schema {
    struct schema_node *root;
};

/* The name of a set of types for a message: "string or null"; in the arena. */
const char *schema_types_text(unsigned types, enum gov_language language, struct arena *arena);
/* The types `value` has; a whole number is both integer and number. */
unsigned schema_types_of(const json_t *value);

#endif
