/* compile.h - what compile.c and keywords.c share; nobody else includes it. */
#ifndef CORE_MODEL_SCHEMA_COMPILE_H
#define CORE_MODEL_SCHEMA_COMPILE_H

#include "core/model/fault.h"
#include "core/model/schema/node.h"

struct schema_compiler {
    struct arena *arena;
    const json_t *root;
    struct fault_list faults;
    bool unsupported;           /* one of the faults is a keyword we do not know */
    struct schema_node **nodes; /* all of them, SCHEMA_NODES_MAX */
    size_t node_count;
    int depth;
};

/* One subschema at `path`. NULL: a fault was added. */
struct schema_node *schema_compile_node(struct schema_compiler *c, const json_t *json,
                                        const char *path);

/* Fill `node` from one keyword of its object; adds faults. */
void schema_compile_keyword(struct schema_compiler *c, struct schema_node *node, const char *name,
                            const json_t *value);

#endif
