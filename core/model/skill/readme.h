/* readme.h - what a README says a skill is, when skill.json does not. */
#ifndef CORE_MODEL_SKILL_README_H
#define CORE_MODEL_SKILL_README_H

#include <stddef.h>

#include "core/base/arena.h"

struct skill_readme {
    const char *title;       /* its first heading without the marks; NULL if there is none */
    const char *description; /* its first paragraph as one line; NULL if there is none */
};

/* Markdown or plain text. Text that is not UTF-8 says nothing; hidden characters are left out; both
 * are cut to what a manifest takes (120 and 500 bytes). */
struct skill_readme skill_readme_read(const char *text, size_t bytes, struct arena *arena);

#endif
