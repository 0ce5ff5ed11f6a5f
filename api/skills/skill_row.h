/* skill_row.h - rows of skill_get.sql, skill_page.sql and version_show.sql: who may see them, and how they
 * are shown. */
#ifndef API_SKILLS_SKILL_ROW_H
#define API_SKILLS_SKILL_ROW_H

#include "api/call.h"
#include "core/io/crypto/package_signature.h"

/* Columns of skill_get.sql and skill_page.sql. */
enum {
    SKILL_ID,
    SKILL_NAME,
    SKILL_TITLE,
    SKILL_DESCRIPTION,
    SKILL_EXAMPLES,
    SKILL_OWNER,
    SKILL_OWNER_NAME,
    SKILL_ENABLED,
    SKILL_REVISION,
    SKILL_CREATED,
    SKILL_UPDATED,
    SKILL_NUMBER,
    SKILL_DIGEST,
    SKILL_MANIFEST,
    SKILL_README,
    SKILL_BINDINGS,
    SKILL_MINE
};

/* Columns of version_show.sql. */
enum {
    VERSION_ID,
    VERSION_SKILL_ID,
    VERSION_SKILL,
    VERSION_NUMBER,
    VERSION_STATE,
    VERSION_DIGEST,
    VERSION_FILE,
    VERSION_SIZE,
    VERSION_RUNTIME,
    VERSION_MANIFEST,
    VERSION_FINDINGS,
    VERSION_FILES,
    VERSION_README,
    VERSION_BY,
    VERSION_BY_NAME,
    VERSION_CREATED,
    VERSION_REVIEWED_BY,
    VERSION_REVIEWER,
    VERSION_REVIEWED,
    VERSION_COMMENT,
    VERSION_PUBLISHED,
    VERSION_CURRENT,
    VERSION_FOUR_EYES,
    VERSION_OWNER,
    VERSION_RUNS, /* number of the skill's version that runs now */
    VERSION_RUNTIME_DIGEST,
    VERSION_SIGNATURE,
    VERSION_SIGNING, /* the tenant's setting: trusted keys, and whether nothing else is published */
    VERSION_RUNTIME_BYTES
};

/* "user" or "token", for the audit. */
const char *caller_actor(const struct call *call);
/* May he review or publish? Then he sees every skill and version. */
bool caller_governs(struct call *call);
/* $6 of version_show.sql: NULL for who governs. */
const char *caller_seeing(struct call *call);
/* May the caller know of this skill? Who governs, or has had a part in it; who may run an action of it; and
 * roles that only read, once it is published. */
bool skill_visible(struct call *call, const struct db_rows *rows, int row);
/* The actions of the published version that the caller may run; 0 if there is none. */
size_t skill_runnable(struct call *call, const struct db_rows *rows, int row);
/* NOT_FOUND, in the same words for what is not there and what he may not know of. */
bool skill_missing(const char *name, struct gov_err *err);
bool version_missing(const char *name, const char *number, struct gov_err *err);

/* New references. `all_actions` false: only those the caller may run. */
json_t *skill_summary_shown(struct call *call, const struct db_rows *rows, int row,
                            bool all_actions);
/* `latest`: rows of version_show.sql, newest first; may be empty. */
json_t *skill_shown(struct call *call, const struct db_rows *rows, const struct db_rows *latest);
json_t *version_shown(struct call *call, const struct db_rows *rows, int row);
/* By whom it is signed, as the tenant's keys say now. */
struct package_signature version_signature(struct call *call, const struct db_rows *rows, int row);
json_t *findings_shown(struct call *call, const json_t *stored);
/* {id, name} or null. */
json_t *person_shown(const char *id, const char *name);

#endif
