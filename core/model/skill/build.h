/* build.h - what the files that build a manifest share; nobody else includes it. */
#ifndef CORE_MODEL_SKILL_BUILD_H
#define CORE_MODEL_SKILL_BUILD_H

#include "core/model/skill/manifest.h"
#include "core/model/skill/read.h"
#include "core/model/skill/readme.h"

#define SKILL_ROOT "skill.json#"

enum {
    SKILL_TITLE_BYTES = 120,
    SKILL_ATTEMPTS_MAX = 10,
    SKILL_DESCRIPTION_BYTES = 500,
    SKILL_EXAMPLES_MAX = 100,
    SKILL_EXAMPLE_BYTES = 500,
    SKILL_LIST_MAX = 20,
    SKILL_LIST_ITEM_BYTES = 200,
};

struct skill_builder {
    const struct skill_package *package;
    struct arena *arena;
    struct skill_reader reader;
    struct fault_list faults;
    struct fault_list warnings;
    const json_t *source; /* skill.json, {} if there is none */
    struct skill_readme readme;
    json_t *out;
};

/* object[name] = value, whose reference is taken over. */
void skill_set(json_t *object, const char *name, json_t *value);

/* One normalised action from `from`, which stands at `path`; a new reference. `single`: it is
 * written at the top level, where name, title, description and examples are the skill's. b->out
 * has its title and description already. */
json_t *skill_build_action(struct skill_builder *b, const json_t *from, const char *path,
                           bool single);

#endif
