/* read.h - reading the fields of skill.json; for the files of this folder only.
 *
 * Each call reads one member of `object`, which stands at `path`, adds a fault if it is wrong, and
 * returns a new reference or value that is right: what was said, or the default. So a caller goes
 * on after a fault, and all of them are found in one pass.
 */
#ifndef CORE_MODEL_SKILL_READ_H
#define CORE_MODEL_SKILL_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/model/fault.h"

struct skill_reader {
    struct arena *arena;
    struct fault_list *faults;
};

/* "skill.json#/actions/0" + "risk" */
const char *skill_read_path(const struct skill_reader *r, const char *path, const char *name);

int64_t skill_read_int(const struct skill_reader *r, const json_t *object, const char *path,
                       const char *name, int64_t min, int64_t max, int64_t otherwise);
bool skill_read_bool(const struct skill_reader *r, const json_t *object, const char *path,
                     const char *name, bool otherwise);
/* A text of 1 to `most` bytes without hidden characters other than line breaks and tabs. NULL if
 * absent or wrong; borrowed. */
const char *skill_read_text(const struct skill_reader *r, const json_t *object, const char *path,
                            const char *name, size_t most);
/* {en, zh}, from a text or such an object; NULL if absent or wrong. */
json_t *skill_read_pair(const struct skill_reader *r, const json_t *object, const char *path,
                        const char *name, size_t most);
json_t *skill_pair(const char *en, const char *zh);
/* A list of at most `count` texts of `most` bytes; `check` (may be NULL) says what is wrong with
 * one. An empty list if absent. */
json_t *skill_read_texts(const struct skill_reader *r, const json_t *object, const char *path,
                         const char *name, size_t count, size_t most,
                         bool (*check)(const char *text, struct gov_text *wrong));
/* The same, of {en, zh}. */
json_t *skill_read_pairs(const struct skill_reader *r, const json_t *object, const char *path,
                         const char *name, size_t count, size_t most);
/* Members that are not in `known` (NULL-terminated) are faults. */
void skill_read_unknown(const struct skill_reader *r, const json_t *object, const char *path,
                        const char *const *known);

#endif
