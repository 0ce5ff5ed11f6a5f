/* fill.h - the parameters of an action, taken out of a person's own words by rules.
 *
 * Rules run in a fixed order and each takes its span of the text away from the next: explicit
 * "name=value", typed literals and files, dates, money and percent, numbers, enums, booleans,
 * lists, free strings. Every value says which rule made it, from where in the text, and how far it
 * can be trusted. Nothing here knows who is asking or what may be run, and nothing in the
 * text can change that: the result is an input like one made by hand and passes the same validator.
 */
#ifndef WORKER_INTENT_FILL_FILL_H
#define WORKER_INTENT_FILL_FILL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum {
    FILL_TEXT_BYTES_MAX = 8 * 1024, /* longer texts are refused: INVALID_INPUT */
    FILL_PARAMETERS_MAX = 100,
    FILL_FILES_MAX = 50,
};

/* An uploaded file. `name` is what the person calls it; only `id` gets into the input. */
struct fill_file {
    const char *id;
    const char *name;
    const char *media_type; /* may be NULL */
};

struct fill_request {
    const json_t *schema; /* of the action's input: an object schema */
    const char *text;
    enum gov_language language; /* of "both are fine" cases only; rules of both languages run */
    int64_t now_us;             /* what "yesterday" is relative to */
    const char *timezone;       /* IANA name; NULL or unknown: UTC */
    const struct fill_file *files;
    size_t file_count;
    const json_t *previous; /* the input of the request this one follows up; NULL: none */
};

enum fill_source {
    FILL_EXPLICIT, /* "month=2026-03", "参数 month 是 …", quoted */
    FILL_TYPED,    /* its form leaves no doubt: a date for the date, an uploaded file */
    FILL_GUESS,    /* likely; a high-risk action must show it to a person first */
    FILL_DEFAULT,  /* the schema's */
    FILL_PREVIOUS, /* of the request this one follows up; shown like a guess */
};

/* "explicit", "typed", "guess", "default", "previous" */
const char *fill_source_name(enum fill_source source);

struct fill_value {
    const char *path; /* JSON Pointer into the object */
    enum fill_source source;
    /* Code points of the text [start, end); both 0 if it is not from the text. */
    size_t start, end;
    const char *rule; /* "date.relative", "money", "enum.synonym", ... (docs/intent.md) */
};

enum fill_reason { FILL_MISSING, FILL_AMBIGUOUS };

struct fill_question {
    const char *path;
    enum fill_reason reason;
    struct gov_text text;
    const json_t *choices; /* array of values that can be answered with; NULL: anything */
};

/* Lives in the arena given to fill_parameters. */
struct fill_result {
    json_t *object;
    struct fill_value *values; /* in the schema's order */
    size_t value_count;
    struct fill_question *questions; /* in the schema's order */
    size_t question_count;
};

/* False: INVALID_INPUT if the text is too long or not UTF-8, or `schema` is not an object schema.
 * An empty result is no failure: every required parameter is then a question. */
bool fill_parameters(const struct fill_request *request, struct fill_result *result,
                     struct arena *arena, struct gov_err *err);

/* True if any value would have to be seen by a person before a high-risk action runs. */
bool fill_has_guess(const struct fill_result *result);

/* The result as the API and the plan show it:
 * {input, provenance: [{path, source, span: [start, end] | absent, rule}],
 *  questions: [{path, reason, text, choices?}]}, texts in `language`. New reference. */
json_t *fill_to_json(const struct fill_result *result, enum gov_language language);

#endif
