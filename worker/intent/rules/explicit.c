/* explicit.c - "name=value", "name: value", "--name value", "name is value", "参数 name 是 value".
 *
 * Names are tried longest first, so that "start date" is not read as "date". Whoever names a
 * parameter means it: the value is taken as said, if it fits the type.
 */
#include <string.h>

#include "worker/intent/recogniser/fold.h"
#include "worker/intent/rules/rules.h"

enum joint { JOINT_NONE, JOINT_SIGN, JOINT_COLON, JOINT_WORD };

/* What stands between a name and its value; `at` moves behind it. */
static enum joint eat_joint(const struct phrase *p, size_t *at, bool flag)
{
    static const char *const words[] = { "is set to", "set to", "should be", "is",   "equals",
                                         "设置为",    "设为",   "等于",      "应为", "是",
                                         "为",        "叫",     NULL };
    size_t i = phrase_skip_space(p, *at);

    if (i < p->length && (p->fold[i] == '=' || p->fold[i] == ':')) {
        bool scheme = i + 2 < p->length && p->fold[i + 1] == '/' && p->fold[i + 2] == '/';
        if (scheme)
            return JOINT_NONE;
        bool colon = p->fold[i++] == ':';
        if (i < p->length && (p->fold[i] == '=' || p->fold[i] == '>'))
            i++;
        *at = phrase_skip_space(p, i);
        return colon ? JOINT_COLON : JOINT_SIGN;
    }
    for (const char *const *w = words; *w; w++) {
        size_t n = phrase_match(p, i, *w);
        if (n) {
            *at = phrase_skip_space(p, i + n);
            return JOINT_WORD;
        }
    }
    if (flag && i > *at) {
        *at = i;
        return JOINT_SIGN;
    }
    return JOINT_NONE;
}

/* A flag without a value says yes. */
static bool bare_flag(struct fill_context *c, struct parameter *p, size_t start, size_t end)
{
    if (p->kind != PARAMETER_BOOLEAN || p->array)
        return false;
    fill_set(c, p, json_true(), FILL_EXPLICIT, start, end, "explicit.flag");
    return true;
}

static bool try_name(struct fill_context *c, struct parameter *p, size_t at, size_t length)
{
    const struct phrase *phrase = &c->phrase;
    size_t start = at, value = at + length, end = value;
    bool flag = at >= 2 && phrase->fold[at - 1] == '-' && phrase->fold[at - 2] == '-';

    if (!phrase_free(phrase, at, at + length))
        return false;
    if (flag)
        start -= 2;
    size_t lead = start;
    while (lead > 0 && fold_is_space(phrase->fold[lead - 1]))
        lead--;
    if (lead >= 2 && phrase_match(phrase, lead - 2, "参数"))
        start = lead - 2;
    enum joint joint = eat_joint(phrase, &value, flag);
    if (joint == JOINT_NONE)
        return flag && bare_flag(c, p, start, at + length);
    if (value >= phrase->length || !phrase_free(phrase, value, value + 1))
        return flag && bare_flag(c, p, start, at + length);
    json_t *read = value_read(c, p, value, joint != JOINT_SIGN, &end);
    if (!read)
        return flag && bare_flag(c, p, start, at + length);
    fill_set(c, p, read, FILL_EXPLICIT, start, end,
             joint == JOINT_WORD ? "explicit.words" : "explicit.sign");
    return true;
}

static bool try_alias(struct fill_context *c, struct parameter *p, const char *alias)
{
    size_t at, length;

    for (size_t from = 0; phrase_find(&c->phrase, from, alias, &at, &length); from = at + 1)
        if (try_name(c, p, at, length))
            return true;
    return false;
}

void rule_explicit(struct fill_context *c)
{
    size_t longest = 0;

    for (size_t i = 0; i < c->count; i++)
        for (size_t a = 0; a < c->parameters[i].alias_count; a++)
            if (strlen(c->parameters[i].aliases[a]) > longest)
                longest = strlen(c->parameters[i].aliases[a]);
    for (size_t bytes = longest; bytes > 0; bytes--) {
        for (size_t i = 0; i < c->count; i++) {
            struct parameter *p = &c->parameters[i];
            for (size_t a = 0; a < p->alias_count && fill_open(p); a++)
                if (strlen(p->aliases[a]) == bytes)
                    try_alias(c, p, p->aliases[a]);
        }
    }
}
