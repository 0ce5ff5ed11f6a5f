#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "worker/intent/fill/parameter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "worker/intent/fill/secrecy.h"
#include "worker/intent/recogniser/fold.h"

enum { PATTERN_STEPS_MAX = 10000 };

/* Words of a description that say nothing about which value is meant. */
static const char *const empty_words[] = {
    "the",      "a",     "an",        "of",       "to",        "for",      "in",      "on",
    "and",      "or",    "is",        "be",       "by",        "with",     "which",   "that",
    "this",     "you",   "want",      "it",       "if",        "not",      "default", "value",
    "optional", "e",     "g",         "eg",       "i",         "at",       "as",      "from",
    "are",      "was",   "will",      "can",      "should",    "all",      "any",     "whether",
    "true",     "false", "parameter", "specific", "specified", "provided", "given",   "used",
    "use",      "using", "number",    "name",     "type",      "format",   "example", "like",
    "such",     "must",  "may",       "required", "return",    "include",  "list",    "set",
    "s",        "t",     "per",       "each",     "your",
};

static bool empty_word(const struct phrase *phrase, const struct token *token)
{
    for (size_t i = 0; i < sizeof empty_words / sizeof *empty_words; i++)
        if (phrase_match(phrase, token->start, empty_words[i]) == token->end - token->start)
            return true;
    return false;
}

static void add_keyword(struct parameter *p, uint64_t stem, float weight)
{
    for (size_t i = 0; i < p->keyword_count; i++) {
        if (p->keywords[i].stem == stem) {
            if (weight > p->keywords[i].weight)
                p->keywords[i].weight = weight;
            return;
        }
    }
    if (p->keyword_count < KEYWORDS_MAX)
        p->keywords[p->keyword_count++] = (struct keyword){ stem, weight };
}

/* Words and CJK characters; a single CJK character weighs half, two of them make a word. */
static void add_keywords(struct parameter *p, const char *text, float weight, bool filter,
                         struct arena *arena)
{
    struct phrase phrase;

    phrase_init(&phrase, text, strnlen(text, 600), arena);
    for (size_t i = 0; i < phrase.token_count; i++) {
        const struct token *t = &phrase.tokens[i];
        if (t->kind == TOKEN_WORD && !(filter && empty_word(&phrase, t)))
            add_keyword(p, t->stem, weight);
        else if (t->kind == TOKEN_CJK)
            add_keyword(p, t->stem, weight * 0.5f);
    }
}

static void add_alias(struct parameter *p, const char *text)
{
    if (text && *text && p->alias_count < ALIASES_MAX && text_utf8_valid(text, strlen(text)))
        p->aliases[p->alias_count++] = text;
}

/* "older_than_days", "olderThanDays" -> "older than days" */
static char *name_in_words(const char *name, struct arena *arena)
{
    size_t bytes = strlen(name), n = 0;
    char *words = arena_alloc(arena, 2 * bytes + 1);

    for (size_t i = 0; i < bytes; i++) {
        char c = name[i];
        if (c >= 'A' && c <= 'Z' && i && name[i - 1] >= 'a' && name[i - 1] <= 'z')
            words[n++] = ' ';
        words[n++] = (c == '_' || c == '-' || c == '.') ? ' ' : c;
    }
    words[n] = 0;
    return words;
}

/* "Days ahead · 天数" is two names. */
static void add_title_parts(struct parameter *p, const char *title, struct arena *arena)
{
    static const char *const marks[] = { " · ", " / ", " | " };

    for (size_t i = 0; title && i < sizeof marks / sizeof *marks; i++) {
        const char *mark = strstr(title, marks[i]);
        if (!mark)
            continue;
        add_alias(p, arena_copy(arena, title, (size_t)(mark - title)));
        add_alias(p, mark + strlen(marks[i]));
    }
}

static void read_words(struct parameter *p, struct arena *arena)
{
    const json_t *title = json_object_get(p->schema, "title");
    const json_t *synonyms = json_object_get(p->schema, "x-synonyms");
    const json_t *entry;
    const char *words = name_in_words(p->name, arena), *key;
    size_t i;

    add_alias(p, p->name);
    add_alias(p, words);
    add_alias(p, json_string_value(title));
    json_object_foreach ((json_t *)(uintptr_t)title, key, entry)
        add_alias(p, json_string_value(entry)); /* {"en": …, "zh": …} */
    if (json_is_array(synonyms))
        json_array_foreach (synonyms, i, entry)
            add_alias(p, json_string_value(entry));
    add_title_parts(p, json_string_value(title), arena);
    for (i = 1; i < p->alias_count; i++)
        add_keywords(p, p->aliases[i], 1.0f, false, arena);
    const char *description = json_get_text(p->schema, "description");
    p->description =
        description && text_utf8_valid(description, strlen(description)) ? description : "";
    add_keywords(p, p->description, 0.4f, true, arena);
}

/* Is `word` in `text`: as a whole word, or as CJK characters anywhere? */
static bool text_mentions(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = text; (at = strcasestr(at, word)); at++) {
        bool cjk = (unsigned char)word[0] >= 0x80;
        bool left = at > text && ((at[-1] | 32) >= 'a' && (at[-1] | 32) <= 'z');
        bool right = ((at[n] | 32) >= 'a' && (at[n] | 32) <= 'z');
        if (cjk || (!left && !right))
            return true;
    }
    return false;
}

bool parameter_mentions(const struct parameter *p, const char *word)
{
    for (size_t i = 0; i < p->alias_count; i++)
        if (text_mentions(p->aliases[i], word))
            return true;
    return text_mentions(p->description, word);
}

static bool alias_mentions(const struct parameter *p, const char *const *words)
{
    for (; *words; words++)
        for (size_t i = 0; i < p->alias_count; i++)
            if (text_mentions(p->aliases[i], *words))
                return true;
    return false;
}

static enum parameter_side side_of(const struct parameter *p)
{
    static const char *const starts[] = { "start",     "from",  "since",    "begin",
                                          "beginning", "after", "earliest", "开始",
                                          "起始",      "起",    "自",       NULL };
    static const char *const ends[] = { "end",    "to",      "until", "till", "before",
                                        "latest", "through", "结束",  "截止", "终止",
                                        "止",     "至",      NULL };
    if (alias_mentions(p, starts))
        return SIDE_START;
    return alias_mentions(p, ends) ? SIDE_END : SIDE_NONE;
}

static bool month_pattern(const char *pattern)
{
    static const char *const known[] = { "^\\d{4}-\\d{2}$",          "^[0-9]{4}-[0-9]{2}$",
                                         "^\\d{4}-(0[1-9]|1[0-2])$", "^[0-9]{4}-(0[1-9]|1[0-2])$",
                                         "^\\d{4}-(0[1-9]|1[012])$", "^[0-9]{4}-(0[1-9]|1[012])$" };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(pattern, known[i]) == 0)
            return true;
    return false;
}

static enum parameter_kind string_kind(const json_t *schema)
{
    static const struct {
        const char *format;
        enum parameter_kind kind;
    } formats[] = {
        { "date", PARAMETER_DATE },        { "date-time", PARAMETER_DATETIME },
        { "year-month", PARAMETER_MONTH }, { "month", PARAMETER_MONTH },
        { "time", PARAMETER_TIME },        { "email", PARAMETER_EMAIL },
        { "uri", PARAMETER_URI },          { "url", PARAMETER_URI },
        { "uuid", PARAMETER_UUID },        { "file", PARAMETER_FILE },
    };
    const char *format = json_get_text(schema, "format"),
               *pattern = json_get_text(schema, "pattern");

    for (size_t i = 0; format && i < sizeof formats / sizeof *formats; i++)
        if (strcmp(format, formats[i].format) == 0)
            return formats[i].kind;
    if (pattern && month_pattern(pattern))
        return PARAMETER_MONTH;
    return PARAMETER_STRING;
}

/* A type may be a list ("string" or null): the first that is not null counts. */
static const char *type_of(const json_t *schema)
{
    const json_t *type = json_object_get(schema, "type");
    size_t i;
    json_t *entry;

    json_array_foreach (type, i, entry) {
        const char *name = json_string_value(entry);
        if (name && strcmp(name, "null") != 0)
            return name;
    }
    const char *name = json_string_value(type);
    return name ? name : "";
}

static enum parameter_kind kind_of(const json_t *schema)
{
    const char *type = type_of(schema);
    const json_t *properties = json_object_get(schema, "properties");

    if (json_array_size(json_object_get(schema, "enum")) > 0)
        return PARAMETER_ENUM;
    if (strcmp(type, "string") == 0)
        return string_kind(schema);
    if (strcmp(type, "integer") == 0)
        return PARAMETER_INTEGER;
    if (strcmp(type, "number") == 0 || strcmp(type, "float") == 0)
        return PARAMETER_NUMBER;
    if (strcmp(type, "boolean") == 0)
        return PARAMETER_BOOLEAN;
    if (json_object_get(properties, "amount_minor") && json_object_get(properties, "currency"))
        return PARAMETER_MONEY;
    return PARAMETER_OTHER;
}

static void read_bound(const json_t *schema, const char *inclusive, const char *exclusive,
                       bool *has, double *bound)
{
    const json_t *value = json_object_get(schema, inclusive);
    if (!json_is_number(value))
        value = json_object_get(schema, exclusive);
    *has = json_is_number(value);
    if (*has)
        *bound = json_number_value(value);
}

static void add_saying(struct parameter *p, const json_t *value, const char *text, bool synonym,
                       struct arena *arena)
{
    if (!text || !*text || p->saying_count == SAYINGS_MAX || !text_utf8_valid(text, strlen(text)))
        return;
    struct phrase *words = ARENA_NEW(arena, struct phrase);
    phrase_init(words, text, strlen(text), arena);
    p->sayings[p->saying_count++] = (struct saying){ value, text, words, synonym };
}

/* A value is said as it is written, and "in_progress" also "in progress". */
static void read_sayings(struct parameter *p, const json_t *synonyms, struct arena *arena)
{
    json_t *value, *synonym;
    size_t i, k;

    p->sayings = ARENA_ARRAY(arena, struct saying, SAYINGS_MAX);
    json_array_foreach (p->choices, i, value) {
        const char *text = json_string_value(value);
        if (json_is_integer(value))
            text = arena_format(arena, "%lld", (long long)json_integer_value(value));
        add_saying(p, value, text, false, arena);
        if (text && strpbrk(text, "_-"))
            add_saying(p, value, name_in_words(text, arena), false, arena);
        json_array_foreach (json_object_get(synonyms, text ? text : ""), k, synonym)
            add_saying(p, value, json_string_value(synonym), true, arena);
    }
}

static void free_pattern(void *pattern)
{
    pcre2_code_free(pattern);
}

static void read_pattern(struct parameter *p, const json_t *of, struct arena *arena)
{
    const char *pattern = json_get_text(of, "pattern");
    int fault;
    PCRE2_SIZE at;

    if (!pattern || p->kind != PARAMETER_STRING)
        return;
    p->pattern = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP,
                               &fault, &at, NULL);
    if (p->pattern)
        arena_defer(arena, free_pattern, p->pattern);
}

static void read_parameter(struct parameter *p, const char *name, const json_t *root, const json_t *schema,
                           struct arena *arena)
{
    const char *type = type_of(schema);

    p->name = name;
    p->path = json_path(arena, "", name);
    p->schema = schema;
    p->array = strcmp(type, "array") == 0 || strcmp(type, "tuple") == 0;
    if (p->array)
        p->item = json_object_get(schema, "items");
    const json_t *of = p->array ? p->item : schema;
    p->kind = kind_of(of);
    p->sensitive = schema_holds_secrets(root, schema, arena);
    read_bound(of, "minimum", "exclusiveMinimum", &p->has_minimum, &p->minimum);
    read_bound(of, "maximum", "exclusiveMaximum", &p->has_maximum, &p->maximum);
    if (p->kind == PARAMETER_ENUM) {
        p->choices = json_object_get(of, "enum");
        read_sayings(p, json_object_get(of, "x-synonyms"), arena);
    }
    read_pattern(p, of, arena);
    read_words(p, arena);
    p->side = side_of(p);
}

bool parameter_read(const json_t *schema, struct parameter **parameters, size_t *count,
                    struct arena *arena, struct gov_err *err)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *required = json_object_get(schema, "required"), *entry;
    size_t n = json_object_size(properties), i;
    const char *name;

    if (!json_is_object(schema) || (properties && !json_is_object(properties)))
        return gov_fail_at(err, GOV_INVALID_INPUT, "", "type",
                           "the input schema is not an object's", "输入 schema 不是对象类型");
    if (n > FILL_PARAMETERS_MAX)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/properties", "maximum",
                           "more than %d parameters", "参数超过 %d 个", (int)FILL_PARAMETERS_MAX);
    *parameters = ARENA_ARRAY(arena, struct parameter, n + 1);
    *count = 0;
    json_object_foreach ((json_t *)(uintptr_t)properties, name, entry) {
        struct parameter *p = &(*parameters)[(*count)++];
        const json_t *wanted;
        read_parameter(p, name, schema, entry, arena);
        json_array_foreach (required, i, wanted)
            if (json_is_string(wanted) && strcmp(json_string_value(wanted), name) == 0)
                p->required = true;
    }
    return true;
}

float parameter_keyword(const struct parameter *p, uint64_t stem)
{
    for (size_t i = 0; i < p->keyword_count; i++)
        if (p->keywords[i].stem == stem)
            return p->keywords[i].weight;
    return 0;
}

static bool matches(const pcre2_code *pattern, const char *text)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(pattern, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    int found = PCRE2_ERROR_NOMATCH;

    if (data && limits) {
        pcre2_set_match_limit(limits, PATTERN_STEPS_MAX);
        pcre2_set_depth_limit(limits, PATTERN_STEPS_MAX);
        found = pcre2_match(pattern, (PCRE2_SPTR)text, strlen(text), 0, 0, data, limits);
    }
    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);
    return found >= 0;
}

bool parameter_accepts_text(const struct parameter *p, const char *text)
{
    const json_t *of = p->array ? p->item : p->schema;
    int64_t length = 0;

    for (const char *c = text; *c; c++)
        length += ((unsigned char)*c & 0xc0) != 0x80; /* code points */
    if (length < json_get_int(of, "minLength", 0) ||
        length > json_get_int(of, "maxLength", INT64_MAX))
        return false;
    return !p->pattern || matches(p->pattern, text);
}

bool parameter_in_bounds(const struct parameter *p, double value)
{
    const json_t *of = p->array ? p->item : p->schema;
    const json_t *multiple = json_object_get(of, "multipleOf");

    if (!isfinite(value))
        return false;
    if (p->has_minimum && value < p->minimum)
        return false;
    if (p->has_maximum && value > p->maximum)
        return false;
    if (json_is_number(json_object_get(of, "exclusiveMinimum")) &&
        value <= json_number_value(json_object_get(of, "exclusiveMinimum")))
        return false;
    if (json_is_number(json_object_get(of, "exclusiveMaximum")) &&
        value >= json_number_value(json_object_get(of, "exclusiveMaximum")))
        return false;
    if (json_is_number(multiple) && json_number_value(multiple) > 0) {
        double times = value / json_number_value(multiple);
        return fabs(times - round(times)) < 1e-9;
    }
    return true;
}
