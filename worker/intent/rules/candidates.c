/* candidates.c - finding them: names, codes, phrases, examples. */
#include "worker/intent/rules/candidates.h"

#include <string.h>

#include "worker/intent/recogniser/fold.h"

enum { PHRASE_TOKENS_MAX = 6 };

static const char *const prepositions[] = {
    "in",      "at",     "near",   "around",     "from",       "to",       "by",        "on",
    "about",   "of",     "for",    "with",       "using",      "between",  "and",       "named",
    "called",  "titled", "into",   "against",    "via",        "under",    "regarding", "over",
    "through", "as",     "during", "related to", "located in", "based on",
};

static const char *const starters[] = {
    "find",      "get",      "what",      "whats",    "what's",   "who",      "whos",
    "calculate", "show",     "how",       "which",    "when",     "where",    "is",
    "are",       "can",      "could",     "i",        "the",      "convert",  "compute",
    "determine", "search",   "retrieve",  "generate", "create",   "book",     "list",
    "give",      "tell",     "please",    "predict",  "estimate", "check",    "play",
    "fetch",     "identify", "analyze",   "analyse",  "look",     "provide",  "plot",
    "solve",     "evaluate", "locate",    "run",      "use",      "suggest",  "recommend",
    "sort",      "order",    "buy",       "add",      "update",   "delete",   "send",
    "make",      "design",   "compare",   "obtain",   "do",       "does",     "did",
    "will",      "would",    "in",        "for",      "if",       "i'm",      "i'd",
    "a",         "an",       "my",        "me",       "we",       "draw",     "set",
    "help",      "let",      "need",      "want",     "why",      "has",      "have",
    "was",       "were",     "on",        "at",       "from",     "with",     "to",
    "change",    "cancel",   "reserve",   "schedule", "remove",   "export",   "import",
    "summarize", "write",    "translate", "refund",   "report",   "simulate", "assess",
    "decode",    "measure",  "view",      "describe", "given",    "out",      "this",
    "that",      "it",       "its",       "hi",       "hello",    "and",      "or",
    "by",        "of",
};

static const char *const phrase_stops[] = {
    "in",     "at",       "near",     "around",    "from", "to",      "by",    "on",
    "about",  "for",      "with",     "using",     "is",   "are",     "was",   "were",
    "that",   "which",    "who",      "where",     "when", "between", "and",   "or",
    "please", "if",       "as",       "during",    "into", "would",   "will",  "should",
    "can",    "i",        "it",       "has",       "have", "had",     "given", "what",
    "how",    "today",    "tomorrow", "yesterday", "now",  "right",   "via",   "than",
    "then",   "over",     "against",  "but",       "so",   "through", "after", "before",
    "until",  "starting", "did",      "does",
};

bool candidates_listed(const struct phrase *p, const struct token *t, const char *const *list,
                       size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (phrase_match(p, t->start, list[i]) == t->end - t->start)
            return true;
    return false;
}
#define LISTED(p, t, list) candidates_listed((p), (t), (list), sizeof(list) / sizeof *(list))

static void add(struct candidates *found, struct span span, enum candidate_form form,
                const char *preposition, const struct parameter *only)
{
    if (found->count < CANDIDATES_FOUND_MAX && span.end > span.start)
        found->items[found->count++] = (struct candidate){ span, form, preposition, only };
}

/* The preposition before token `t`, past articles and the like. */
static const char *preposition_before(const struct phrase *p, size_t t)
{
    static const char *const skipped[] = { "the",    "a",    "an",      "my",    "our",     "city",
                                           "player", "team", "company", "state", "country", "new" };
    for (int back = 0; back < 3 && t > 0; back++) {
        const struct token *before = &p->tokens[t - 1];
        for (size_t i = 0; i < sizeof prepositions / sizeof *prepositions; i++)
            if (phrase_match(p, before->start, prepositions[i]) == before->end - before->start)
                return prepositions[i];
        if (!LISTED(p, before, skipped))
            return "";
        t--;
    }
    return "";
}

static bool word_or_dot(const struct phrase *p, size_t t)
{
    const struct token *token = &p->tokens[t];
    if (token->kind == TOKEN_WORD)
        return true;
    /* "D.C.", "Mr. X", "R&B", "2022-2023" */
    uint32_t c = p->fold[token->start];
    if (c == '.' && t > 0 && p->tokens[t - 1].end - p->tokens[t - 1].start > 3)
        return false;
    return (c == '.' || c == '&' || c == '-' || c == '\'') && t > 0 &&
           p->tokens[t - 1].end == token->start;
}

/* A run of capitalised words from `t`, "of" and "the" inside allowed; returns the token behind. */
static size_t name_end(const struct phrase *p, size_t t)
{
    size_t end = t + 1;

    for (size_t i = t + 1; i < p->token_count; i++) {
        const struct token *token = &p->tokens[i];
        bool inner = phrase_match(p, token->start, "of") || phrase_match(p, token->start, "the") ||
                     phrase_match(p, token->start, "de") || phrase_match(p, token->start, "van");
        bool number = token->kind == TOKEN_NUMBER && p->tokens[i - 1].end < token->start &&
                      token->end - token->start < 3;
        if (!phrase_free(p, token->start, token->end))
            break;
        if (token->kind == TOKEN_WORD && token->capital)
            end = i + 1;
        else if (number)
            end = i + 1;
        else if (!inner && !word_or_dot(p, i))
            break;
        else if (token->kind == TOKEN_WORD && !inner)
            break;
    }
    /* an abbreviation keeps its dot: "Washington D.C." */
    const struct token *last = &p->tokens[end - 1];
    if (end < p->token_count && p->fold[p->tokens[end].start] == '.' &&
        p->tokens[end].start == last->end && last->end - last->start == 1)
        end++;
    return end;
}

static void find_names(const struct phrase *p, struct candidates *found)
{
    for (size_t t = 0; t < p->token_count; t++) {
        const struct token *token = &p->tokens[t];
        if (token->kind != TOKEN_WORD || !token->capital ||
            !phrase_free(p, token->start, token->end))
            continue;
        bool first = t == 0 || (p->tokens[t - 1].kind == TOKEN_MARK &&
                                strchr(".?!:\"'", (int)(p->fold[p->tokens[t - 1].start] < 128
                                                            ? p->fold[p->tokens[t - 1].start]
                                                            : 'x')));
        if (LISTED(p, token, starters) && (first || token->end - token->start < 3))
            continue;
        size_t end = name_end(p, t);
        /* the first word has its capital from its place */
        bool alone = end == t + 1 && p->raw[token->end - 1] == p->fold[token->end - 1];
        if (first && alone)
            continue;
        /* "Toyota's" */
        size_t stop = p->tokens[end - 1].end;
        if (stop - token->start > 2 && p->fold[stop - 1] == 's' &&
            (p->fold[stop - 2] == '\'' || p->fold[stop - 2] == 0x2019))
            stop -= 2;
        const char *preposition = preposition_before(p, t);
        add(found, (struct span){ token->start, stop }, FORM_NAME, preposition, NULL);
        /* "London, United Kingdom" as one */
        if (end + 1 < p->token_count && p->fold[p->tokens[end].start] == ',' &&
            p->tokens[end + 1].capital && p->tokens[end + 1].kind == TOKEN_WORD) {
            size_t second = name_end(p, end + 1);
            add(found, (struct span){ token->start, p->tokens[second - 1].end }, FORM_NAME,
                preposition, NULL);
        }
        t = end - 1;
    }
}

/* "B1004", "2022/AL2562", "546382": letters with digits, or digits alone. */
static void find_codes(const struct phrase *p, struct candidates *found)
{
    for (size_t i = 0; i < p->length; i++) {
        bool digit = false, letter = false;
        size_t end = i;
        if (fold_is_space(p->fold[i]) ||
            (i > 0 && (fold_is_letter(p->fold[i - 1]) || fold_is_digit(p->fold[i - 1]))))
            continue;
        for (; end < p->length; end++) {
            uint32_t c = p->fold[end];
            bool d = fold_is_digit(c), l = fold_is_letter(c) && c < 128;
            if (!d && !l && !(end > i && (c == '-' || c == '_' || c == '/' || c == '#')))
                break;
            digit |= d;
            letter |= l;
        }
        while (end > i && strchr("-_/#", (int)p->fold[end - 1]))
            end--;
        size_t t = phrase_token_at(p, i);
        if (digit && end > i && phrase_free(p, i, end))
            add(found, (struct span){ i, end }, FORM_CODE, preposition_before(p, t), NULL);
        (void)letter;
        if (end > i)
            i = end - 1;
    }
}

/* What follows a preposition, up to the next word that begins something else. */
static void find_phrases(const struct phrase *p, struct candidates *found)
{
    for (size_t t = 0; t + 1 < p->token_count; t++) {
        const char *preposition = preposition_before(p, t + 1);
        if (!*preposition || phrase_match(p, p->tokens[t].start, preposition) !=
                                 p->tokens[t].end - p->tokens[t].start)
            continue;
        size_t from = t + 1;
        while (from < p->token_count && (phrase_match(p, p->tokens[from].start, "the") ||
                                         phrase_match(p, p->tokens[from].start, "a") ||
                                         phrase_match(p, p->tokens[from].start, "an") ||
                                         phrase_match(p, p->tokens[from].start, "my")))
            from++;
        size_t end = from;
        while (end < p->token_count && end - from < PHRASE_TOKENS_MAX) {
            const struct token *token = &p->tokens[end];
            if (!phrase_free(p, token->start, token->end) || LISTED(p, token, phrase_stops) ||
                !(word_or_dot(p, end) || token->kind == TOKEN_NUMBER) ||
                (p->fold[token->start] == '.' &&
                 (end + 1 == p->token_count || p->tokens[end + 1].start > token->end)))
                break;
            if (phrase_match(p, token->start, "of") && end > from)
                add(found, (struct span){ p->tokens[from].start, p->tokens[end - 1].end },
                    FORM_PHRASE, preposition, NULL);
            end++;
        }
        if (end > from)
            add(found, (struct span){ p->tokens[from].start, p->tokens[end - 1].end }, FORM_PHRASE,
                preposition, NULL);
    }
}

/* Words in quotes in the description that the text repeats. */
static void find_examples(struct fill_context *c, const struct parameter *p,
                          struct candidates *found)
{
    struct phrase d;

    phrase_init(&d, p->description, strnlen(p->description, 600), c->arena);
    size_t standard = d.length, length;
    if (!phrase_find(&d, 0, "default", &standard, &length) &&
        !phrase_find(&d, 0, "defaults", &standard, &length))
        standard = d.length;
    for (size_t i = 0; i < d.length; i++) {
        struct span inside;
        size_t end, at;
        if (!value_quoted(&d, i, &inside, &end))
            continue;
        char *word = phrase_text(&d, inside.start, inside.end, c->arena);
        if (inside.end - inside.start > 1 && inside.end - inside.start < 40 &&
            phrase_find(&c->phrase, 0, word, &at, &length) &&
            phrase_free(&c->phrase, at, at + length))
            add(found, (struct span){ at, at + length }, FORM_EXAMPLE, "", p);
        i = end - 1;
    }
}

static bool ends_chinese(uint32_t c)
{
    static const uint32_t stops[] = { 0x7684, 0xff0c, 0x3002, ',',    0x3001, 0x548c,
                                      0x5728, 0x4ece, 0x5230, 0x628a, 0x7ed9, 0x7528,
                                      0xff1f, '?',    0xff01, '!',    ' ',    0x5417,
                                      0x5427, 0x5462, '.',    0xff1b, ';',    0x4e0e };
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        if (c == stops[i])
            return true;
    return false;
}

/* "客户张三": what follows the name of the parameter, as far as nothing ends it. */
static void find_beside(struct fill_context *c, const struct parameter *p, struct candidates *found)
{
    for (size_t a = 0; a < p->alias_count; a++) {
        size_t at, length;
        if ((unsigned char)p->aliases[a][0] < 0x80)
            continue;
        for (size_t from = 0; phrase_find(&c->phrase, from, p->aliases[a], &at, &length);
             from = at + length) {
            size_t start = phrase_skip_space(&c->phrase, at + length), end = start;
            while (end < c->phrase.length && !ends_chinese(c->phrase.fold[end]) &&
                   phrase_free(&c->phrase, end, end + 1))
                end++;
            if (end - start <= 20)
                add(found, (struct span){ start, end }, FORM_BESIDE, "", p);
        }
    }
}

void candidates_for(struct fill_context *c, const struct parameter *p, struct candidates *found)
{
    find_examples(c, p, found);
    find_beside(c, p, found);
}

void candidates_of(const struct phrase *p, struct candidates *found)
{
    find_names(p, found);
    find_codes(p, found);
    find_phrases(p, found);
}
