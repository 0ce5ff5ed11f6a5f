/* booleans.c - what is named is wanted, unless it is denied: "with charts", "不要图表".
 *
 * Only words of the name or title count, and those that every request has do not. "include",
 * "with", "不" and the like beside them decide yes or no.
 */
#include <string.h>

#include "worker/intent/recogniser/fold.h"
#include "worker/intent/rules/rules.h"

/* They say how a switch stands, not which one. */
static const char *const switch_words[] = {
    "include", "with",   "show", "use",   "is",    "has",  "enable", "only",  "do",
    "get",     "return", "add",  "allow", "apply", "need", "should", "want",  "flag",
    "of",      "the",    "a",    "to",    "in",    "for",  "and",    "avoid", "consider",
    "no",      "not",    "必",   "是",    "否",    "有",   "需",     "要",
};

static bool switch_word(const struct phrase *p, const struct token *t)
{
    for (size_t i = 0; i < sizeof switch_words / sizeof *switch_words; i++)
        if (phrase_stem(switch_words[i], strlen(switch_words[i])) == t->stem)
            return true;
    (void)p;
    return false;
}

static bool denied(const struct phrase *p, size_t start, size_t end)
{
    static const char *const before[] = { "no",       "not",     "without",   "don't", "don’t",
                                          "dont",     "exclude", "excluding", "skip",  "ignore",
                                          "ignoring", "disable", "never",     "omit",  "non",
                                          "不要",     "不用",    "不需要",    "不带",  "不含",
                                          "不包含",   "不包括",  "无需",      "无",    "别",
                                          "不",       "去掉",    "关闭",      "禁用",  "除了" };
    size_t first = phrase_token_at(p, start), from = first;

    for (int back = 0; back < 4 && from > 0; back++) {
        const struct token *t = &p->tokens[from - 1];
        if (t->kind == TOKEN_MARK && p->fold[t->start] != '\'' && p->fold[t->start] != '-')
            break;
        from--;
    }
    for (size_t i = first < p->token_count ? p->tokens[from].start : start; i < start; i++)
        for (size_t w = 0; w < sizeof before / sizeof *before; w++)
            if (phrase_match(p, i, before[w]))
                return true;
    size_t next = phrase_skip_space(p, end);
    return phrase_match(p, next, "off") || phrase_match(p, next, "关闭") ||
           phrase_match(p, next, "disabled") || phrase_match(p, next, "false");
}

/* Every word of an alias that is no switch word, near each other in the text. */
static bool find_alias(struct fill_context *c, const char *alias, struct span *span)
{
    struct phrase own;
    size_t wanted = 0, found = 0;

    phrase_init(&own, alias, strlen(alias), c->arena);
    *span = (struct span){ c->phrase.length, 0 };
    for (size_t i = 0; i < own.token_count; i++) {
        if (own.tokens[i].kind == TOKEN_MARK || own.tokens[i].kind == TOKEN_CJK ||
            switch_word(&own, &own.tokens[i]))
            continue;
        wanted++;
        for (size_t t = 0; t < c->phrase.token_count; t++) {
            const struct token *token = &c->phrase.tokens[t];
            if (token->stem != own.tokens[i].stem ||
                !phrase_free(&c->phrase, token->start, token->end))
                continue;
            found++;
            if (token->start < span->start)
                span->start = token->start;
            if (token->end > span->end)
                span->end = token->end;
            break;
        }
    }
    return wanted > 0 && found == wanted && span->end - span->start < 60;
}

/* A Chinese alias without its switch words stands in the text as it is. */
static bool find_chinese(struct fill_context *c, const char *alias, struct span *span)
{
    static const char *const leads[] = { "是否需要", "是否包含", "是否包括", "是否显示",
                                         "是否",     "需要",     "包含",     "包括",
                                         "显示",     "启用",     "只看",     "" };
    size_t length;

    if ((unsigned char)alias[0] < 0x80)
        return false;
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        size_t n = strlen(leads[i]);
        if (strncmp(alias, leads[i], n) != 0 || strlen(alias) - n < 6)
            continue;
        if (phrase_find(&c->phrase, 0, alias + n, &span->start, &length) &&
            phrase_free(&c->phrase, span->start, span->start + length)) {
            span->end = span->start + length;
            return true;
        }
    }
    return false;
}

void rule_booleans(struct fill_context *c)
{
    for (size_t i = 0; i < c->count; i++) {
        struct parameter *p = &c->parameters[i];
        struct span span;
        bool found = false;
        if (p->kind != PARAMETER_BOOLEAN || p->array || !fill_open(p))
            continue;
        for (size_t a = 0; a < p->alias_count && !found; a++)
            found = find_alias(c, p->aliases[a], &span) || find_chinese(c, p->aliases[a], &span);
        if (!found)
            continue;
        bool no = denied(&c->phrase, span.start, span.end);
        fill_set(c, p, no ? json_false() : json_true(), FILL_GUESS, span.start, span.end,
                 no ? "boolean.denied" : "boolean.named");
    }
}
