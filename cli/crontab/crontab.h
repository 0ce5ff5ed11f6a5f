/* crontab.h - a crontab's lines, and which skill each of them means.
 *
 * Two formats: a person's crontab, and /etc/crontab and /etc/cron.d with a user's name before the command.
 * CRON_TZ counts for the lines below it; an unescaped % ends the command, what follows is its standard input.
 * Pure: the caller reads the file and asks the server for its skills.
 */
#ifndef CLI_CRONTAB_CRONTAB_H
#define CLI_CRONTAB_CRONTAB_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum { CRONTAB_LINES_MAX = 10000, CRONTAB_BYTES_MAX = 1 << 20 };

enum crontab_verdict {
    CRONTAB_SETTING,      /* NAME=value: `why` says what becomes of it */
    CRONTAB_FOUND,        /* skill, action, input are filled in */
    CRONTAB_TO_BE_MADE,   /* there is no such skill yet; `why` says how it comes about */
    CRONTAB_NOT_POSSIBLE, /* `why` */
};
const char *crontab_verdict_name(enum crontab_verdict verdict); /* found, to_be_made, not_possible, setting */

struct crontab_line {
    int number;
    enum crontab_verdict verdict;
    const char *rule;
    const char *timezone;
    const char *user;    /* NULL: not of that format */
    const char *command; /* without its standard input */
    const char *input_text; /* standard input; NULL: none */
    const char *skill;
    const char *action;  /* NULL: the first */
    json_t *input;       /* an object, the arena's */
    struct gov_text why; /* "" where there is nothing to say */
};

struct crontab {
    struct crontab_line *lines;
    size_t count;
};

/* Lines that are neither blank nor comments; `timezone` is that of lines before any CRON_TZ. False:
 * INVALID_INPUT, it is no text, or too long. */
bool crontab_parse(const char *text, size_t bytes, bool with_user, const char *timezone,
                   struct crontab *crontab, struct arena *arena, struct gov_err *err);

/* Decide about a line that is not decided: `skills` are items of GET /v1/skills. */
void crontab_match(struct crontab_line *line, const json_t *skills, struct arena *arena);

/* --- for crontab_match --- */

struct crontab_word {
    const char *text;   /* what stands before a computed date, or all of it */
    json_t *computed;   /* {"$fire", "format"} of a $(date …) at its end; NULL: none */
};
struct crontab_words {
    struct crontab_word *words;
    size_t count;
    struct gov_text shell; /* why this needs a shell; en NULL: it does not */
};
/* A command as sh would split it; redirections of output are left out, for output is kept anyway. */
void crontab_split(const char *command, struct crontab_words *words, struct arena *arena);

#endif
