/* skill_read.h - one skill and its newest version, loaded and left as the answer. */
#ifndef API_SKILLS_SKILL_READ_H
#define API_SKILLS_SKILL_READ_H

#include "api/skills/skill_row.h"

struct skill_read {
    struct db_rows skill, latest;
};

/* As I/O of `op`. */
void skill_read(struct op *op, struct call *call, const char *name, struct skill_read *read);
/* False: NOT_FOUND, there is none or the caller may not know of it. */
bool skill_read_visible(struct call *call, const char *name, const struct skill_read *read,
                        struct gov_err *err);
/* 200 with an ETag. */
void skill_read_leave(struct call *call, const struct skill_read *read);

#endif
