/* lists.c - "apples, pears and plums" for an array of strings, behind or before the parameter's
 * words. */
#include <string.h>

#include "worker/intent/recogniser/fold.h"
#include "worker/intent/rules/rules.h"

enum { ELEMENT_TOKENS_MAX = 4, ELEMENTS_MAX = 20 };

static bool separator(const struct phrase *p, const struct token *t)
{
    return p->fold[t->start] == ',' || p->raw[t->start] == 0x3001 ||
           phrase_match(p, t->start, "and") || phrase_match(p, t->start, "or") ||
           phrase_match(p, t->start, "&") ||
           (t->kind == TOKEN_CJK && (p->fold[t->start] == 0x548c || p->fold[t->start] == 0x4e0e ||
                                     p->fold[t->start] == 0x53ca));
}

static bool stops(const struct phrase *p, const struct token *t)
{
    static const char *const words[] = { "in",   "at",    "for",     "from",  "to",   "by",
                                         "on",   "with",  "of",      "is",    "are",  "as",
                                         "that", "which", "between", "using", "into", "的",
                                         "在",   "从",    "给",      "把" };
    if (t->kind == TOKEN_MARK && !separator(p, t) && p->fold[t->start] != '-' &&
        p->fold[t->start] != '\'')
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (phrase_match(p, t->start, words[i]))
            return true;
    return false;
}

/* Elements from token `t` on; returns the token behind the last. At least two, else 0. */
static size_t read_elements(const struct phrase *p, size_t t, struct span *elements, size_t *count)
{
    size_t tokens = 0;

    *count = 0;
    for (; t < p->token_count && *count < ELEMENTS_MAX; t++) {
        const struct token *token = &p->tokens[t];
        if (!phrase_free(p, token->start, token->end) || (stops(p, token) && !separator(p, token)))
            break;
        if (separator(p, token)) {
            tokens = 0;
            continue;
        }
        if (tokens == 0)
            elements[(*count)++] = (struct span){ token->start, token->end };
        else
            elements[*count - 1].end = token->end;
        bool cjk = token->kind == TOKEN_CJK;
        if (++tokens > (cjk ? 8u : (unsigned)ELEMENT_TOKENS_MAX))
            return 0;
    }
    return *count >= 2 ? t : 0;
}

static bool behind_keyword(const struct fill_context *c, const struct parameter *p, size_t t)
{
    for (size_t back = 1; back <= 3 && back <= t; back++) {
        const struct token *token = &c->phrase.tokens[t - back];
        if (parameter_keyword(p, token->stem) >= 0.9f)
            return true;
        if (token->kind != TOKEN_MARK && !stops(&c->phrase, token) &&
            !phrase_match(&c->phrase, token->start, "like"))
            return false;
    }
    return false;
}

void rule_lists(struct fill_context *c)
{
    struct span elements[ELEMENTS_MAX];
    size_t n;

    for (size_t i = 0; i < c->count; i++) {
        struct parameter *p = &c->parameters[i];
        if (!p->array || p->kind != PARAMETER_STRING || !fill_open(p))
            continue;
        for (size_t t = 0; t < c->phrase.token_count; t++) {
            if (!behind_keyword(c, p, t) || !read_elements(&c->phrase, t, elements, &n))
                continue;
            json_t *list = json_array();
            for (size_t e = 0; e < n; e++)
                json_array_append_new(list, fill_text_json(c, elements[e].start, elements[e].end));
            fill_set(c, p, list, FILL_GUESS, elements[0].start, elements[n - 1].end,
                     "list.strings");
            break;
        }
    }
}
