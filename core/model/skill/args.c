/* args.c - a template is read anew at each use: it is short, and there is no compiled form to keep.
 *
 * One reader (`scan`) splits an element into literals and placeholders for check and expand alike,
 * so that what was checked is what is expanded.
 */
#include "core/model/skill/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/text.h"

enum { ELEMENT_BYTES_MAX = 1000, NAME_BYTES_MAX = 100 };

/* --- reading an element --- */

enum piece_kind { PIECE_LITERAL, PIECE_VALUE, PIECE_EACH, PIECE_IF, PIECE_IF_NOT, PIECE_BROKEN };

struct piece {
    enum piece_kind kind;
    char name[NAME_BYTES_MAX + 1]; /* of the member */
    const char *text; /* LITERAL: its bytes (a brace pair counts one); IF: what follows */
    size_t bytes;
};

static struct piece broken(void)
{
    return (struct piece){ .kind = PIECE_BROKEN };
}

/* What is between the braces: `inside`, `bytes` long. */
static struct piece read_placeholder(const char *inside, size_t bytes)
{
    struct piece p = { .kind = PIECE_VALUE };
    size_t name_bytes = bytes;

    if (bytes && (inside[0] == '?' || inside[0] == '!')) {
        const char *colon = memchr(inside, ':', bytes);
        if (!colon)
            return broken();
        p.kind = inside[0] == '?' ? PIECE_IF : PIECE_IF_NOT;
        p.text = colon + 1;
        p.bytes = bytes - (size_t)(colon + 1 - inside);
        inside++;
        name_bytes = (size_t)(colon - inside);
        if (p.bytes == 0)
            return broken();
    } else if (bytes && inside[bytes - 1] == '*') {
        p.kind = PIECE_EACH;
        name_bytes = bytes - 1;
    }
    if (name_bytes == 0 || name_bytes > NAME_BYTES_MAX)
        return broken();
    for (size_t i = 0; i < name_bytes; i++)
        if (strchr("{}*?!:", inside[i]))
            return broken();
    memcpy(p.name, inside, name_bytes);
    p.name[name_bytes] = 0;
    return p;
}

/* The next piece at *at, which moves behind it. Not called at the end. */
static struct piece scan(const char **at)
{
    const char *start = *at;

    if (*start == '{' && start[1] != '{') {
        const char *end = strchr(start, '}');
        if (!end)
            return broken();
        *at = end + 1;
        return read_placeholder(start + 1, (size_t)(end - start - 1));
    }
    if (*start == '{' || *start == '}') {
        if (start[1] != *start)
            return broken();
        *at = start + 2;
        return (struct piece){ .kind = PIECE_LITERAL, .text = start, .bytes = 1 };
    }
    size_t bytes = strcspn(start, "{}");
    *at = start + bytes;
    return (struct piece){ .kind = PIECE_LITERAL, .text = start, .bytes = bytes };
}

/* "-m" or "--month": an option that waits for a value. */
static bool is_plain_option(const json_t *element)
{
    const char *text = json_string_value(element);
    return text && text[0] == '-' && text[1] && strcmp(text, "--") != 0 && !strpbrk(text, "={}");
}

/* Nothing but one {name} or {name*}. */
static bool is_bare_value(const json_t *element)
{
    const char *text = json_string_value(element);
    if (!text || !*text)
        return false;
    struct piece p = scan(&text);
    return (p.kind == PIECE_VALUE || p.kind == PIECE_EACH) && !*text;
}

/* --- checking --- */

struct checker {
    struct fault_list *faults;
    const json_t *properties; /* NULL: any name */
};

static void check_name(struct checker *c, const char *name, const char *path)
{
    if (c->properties && !json_object_get(c->properties, name))
        fault_add(c->faults, path, "unknown_name", "the input schema has no property \"%s\"",
                  "输入 schema 中没有属性“%s”", name);
}

static void check_element(struct checker *c, const json_t *element, const char *path)
{
    const char *at = json_string_value(element);
    int pieces = 0, each = 0, alone = 0;

    if (!at || strlen(at) > ELEMENT_BYTES_MAX) {
        fault_add(c->faults, path, "type", "must be a text of %d bytes at most, or a list of them",
                  "必须是不超过 %d 字节的文本或其数组", ELEMENT_BYTES_MAX);
        return;
    }
    while (*at) {
        struct piece p = scan(&at);
        pieces++;
        if (p.kind == PIECE_BROKEN) {
            fault_add(c->faults, path, "template",
                      "is not a template: {name}, {name*}, {?name:text}, {!name:text}, {{ and }}",
                      "不是合法的模板：可用 {name}、{name*}、{?name:text}、{!name:text}、{{ 和 }}");
            return;
        }
        if (p.kind != PIECE_LITERAL)
            check_name(c, p.name, path);
        each += p.kind == PIECE_EACH;
        alone += p.kind == PIECE_IF || p.kind == PIECE_IF_NOT;
    }
    if (each > 1)
        fault_add(c->faults, path, "template", "holds more than one {name*}", "包含多个 {name*}");
    if (alone && pieces > 1)
        fault_add(c->faults, path, "template",
                  "{?name:text} and {!name:text} stand alone in an element",
                  "{?name:text} 和 {!name:text} 必须单独成为一个元素");
}

void skill_args_check(const json_t *template, const json_t *schema, const char *path,
                      struct fault_list *faults)
{
    struct checker c = { faults, json_object_get(schema, "properties") };
    struct arena *arena = faults->arena;
    size_t i, j;
    json_t *element, *inner;

    if (!json_is_array(template)) {
        fault_add(faults, path, "type", "must be a list", "必须是数组");
        return;
    }
    if (json_array_size(template) > SKILL_ARGS_TEMPLATE_MAX)
        fault_add(faults, path, "max_items", "holds more than %d elements", "超过 %d 个元素",
                  SKILL_ARGS_TEMPLATE_MAX);
    json_array_foreach ((json_t *)template, i, element) {
        const char *here = json_path(arena, path, arena_format(arena, "%zu", i));
        if (!json_is_array(element)) {
            check_element(&c, element, here);
            continue;
        }
        if (json_array_size(element) > SKILL_ARGS_TEMPLATE_MAX)
            fault_add(faults, here, "max_items", "holds more than %d elements", "超过 %d 个元素",
                      SKILL_ARGS_TEMPLATE_MAX);
        json_array_foreach (element, j, inner)
            check_element(&c, inner, json_path(arena, here, arena_format(arena, "%zu", j)));
    }
}

/* --- expanding --- */

struct expansion {
    const json_t *input;
    struct arena *arena;
    struct gov_err *err;
    char **argv;
    size_t count;
    size_t bytes;
    bool options_ended; /* a literal "--" has passed */
};

static bool is_absent(const json_t *value)
{
    return !value || json_is_null(value) || (json_is_array(value) && !json_array_size(value));
}

static bool is_true(const json_t *value)
{
    if (is_absent(value) || json_is_false(value))
        return false;
    return !(json_is_string(value) && json_string_length(value) == 0) &&
           !(json_is_object(value) && json_object_size(value) == 0);
}

static void add_value(struct buf *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        buf_add(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_ARRAY:
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i)
                buf_add_char(out, ',');
            add_value(out, json_array_get(value, i));
        }
        break;
    default:
        json_canonical(value, out);
    }
}

static bool push(struct expansion *x, const char *text, size_t bytes)
{
    x->bytes += bytes + 1;
    if (x->count == SKILL_ARGS_MAX || x->bytes > SKILL_ARGS_BYTES_MAX)
        return gov_fail_at(x->err, GOV_INVALID_INPUT, "", "too_long",
                           "the command line would be longer than %d arguments or %d bytes",
                           "命令行超过 %d 个参数或 %d 字节", SKILL_ARGS_MAX,
                           (int)SKILL_ARGS_BYTES_MAX);
    x->argv[x->count++] = arena_copy(x->arena, text, bytes);
    return true;
}

/* One argument of `element`, with `item` in place of its {name*}. */
static bool push_argument(struct expansion *x, const char *element, const json_t *item)
{
    struct buf out = { 0 };
    const char *at = element;
    const char *leading = NULL; /* the member whose text begins the argument */

    while (*at) {
        struct piece p = scan(&at);
        if (p.kind == PIECE_LITERAL) {
            buf_add(&out, p.text, p.bytes);
            continue;
        }
        const json_t *value =
            p.kind == PIECE_EACH && item ? item : json_object_get(x->input, p.name);
        if (out.length == 0 && !json_is_number(value))
            leading = json_path(x->arena, "", p.name);
        add_value(&out, value);
    }
    bool ok;
    if (leading && out.length && out.data[0] == '-' && !x->options_ended)
        ok = gov_fail_at(x->err, GOV_INVALID_INPUT, leading, "leading_dash",
                         "%s may not start with \"-\": the script would take it for an option",
                         "%s 不能以“-”开头：脚本会把它当作选项", leading);
    else
        ok = push(x, buf_text(&out), out.length);
    buf_release(&out);
    return ok;
}

static bool push_condition(struct expansion *x, const struct piece *p)
{
    bool wanted = p->kind == PIECE_IF;
    if (is_true(json_object_get(x->input, p->name)) != wanted)
        return true;
    return push(x, p->text, p->bytes);
}

/* The value behind the element's {name*}; *absent: some value of it is missing. */
static const json_t *each_value(const struct expansion *x, const char *element, bool *absent)
{
    const json_t *each = NULL;
    *absent = false;
    while (*element) {
        struct piece p = scan(&element);
        if (p.kind != PIECE_VALUE && p.kind != PIECE_EACH)
            continue;
        const json_t *value = json_object_get(x->input, p.name);
        if (is_absent(value))
            *absent = true;
        if (p.kind == PIECE_EACH)
            each = value;
    }
    return each;
}

static bool push_element(struct expansion *x, const json_t *json)
{
    const char *element = json_string_value(json);
    const char *at = element;
    bool absent;

    if (!*element)
        return push(x, "", 0);
    struct piece first = scan(&at);
    if (first.kind == PIECE_IF || first.kind == PIECE_IF_NOT)
        return push_condition(x, &first);
    const json_t *each = each_value(x, element, &absent);
    if (absent)
        return true;
    if (strcmp(element, "--") == 0)
        x->options_ended = true;
    if (!json_is_array(each))
        return push_argument(x, element, NULL);
    for (size_t i = 0; i < json_array_size(each); i++)
        if (!push_argument(x, element, json_array_get(each, i)))
            return false;
    return true;
}

static bool any_absent(const struct expansion *x, const json_t *group)
{
    size_t i;
    json_t *element;
    json_array_foreach ((json_t *)group, i, element) {
        bool absent;
        each_value(x, json_string_value(element), &absent);
        if (absent)
            return true;
    }
    return false;
}

bool skill_args_expand(const json_t *template, const json_t *input, struct arena *arena,
                       struct skill_args *args, struct gov_err *err)
{
    struct expansion x = { .input = input, .arena = arena, .err = err };
    bool absent, ok = true;

    x.argv = ARENA_ARRAY(arena, char *, SKILL_ARGS_MAX + 1);
    for (size_t i = 0; ok && i < json_array_size(template); i++) {
        const json_t *element = json_array_get(template, i);
        const json_t *next = json_array_get(template, i + 1);
        if (json_is_array(element)) {
            size_t parts = any_absent(&x, element) ? 0 : json_array_size(element);
            for (size_t j = 0; ok && j < parts; j++)
                ok = push_element(&x, json_array_get(element, j));
            continue;
        }
        if (is_plain_option(element) && is_bare_value(next)) {
            each_value(&x, json_string_value(next), &absent);
            if (absent) {
                i++;
                continue;
            }
        }
        ok = push_element(&x, element);
    }
    *args = (struct skill_args){ x.argv, x.count };
    return ok;
}
