/* enums.c - a value of the schema's list, as it is written or by x-synonyms, stems or a beginning.
 *
 * Two values in the text for one parameter are a question, not a choice of ours. An array takes
 * every value that is said.
 */
#include <string.h>
#include <strings.h>

#include "worker/intent/recogniser/fold.h"
#include "worker/intent/rules/rules.h"

enum { PREFIX_LETTERS_MIN = 4 };

/* The words of `saying` at token `t`, by stem; returns the code points they take there, 0 if not.
 */
static size_t match_stems(const struct fill_context *c, const struct saying *saying, size_t t)
{
    const struct phrase *own = saying->words;

    if (own->token_count == 0 || c->phrase.tokens[t].kind != TOKEN_WORD ||
        t + own->token_count > c->phrase.token_count)
        return 0;
    for (size_t i = 0; i < own->token_count; i++)
        if (own->tokens[i].stem != c->phrase.tokens[t + i].stem)
            return 0;
    return c->phrase.tokens[t + own->token_count - 1].end - c->phrase.tokens[t].start;
}

const json_t *enum_match(const struct fill_context *c, const struct parameter *p, size_t at,
                         size_t *end, const char **rule)
{
    const json_t *best = NULL;
    size_t t = phrase_token_at(&c->phrase, at), longest = 0;
    bool at_token = t < c->phrase.token_count && c->phrase.tokens[t].start == at;

    for (size_t i = 0; i < p->saying_count; i++) {
        const struct saying *saying = &p->sayings[i];
        const char *name = saying->synonym ? "enum.synonym" : "enum.value";
        size_t n = phrase_match(&c->phrase, at, saying->text);
        if (n == 0 && at_token) {
            n = match_stems(c, saying, t);
            name = "enum.stem";
        }
        if (n > longest) {
            longest = n;
            best = saying->value;
            *rule = name;
        }
    }
    *end = at + longest;
    return best;
}

/* One value that a word of the text begins, or that begins a word: "orth" for "orthopedics". */
static const json_t *prefix_match(const struct fill_context *c, const struct parameter *p,
                                  const struct token *t)
{
    const json_t *found = NULL, *choice;
    size_t i, length = t->end - t->start;

    if (t->kind != TOKEN_WORD || length < PREFIX_LETTERS_MIN)
        return NULL;
    char *word = phrase_text(&c->phrase, t->start, t->end, c->arena);
    json_array_foreach (p->choices, i, choice) {
        const char *text = json_string_value(choice);
        if (!text || strlen(text) < PREFIX_LETTERS_MIN)
            continue;
        size_t least = strlen(text) < strlen(word) ? strlen(text) : strlen(word);
        if (strncasecmp(text, word, least) != 0)
            continue;
        if (found)
            return NULL;
        found = choice;
    }
    return found;
}

struct hit {
    const json_t *choice;
    struct span span;
    const char *rule;
};

static size_t find_hits(struct fill_context *c, const struct parameter *p, struct hit *hits)
{
    size_t n = 0;

    for (size_t at = 0; at < c->phrase.length && n < CANDIDATES_MAX; at++) {
        size_t end;
        const char *rule = "";
        if (fold_is_space(c->phrase.fold[at]))
            continue;
        const json_t *choice = enum_match(c, p, at, &end, &rule);
        if (!choice || !phrase_free(&c->phrase, at, end))
            continue;
        hits[n++] = (struct hit){ choice, { at, end }, rule };
        at = end - 1;
    }
    for (size_t t = 0; t < c->phrase.token_count && n == 0; t++) {
        const struct token *token = &c->phrase.tokens[t];
        const json_t *choice = prefix_match(c, p, token);
        if (choice && phrase_free(&c->phrase, token->start, token->end))
            hits[n++] = (struct hit){ choice, { token->start, token->end }, "enum.prefix" };
    }
    return n;
}

/* A hit that is one letter or a number has to stand beside the parameter's words. */
static bool weak(const struct fill_context *c, const struct parameter *p, const struct hit *hit)
{
    size_t length = hit->span.end - hit->span.start;
    const char *text = json_string_value(hit->choice);
    if (length == 1 && text && text[1] == 0 &&
        c->phrase.raw[hit->span.start] != (unsigned char)text[0])
        return true; /* "a" is no "A" */
    bool cjk = fold_is_cjk(c->phrase.fold[hit->span.start]);
    bool digit = fold_is_digit(c->phrase.fold[hit->span.start]);

    return ((length == 1 && !cjk) || digit) && keyword_nearness(c, p, hit->span) < 0.4f;
}

static void fill_list(struct fill_context *c, struct parameter *p, struct hit *hits, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen |= hits[k].choice == hits[i].choice;
        if (!seen && !weak(c, p, &hits[i]))
            json_array_append(list, (json_t *)(uintptr_t)hits[i].choice);
    }
    if (json_array_size(list) == 0) {
        json_decref(list);
        return;
    }
    for (size_t i = 0; i < n; i++)
        phrase_take(&c->phrase, hits[i].span.start, hits[i].span.end);
    fill_set(c, p, list, FILL_TYPED, hits[0].span.start, hits[n - 1].span.end, "list.enum");
}

static bool negated(const struct phrase *p, size_t at)
{
    static const char *const words[] = { "not",  "no",   "except", "excluding", "without",
                                         "不要", "不是", "除了",   "不含",      "非" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (size_t back = 1; back <= 10 && back <= at; back++) {
            size_t n = phrase_match(p, at - back, words[i]);
            if (n && phrase_skip_space(p, at - back + n) == at)
                return true;
        }
    return false;
}

static void fill_one(struct fill_context *c, struct parameter *p, struct hit *hits, size_t n)
{
    const struct hit *first = NULL;
    json_t *choices = json_array();

    for (size_t i = 0; i < n; i++) {
        if (weak(c, p, &hits[i]) || negated(&c->phrase, hits[i].span.start))
            continue;
        bool seen = false;
        size_t k;
        json_t *choice;
        json_array_foreach (choices, k, choice)
            seen |= choice == hits[i].choice;
        if (!seen)
            json_array_append(choices, (json_t *)(uintptr_t)hits[i].choice);
        if (!first)
            first = &hits[i];
    }
    if (json_array_size(choices) > 1) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what was appended came from `first` on */
        fill_ask(c, p, choices, first->span.start, first->span.end, first->rule);
        return;
    }
    json_decref(choices);
    if (!first)
        return;
    bool sure = strcmp(first->rule, "enum.prefix") != 0 && strcmp(first->rule, "enum.stem") != 0;
    fill_set(c, p, json_incref((json_t *)(uintptr_t)first->choice), sure ? FILL_TYPED : FILL_GUESS,
             first->span.start, first->span.end, first->rule);
}

void rule_enums(struct fill_context *c)
{
    struct hit hits[CANDIDATES_MAX];

    for (size_t i = 0; i < c->count; i++) {
        struct parameter *p = &c->parameters[i];
        if (p->kind != PARAMETER_ENUM || !fill_open(p))
            continue;
        size_t n = find_hits(c, p, hits);
        if (n == 0)
            continue;
        if (p->array)
            fill_list(c, p, hits, n);
        else
            fill_one(c, p, hits, n);
    }
}
