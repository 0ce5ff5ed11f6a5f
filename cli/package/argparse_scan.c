/* argparse_scan.c - cut the call's arguments at top-level commas, then look at each: a string is a
 * name, `word=` is a setting. A real parser would read more scripts and still guess types wrong where
 * they are computed; running the script is the sandbox's business. */
#include "cli/package/argparse_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

enum { WORD_BYTES_MAX = 600, PARTS_MAX = 24 };

struct argument {
    char flag[80];       /* "--month"; "" for a positional */
    char name[80];       /* "month" */
    char type[16], help[WORD_BYTES_MAX], fallback[200], choices[WORD_BYTES_MAX];
    bool required, flag_only, many, at_least_one, optional;
};

/* The end of a quoted string that begins at `at`; NULL if it does not end. */
static const char *skip_string(const char *at)
{
    char quote = *at++;

    for (; *at && *at != quote; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : NULL;
}

/* The next top-level comma or the closing bracket from `at`; NULL when the text ends before. */
static const char *part_end(const char *at)
{
    int depth = 0;

    while (*at) {
        if (*at == '"' || *at == '\'') {
            at = skip_string(at);
            if (!at)
                return NULL;
            continue;
        }
        if (*at == '#') {
            at += strcspn(at, "\n");
            continue;
        }
        if (strchr("([{", *at))
            depth++;
        else if ((strchr(")]}", *at) && depth-- == 0) || (*at == ',' && depth == 0))
            return at;
        at++;
    }
    return NULL;
}

/* A literal without its quotes and escapes, spaces trimmed. */
static void literal(const char *from, size_t bytes, char *into, size_t room)
{
    size_t used = 0;

    while (bytes > 0 && strchr(" \t\r\n", *from)) {
        from++;
        bytes--;
    }
    while (bytes > 0 && strchr(" \t\r\n", from[bytes - 1]))
        bytes--;
    bool quoted = bytes >= 2 && (*from == '"' || *from == '\'') && from[bytes - 1] == *from;
    for (size_t i = quoted; i < bytes - quoted && used + 1 < room; i++) {
        if (quoted && from[i] == '\\' && i + 1 < bytes - 1)
            i++;
        into[used++] = from[i];
    }
    into[used] = '\0';
}

static void take_setting(struct argument *a, const char *name, const char *value, size_t bytes)
{
    char text[WORD_BYTES_MAX];

    literal(value, bytes, text, sizeof text);
    if (strcmp(name, "type") == 0)
        snprintf(a->type, sizeof a->type, "%.15s", text);
    else if (strcmp(name, "help") == 0)
        snprintf(a->help, sizeof a->help, "%s", text);
    else if (strcmp(name, "default") == 0)
        snprintf(a->fallback, sizeof a->fallback, "%.199s", text);
    else if (strcmp(name, "choices") == 0)
        snprintf(a->choices, sizeof a->choices, "%s", text);
    else if (strcmp(name, "dest") == 0)
        snprintf(a->name, sizeof a->name, "%.79s", text);
    else if (strcmp(name, "required") == 0)
        a->required = strcmp(text, "True") == 0;
    else if (strcmp(name, "action") == 0)
        a->flag_only = text_starts(text, "store_");
    else if (strcmp(name, "nargs") == 0) {
        a->many = strcmp(text, "?") != 0;
        a->at_least_one = strcmp(text, "+") == 0;
        a->optional = !a->at_least_one && (strcmp(text, "?") == 0 || strcmp(text, "*") == 0);
    }
}

static void take_part(struct argument *a, const char *part, size_t bytes)
{
    size_t skip = strspn(part, " \t\r\n");
    char text[WORD_BYTES_MAX], word[40];

    while (skip < bytes && part[skip] == '#') { /* a comment after the comma before */
        skip += strcspn(part + skip, "\n");
        skip += strspn(part + skip, " \t\r\n");
    }
    if (skip >= bytes)
        return;
    part += skip;
    bytes -= skip;
    if (*part == '"' || *part == '\'') {
        literal(part, bytes, text, sizeof text);
        if (text_starts(text, "--") || (*text == '-' && !*a->flag)) {
            snprintf(a->flag, sizeof a->flag, "%.79s", text);
            if (!*a->name || text_starts(text, "--"))
                snprintf(a->name, sizeof a->name, "%.79s", text + strspn(text, "-"));
        } else if (*text != '-') {
            snprintf(a->name, sizeof a->name, "%.79s", text);
        }
        return;
    }
    size_t length = strspn(part, "abcdefghijklmnopqrstuvwxyz_");
    size_t equals = length + strspn(part + length, " ");
    if (length == 0 || length >= sizeof word || equals >= bytes || part[equals] != '=')
        return;
    snprintf(word, sizeof word, "%.*s", (int)length, part);
    take_setting(a, word, part + equals + 1, bytes - equals - 1);
}

/* ["a", "b"] as a JSON list; what is not made of literals gives NULL. */
static json_t *choices_of(const char *text, bool number)
{
    json_t *list;
    const char *end;

    if (*text != '[' && *text != '(')
        return NULL;
    list = json_array();
    for (const char *at = text + 1; (end = part_end(at)); at = end + 1) {
        char value[200];
        literal(at, (size_t)(end - at), value, sizeof value);
        if (*value)
            json_array_append_new(list, number ? json_integer(atoll(value)) : json_string(value));
        if (*end != ',')
            break;
    }
    if (json_array_size(list) > 0)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *schema_of(const struct argument *a)
{
    bool whole = strcmp(a->type, "int") == 0, real = strcmp(a->type, "float") == 0;
    const char *type = a->flag_only ? "boolean" : whole ? "integer" : real ? "number" : "string";
    json_t *one = json_pack("{s:s}", "type", type);
    json_t *choices = choices_of(a->choices, whole);
    bool path = strstr(a->type, "Path") || strstr(a->type, "FileType");
    bool known = *a->fallback && strcmp(a->fallback, "None") != 0;

    if (choices)
        json_object_set_new(one, "enum", choices);
    if (path)
        json_object_set_new(one, "format", json_string("file"));
    if (known && !a->many && !a->flag_only && !path)
        json_object_set_new(one, "default", whole  ? json_integer(atoll(a->fallback))
                                            : real ? json_real(atof(a->fallback))
                                                   : json_string(a->fallback));
    json_t *schema = a->many ? json_pack("{s:s, s:o}", "type", "array", "items", one) : one;
    if (*a->help && text_utf8_valid(a->help, strlen(a->help)))
        json_object_set_new(schema, "description", json_string(a->help));
    return schema;
}

static void add(const struct argument *a, json_t *properties, json_t *required, json_t *template)
{
    char key[80], place[200];

    snprintf(key, sizeof key, "%s", a->name);
    for (char *c = key; *c; c++)
        if (*c == '-')
            *c = '_';
    if (!*key || strcmp(key, "help") == 0 || json_object_get(properties, key))
        return;
    json_object_set_new(properties, key, schema_of(a));
    if (a->required || (!*a->flag && !*a->fallback && !a->optional))
        json_array_append_new(required, json_string(key));
    if (a->flag_only) {
        snprintf(place, sizeof place, "{?%s:%s}", key, a->flag);
        json_array_append_new(template, json_string(place));
        return;
    }
    if (*a->flag)
        json_array_append_new(template, json_string(a->flag));
    snprintf(place, sizeof place, a->many ? "{%s*}" : "{%s}", key);
    json_array_append_new(template, json_string(place));
}

json_t *argparse_scan(const char *text)
{
    json_t *properties = json_object(), *required = json_array(), *template = json_array();
    const char *call = text;

    while ((call = strstr(call, "add_argument("))) {
        struct argument a = { 0 };
        const char *at = call + strlen("add_argument("), *end;
        bool closed = false;
        for (int i = 0; i < PARTS_MAX && !closed && (end = part_end(at)); i++) {
            take_part(&a, at, (size_t)(end - at));
            at = end + 1;
            closed = *end != ',';
        }
        if (closed)
            add(&a, properties, required, template);
        call += strlen("add_argument(");
    }
    if (json_object_size(properties) == 0) {
        json_decref(properties);
        json_decref(required);
        json_decref(template);
        return NULL;
    }
    json_t *schema = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
                               "additionalProperties", 0);
    if (json_array_size(required) > 0)
        json_object_set(schema, "required", required);
    json_decref(required);
    return json_pack("{s:o, s:o}", "schema", schema, "args", template);
}
