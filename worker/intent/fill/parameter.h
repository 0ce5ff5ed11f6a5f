/* parameter.h - what a schema says about each value, as the rules need it.
 *
 * The kind of a parameter decides which rules may fill it; its keywords (name, title, description,
 * x-synonyms) decide which of several candidates in the text is its own.
 */
#ifndef WORKER_INTENT_FILL_PARAMETER_H
#define WORKER_INTENT_FILL_PARAMETER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "worker/intent/fill/fill.h"
#include "worker/intent/fill/phrase.h"

enum parameter_kind {
    PARAMETER_STRING,
    PARAMETER_INTEGER,
    PARAMETER_NUMBER,
    PARAMETER_BOOLEAN,
    PARAMETER_ENUM,
    PARAMETER_DATE,     /* format date */
    PARAMETER_DATETIME, /* format date-time */
    PARAMETER_MONTH,    /* format year-month, or a pattern that only YYYY-MM fits */
    PARAMETER_TIME,     /* format time */
    PARAMETER_EMAIL,
    PARAMETER_URI,
    PARAMETER_UUID,
    PARAMETER_FILE,  /* format file */
    PARAMETER_MONEY, /* object with amount_minor and currency */
    PARAMETER_OTHER, /* only explicitly, as JSON */
};

/* Which end of a range it is. */
enum parameter_side { SIDE_NONE, SIDE_START, SIDE_END };

struct keyword {
    uint64_t stem;
    float weight; /* 1: of the name or title; less: of the description */
};

/* One way to say a value of an enum. */
struct saying {
    const json_t *value;
    const char *text;           /* UTF-8 */
    const struct phrase *words; /* the same, read */
    bool synonym;
};

enum { SAYINGS_MAX = 500 }; /* of one enum; more are not looked for */
enum { KEYWORDS_MAX = 64, ALIASES_MAX = 16 };

struct parameter {
    const char *name;
    const char *path;
    const json_t *schema; /* of the value */
    bool sensitive;       /* never taken out of words: whoever reads the request would read it */
    bool said;            /* and yet somebody said it there: it is asked for */
    const json_t *item;   /* of an array's elements: then `kind` and the bounds are of these */
    enum parameter_kind kind;
    enum parameter_side side;
    bool array;
    bool required;
    bool has_minimum, has_maximum;
    double minimum, maximum;
    const json_t *choices;  /* enum: an array */
    struct saying *sayings; /* of an enum: its values and their x-synonyms */
    size_t saying_count;
    struct pcre2_real_code_8 *pattern; /* of a string; NULL: any. The arena's. */
    const char *description;           /* "" if none */
    /* What a person may call it: the name in words, the title, x-synonyms. Folded when compared. */
    const char *aliases[ALIASES_MAX];
    size_t alias_count;
    struct keyword keywords[KEYWORDS_MAX];
    size_t keyword_count;

    /* The answer. */
    json_t *value; /* NULL: not filled */
    enum fill_source source;
    size_t start, end;
    const char *rule;
    const json_t *ambiguous; /* choices to ask among; NULL: none */
};

/* Read the object schema's properties. False: INVALID_INPUT. */
bool parameter_read(const json_t *schema, struct parameter **parameters, size_t *count,
                    struct arena *arena, struct gov_err *err);

/* The weight of `stem` among the parameter's keywords, 0 if it is none. */
float parameter_keyword(const struct parameter *parameter, uint64_t stem);
/* Does the name, title or description contain this word (folded, whole word or CJK substring)? */
bool parameter_mentions(const struct parameter *parameter, const char *word);
/* Do the schema's pattern and lengths allow this text? A pattern that takes too long allows
 * nothing. */
bool parameter_accepts_text(const struct parameter *parameter, const char *text);
/* Within minimum, maximum, exclusive bounds, multipleOf. */
bool parameter_in_bounds(const struct parameter *parameter, double value);

#endif
