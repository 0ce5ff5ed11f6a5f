/* rules.h - what the rules of the filler share.
 *
 * How to add a rule: one function here, one file, one row in fill.c's table; its place in the table
 * is its place in the order. A rule looks only at what is free of the text and only at parameters
 * without a value, and ends with fill_set or fill_ask.
 */
#ifndef WORKER_INTENT_RULES_RULES_H
#define WORKER_INTENT_RULES_RULES_H

#include "core/base/civil.h"
#include "core/base/zone.h"
#include "worker/intent/dates/mention.h"
#include "worker/intent/fill/fill.h"
#include "worker/intent/fill/parameter.h"
#include "worker/intent/fill/phrase.h"

enum { CANDIDATES_MAX = 24 }; /* of one rule; what else is in the text is left */

struct fill_context {
    const struct fill_request *request;
    struct arena *arena;
    struct phrase phrase;
    struct parameter *parameters;
    size_t count;
    const struct zone *zone;
    struct civil today;
};

struct span {
    size_t start, end;
};

/* Give the parameter its value (a new reference, owned from here on) and take the span. */
void fill_set(struct fill_context *c, struct parameter *p, json_t *value, enum fill_source source,
              size_t start, size_t end, const char *rule);
/* Several readings: ask among `choices` (a new reference). Takes the span. */
void fill_ask(struct fill_context *c, struct parameter *p, json_t *choices, size_t start,
              size_t end, const char *rule);
/* Neither filled nor asked about yet. */
bool fill_open(const struct parameter *p);
/* A new reference to the text of a span as a JSON string. */
json_t *fill_text_json(struct fill_context *c, size_t start, size_t end);

/* The rules, in their order. */
void rule_explicit(struct fill_context *c);
void rule_files(struct fill_context *c);
void rule_literals(struct fill_context *c);
void rule_dates(struct fill_context *c);
void rule_numbers(struct fill_context *c);
void rule_enums(struct fill_context *c);
void rule_booleans(struct fill_context *c);
void rule_lists(struct fill_context *c);
void rule_strings(struct fill_context *c);

/* ---- pieces ---- */

/* The value that begins at `at`, read as the parameter's type. New reference; NULL: it does not
 * fit. `words` allows an unquoted string of several words. */
json_t *value_read(struct fill_context *c, const struct parameter *p, size_t at, bool words,
                   size_t *end);
/* A number as the parameter wants it. NULL: not whole, out of bounds. */
json_t *value_number(const struct parameter *p, double value);
/* "8%" as the parameter wants it: 0.08 where it is a fraction, else 8. */
double value_percent(const struct parameter *p, double value);
/* Quotes of any style around what begins at `at`: the span inside; `end` behind the closing one. */
bool value_quoted(const struct phrase *phrase, size_t at, struct span *inside, size_t *end);
/* A name with a file's ending at `at`, with its folders. Returns its end, or `at`. */
size_t value_file_name(const struct phrase *phrase, size_t at);

/* The enum value that `at` begins with (the longest of values and synonyms). NULL: none. Borrowed.
 */
const json_t *enum_match(const struct fill_context *c, const struct parameter *p, size_t at,
                         size_t *end, const char **rule);

/* How near the parameter's keywords are to a span: 0 none, about 1 for its name beside it. */
float keyword_nearness(const struct fill_context *c, const struct parameter *p, struct span span);

/* Pair candidates with parameters so that the sum of scores is greatest; a score <= 0 never pairs.
 * scores[candidate * parameter_count + parameter]; chosen[candidate] = parameter or -1. */
void assign_best(const float *scores, size_t candidates, size_t parameters, int *chosen);

/* The date as the parameter writes it: date, year-month, date-time with the zone's offset. */
json_t *date_value(const struct fill_context *c, const struct parameter *p,
                   const struct date_mention *m, bool end);

#endif
