/* dead_letter.h - looking for dead letters: what the endpoints that show them and those that decide on them share.
 *
 * They are outcomes in the tenants' schemas. The scheduler notes which tenants have open ones; without ?tenant= only
 * those are asked, some after the others.
 */
#ifndef API_PLATFORM_DEAD_LETTER_H
#define API_PLATFORM_DEAD_LETTER_H

#include "api/page.h"
#include "api/platform/platform.h"

/* Columns of dead_letter_page.sql. */
enum {
    LETTER_ID,
    LETTER_ITEM,
    LETTER_LANE,
    LETTER_CLASS,
    LETTER_TIMEOUT,
    LETTER_SKILL,
    LETTER_ACTION,
    LETTER_KIND,
    LETTER_KEY,
    LETTER_RISK,
    LETTER_STATE
};

struct letters {
    struct db_scope scope;
    struct db_rows rows;
    struct gov_err err;
};

struct redriven {
    struct id successor;
    struct gov_err err;
};

struct dead_letter {
    struct endpoint endpoint;
    struct page page;
    const char *tenant, *state, *comment;
    struct id id; /* "" for a list */
    int64_t most, per_minute; /* of a redrive of many */
    struct db_rows tenants;
    struct letters *of;
    struct redriven *redriven;
    int found; /* index in `of`; -1: none */
    bool lists; /* all of them are wanted, not one */
    enum { ASKED_NOTHING, ASKED_TENANTS, ASKED_LETTERS } asked;
    const char *after; /* the tenant behind which the next are */
    struct dead_letter_shown *best;
    int best_count;
};

/* Of a list: what was found so far, newest first. */
struct dead_letter_shown {
    const char *id;
    json_t *item;
};

/* Reads /{id} and ?tenant=. */
enum op_next dead_letter_parse(struct op *op);
/* Some tenants, their letters, and the next tenants, until there are no more or the one that is looked for was found. */
enum op_next dead_letter_ask(struct op *op);
/* False: NOT_FOUND, with what helps. */
bool dead_letter_found(const struct dead_letter *e, struct gov_err *err);
/* The one that was found, as the answer. */
enum op_next dead_letter_answer(struct op *op);

#endif
