/* strings.c - free text for the parameters that are still empty. Always a guess.
 *
 * Candidates are what the description gives as examples and the text repeats, runs of capitalised
 * words, what follows a preposition, codes with digits, and in Chinese what follows the
 * parameter's own name. Each is scored for each parameter by the preposition, the nearness of the
 * parameter's words and whether it looks like the kind of thing; the best pair is taken, and again.
 */
#include <string.h>
#include <strings.h>

#include "worker/intent/fold.h"
#include "worker/intent/rules/rules.h"

enum { CANDIDATES_FOUND_MAX = 48, PHRASE_TOKENS_MAX = 6 };

enum form { FORM_NAME, FORM_CODE, FORM_PHRASE, FORM_EXAMPLE, FORM_BESIDE };

struct candidate {
    struct span span;
    enum form form;
    const char *preposition; /* "" if none */
    const struct parameter *only; /* of an example or a name beside: for this parameter */
};

struct found {
    struct candidate items[CANDIDATES_FOUND_MAX];
    size_t count;
};

static const char *const prepositions[] = {
    "in", "at", "near", "around", "from", "to", "by", "on", "about", "of", "for", "with", "using",
    "between", "and", "named", "called", "titled", "into", "against", "via", "under", "regarding",
    "over", "through", "as", "during", "related to", "located in", "based on",
};

static const char *const starters[] = {
    "find", "get", "what", "whats", "what's", "who", "whos", "calculate", "show", "how", "which",
    "when", "where", "is", "are", "can", "could", "i", "the", "convert", "compute", "determine",
    "search", "retrieve", "generate", "create", "book", "list", "give", "tell", "please", "predict",
    "estimate", "check", "play", "fetch", "identify", "analyze", "analyse", "look", "provide", "plot",
    "solve", "evaluate", "locate", "run", "use", "suggest", "recommend", "sort", "order", "buy", "add",
    "update", "delete", "send", "make", "design", "compare", "obtain", "do", "does", "did", "will",
    "would", "in", "for", "if", "i'm", "i'd", "a", "an", "my", "me", "we", "draw", "set", "help",
    "let", "need", "want", "why", "has", "have", "was", "were", "on", "at", "from", "with", "to",
    "change", "cancel", "reserve", "schedule", "remove", "export", "import", "summarize", "write",
    "translate", "refund", "report", "simulate", "assess", "decode", "measure", "view", "describe",
    "given", "out", "this", "that", "it", "its", "hi", "hello", "and", "or", "by", "of",
};

static const char *const phrase_stops[] = {
    "in", "at", "near", "around", "from", "to", "by", "on", "about", "for", "with", "using", "is",
    "are", "was", "were", "that", "which", "who", "where", "when", "between", "and", "or", "please",
    "if", "as", "during", "into", "would", "will", "should", "can", "i", "it", "has", "have", "had",
    "given", "what", "how", "today", "tomorrow", "yesterday", "now", "right", "via", "than", "then",
    "over", "against", "but", "so", "through", "after", "before", "until", "starting", "did", "does",
};

static bool listed(const struct phrase *p, const struct token *t, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (phrase_match(p, t->start, list[i]) == t->end - t->start)
            return true;
    return false;
}
#define LISTED(p, t, list) listed((p), (t), (list), sizeof(list) / sizeof *(list))

static void add(struct found *found, struct span span, enum form form, const char *preposition,
                const struct parameter *only)
{
    if (found->count < CANDIDATES_FOUND_MAX && span.end > span.start)
        found->items[found->count++] = (struct candidate){ span, form, preposition, only };
}

/* The preposition before token `t`, past articles and the like. */
static const char *preposition_before(const struct phrase *p, size_t t)
{
    static const char *const skipped[] = { "the", "a", "an", "my", "our", "city", "player", "team",
                                           "company", "state", "country", "new" };
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

static void find_names(const struct phrase *p, struct found *found)
{
    for (size_t t = 0; t < p->token_count; t++) {
        const struct token *token = &p->tokens[t];
        if (token->kind != TOKEN_WORD || !token->capital || !phrase_free(p, token->start, token->end))
            continue;
        bool first = t == 0 || (p->tokens[t - 1].kind == TOKEN_MARK &&
                                strchr(".?!:\"'", (int)(p->fold[p->tokens[t - 1].start] < 128
                                                            ? p->fold[p->tokens[t - 1].start] : 'x')));
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
static void find_codes(const struct phrase *p, struct found *found)
{
    for (size_t i = 0; i < p->length; i++) {
        bool digit = false, letter = false;
        size_t end = i;
        if (fold_is_space(p->fold[i]) || (i > 0 && (fold_is_letter(p->fold[i - 1]) ||
                                                    fold_is_digit(p->fold[i - 1]))))
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
static void find_phrases(const struct phrase *p, struct found *found)
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
static void find_examples(struct fill_context *c, const struct parameter *p, struct found *found)
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
    static const uint32_t stops[] = { 0x7684, 0xff0c, 0x3002, ',', 0x3001, 0x548c, 0x5728, 0x4ece,
                                      0x5230, 0x628a, 0x7ed9, 0x7528, 0xff1f, '?', 0xff01, '!', ' ',
                                      0x5417, 0x5427, 0x5462, '.', 0xff1b, ';', 0x4e0e };
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        if (c == stops[i])
            return true;
    return false;
}

/* "客户张三": what follows the name of the parameter, as far as nothing ends it. */
static void find_beside(struct fill_context *c, const struct parameter *p, struct found *found)
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

static bool any_mentioned(const struct parameter *p, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t a = 0; a < p->alias_count; a++) {
            const char *at = strcasestr(p->aliases[a], words[i]);
            if (at && (at == p->aliases[a] || at[-1] == ' ' || at[-1] == '_'))
                return true;
        }
    return false;
}
#define NAMED(p, list) any_mentioned((p), (list), sizeof(list) / sizeof *(list))

static bool is_place(const struct parameter *p)
{
    static const char *const words[] = { "location", "city", "place", "country", "state", "region",
                                         "address", "area", "destination", "origin", "county", "town",
                                         "venue", "where", "jurisdiction", "court", "start_location",
                                         "end_location", "地点", "城市", "地址", "地区" };
    return NAMED(p, words);
}

static bool is_name(const struct parameter *p)
{
    static const char *const words[] = { "name", "player", "team", "company", "artist", "author",
                                         "person", "brand", "club", "composer", "manufacturer",
                                         "entity", "plaintiff", "defendant", "title", "store",
                                         "hotel", "restaurant", "museum", "league", "event", "product",
                                         "model", "customer", "recipient", "user", "客户", "姓名" };
    return NAMED(p, words);
}

static bool is_code(const struct parameter *p)
{
    static const char *const words[] = { "id", "number", "code", "docket", "isbn", "sku", "symbol",
                                         "ticker", "zip", "postal", "phone", "编号", "号", "版本",
                                         "version", "season", "year" };
    return NAMED(p, words);
}

static bool is_setting(const struct parameter *p)
{
    static const char *const words[] = { "unit", "units", "format", "mode", "method", "sort", "order",
                                         "output", "language", "currency", "timezone", "gender" };
    return NAMED(p, words);
}

static bool one_of(const char *preposition, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(preposition, list[i]) == 0)
            return true;
    return false;
}
#define ONE_OF(preposition, list) one_of((preposition), (list), sizeof(list) / sizeof *(list))

static float preposition_score(const struct parameter *p, const struct candidate *k)
{
    static const char *const places[] = { "in", "at", "near", "around", "located in", "from", "to" };
    static const char *const topics[] = { "about", "on", "regarding", "related to", "of", "for" };
    static const char *const names[] = { "of", "by", "for", "named", "called", "titled", "against",
                                         "with" };
    static const char *const starts[] = { "from", "between" };
    static const char *const ends[] = { "to", "and", "into" };

    if (p->side == SIDE_START)
        return ONE_OF(k->preposition, starts) ? 1.2f : ONE_OF(k->preposition, ends) ? -0.5f : 0;
    if (p->side == SIDE_END || any_mentioned(p, (const char *const[]){ "destination", "target" }, 2))
        return ONE_OF(k->preposition, ends) ? 1.2f : ONE_OF(k->preposition, starts) ? -0.5f : 0;
    if (any_mentioned(p, (const char *const[]){ "origin", "source" }, 2))
        return ONE_OF(k->preposition, starts) ? 1.2f : ONE_OF(k->preposition, ends) ? -0.5f : 0;
    if (is_place(p))
        return ONE_OF(k->preposition, places) ? 0.7f : strcmp(k->preposition, "of") == 0 ? 0.2f
               : strcmp(k->preposition, "for") == 0 ? 0.3f : 0;
    if (is_name(p))
        return ONE_OF(k->preposition, names) ? 0.4f : strcmp(k->preposition, "in") == 0 ? -0.3f : 0;
    return ONE_OF(k->preposition, topics) ? 0.3f : 0;
}

static bool mostly_digits(const struct phrase *p, struct span span)
{
    size_t digits = 0;
    for (size_t i = span.start; i < span.end; i++)
        digits += fold_is_digit(p->fold[i]);
    return digits > 0;
}

static bool is_pair(const struct phrase *p, struct span span)
{
    for (size_t i = span.start; i < span.end; i++)
        if (p->fold[i] == ',')
            return true;
    return false;
}

/* Is another open parameter the one for the second half of "Sydney, Australia"? */
static bool split_wanted(const struct fill_context *c, const struct parameter *p)
{
    for (size_t i = 0; i < c->count; i++)
        if (&c->parameters[i] != p && c->parameters[i].kind == PARAMETER_STRING &&
            is_place(&c->parameters[i]) && fill_open(&c->parameters[i]) &&
            c->parameters[i].side == SIDE_NONE && p->side == SIDE_NONE)
            return true;
    return false;
}

/* Nothing but the parameter's own words ("function of the function 3x"), or a count of them
 * ("two cities"), is no value. */
static bool own_words(const struct fill_context *c, const struct parameter *p, struct span span)
{
    size_t words = 0, own = 0;

    for (size_t t = phrase_token_at(&c->phrase, span.start);
         t < c->phrase.token_count && c->phrase.tokens[t].start < span.end; t++) {
        static const char *const counts[] = { "two", "three", "four", "five", "all", "some", "any",
                                              "following", "given", "each", "its" };
        if (words == 0 && LISTED(&c->phrase, &c->phrase.tokens[t], counts))
            return true;
        words++;
        own += parameter_keyword(p, c->phrase.tokens[t].stem) > 0;
    }
    return own == words;
}

/* "Premier League" for the league, "Plaza Hotel" for the hotel. */
static bool says_itself(const struct fill_context *c, const struct parameter *p, struct span span)
{
    size_t t = phrase_token_at(&c->phrase, span.end);

    if (t == 0)
        return false;
    const struct token *last = &c->phrase.tokens[t - 1];
    return last->kind == TOKEN_WORD && last->start > span.start &&
           parameter_keyword(p, last->stem) >= 0.9f;
}

static float score(const struct fill_context *c, const struct parameter *p, const struct candidate *k)
{
    float near = keyword_nearness(c, p, k->span), sum;

    if (k->only)
        return k->only == p ? (k->form == FORM_EXAMPLE ? 2.4f : 2.0f) + near * 0.3f : 0;
    if (is_setting(p) && (near < 0.5f || !p->required))
        return 0;
    sum = 0.3f + 0.7f * near + preposition_score(p, k);
    if (k->form == FORM_NAME && says_itself(c, p, k->span))
        sum += 0.6f;
    if (k->form == FORM_NAME)
        sum += is_place(p) || is_name(p) ? 0.7f : 0.4f;
    if (is_pair(&c->phrase, k->span))
        sum += is_place(p) && !split_wanted(c, p) ? 0.4f : -1.5f;
    bool digits = mostly_digits(&c->phrase, k->span);
    if (k->form == FORM_CODE)
        sum += is_code(p) ? 1.0f : -0.6f;
    else if (is_code(p) && !digits)
        sum -= 0.3f;
    else if (digits && !is_code(p))
        sum -= 0.3f;
    if (k->form == FORM_PHRASE && (is_place(p) || is_name(p)))
        sum -= 0.25f;
    if (k->form == FORM_PHRASE && own_words(c, p, k->span))
        sum -= 0.8f;
    if (!p->required)
        sum -= near > 0.6f || preposition_score(p, k) > 0.6f ? 0.4f : 1.2f;
    return sum > 0.35f ? sum : 0;
}

static bool open_string(const struct parameter *p)
{
    return p->kind == PARAMETER_STRING && fill_open(p);
}

static json_t *value_of(struct fill_context *c, const struct parameter *p, struct span span)
{
    json_t *text = fill_text_json(c, span.start, span.end);
    return p->array ? json_pack("[o]", text) : text;
}

static const char *rule_of(enum form form)
{
    static const char *const names[] = { "string.name", "string.code", "string.phrase",
                                         "string.example", "string.beside" };
    return names[form];
}

/* Examples for an array: all of them. */
static void fill_example_array(struct fill_context *c, struct parameter *p, const struct found *found)
{
    json_t *list = json_array();
    struct span span = { 0, 0 };

    for (size_t i = 0; i < found->count; i++) {
        const struct candidate *k = &found->items[i];
        if (k->only != p || k->form != FORM_EXAMPLE ||
            !phrase_free(&c->phrase, k->span.start, k->span.end))
            continue;
        json_array_append_new(list, fill_text_json(c, k->span.start, k->span.end));
        phrase_take(&c->phrase, k->span.start, k->span.end);
        span = k->span;
    }
    if (json_array_size(list) > 0)
        fill_set(c, p, list, FILL_GUESS, span.start, span.end, "string.example");
    else
        json_decref(list);
}

/* Is there only a comma or an "and" between the two? */
static bool joined(const struct phrase *p, struct span a, struct span b)
{
    size_t at = phrase_skip_space(p, a.end), n;

    if (at < p->length && (p->fold[at] == ',' || p->raw[at] == 0x3001))
        at = phrase_skip_space(p, at + 1);
    if ((n = phrase_match(p, at, "and")) || (n = phrase_match(p, at, "&")))
        at = phrase_skip_space(p, at + n);
    return at == b.start && at > a.end;
}

/* "Microsoft, Apple and Google": the names around the chosen one. */
static void fill_names(struct fill_context *c, struct parameter *p, const struct found *found,
                       const struct candidate *chosen)
{
    const struct candidate *names[CANDIDATES_FOUND_MAX];
    size_t n = 0, first = 0, last = 0;
    json_t *list = json_array();

    for (size_t i = 0; i < found->count; i++) {
        const struct candidate *k = &found->items[i];
        if (k->form != FORM_NAME || is_pair(&c->phrase, k->span))
            continue;
        if (k == chosen)
            first = last = n;
        names[n++] = k;
    }
    while (n > 0 && first > 0 && joined(&c->phrase, names[first - 1]->span, names[first]->span))
        first--;
    while (n > 0 && last + 1 < n && joined(&c->phrase, names[last]->span, names[last + 1]->span))
        last++;
    for (size_t i = first; i <= last && i < n; i++)
        json_array_append_new(list, fill_text_json(c, names[i]->span.start, names[i]->span.end));
    if (n == 0)
        json_array_append_new(list, fill_text_json(c, chosen->span.start, chosen->span.end));
    fill_set(c, p, list, FILL_GUESS, n ? names[first]->span.start : chosen->span.start,
             n ? names[last]->span.end : chosen->span.end, "string.names");
}

static bool take_best(struct fill_context *c, const struct found *found)
{
    struct parameter *best = NULL;
    const struct candidate *chosen = NULL;
    float most = 0;

    for (size_t i = 0; i < found->count; i++) {
        const struct candidate *k = &found->items[i];
        if (!phrase_free(&c->phrase, k->span.start, k->span.end))
            continue;
        for (size_t n = 0; n < c->count; n++) {
            struct parameter *p = &c->parameters[n];
            if (!open_string(p))
                continue;
            float value = score(c, p, k) - 0.001f * (float)(i + n);
            if (value > most) {
                most = value;
                best = p;
                chosen = k;
            }
        }
    }
    if (!best)
        return false;
    if (best->array && chosen->form == FORM_NAME) {
        fill_names(c, best, found, chosen);
        return true;
    }
    fill_set(c, best, value_of(c, best, chosen->span), FILL_GUESS, chosen->span.start,
             chosen->span.end, rule_of(chosen->form));
    return true;
}

void rule_strings(struct fill_context *c)
{
    struct found found = { .count = 0 };
    bool any = false;

    for (size_t i = 0; i < c->count; i++) {
        if (!open_string(&c->parameters[i]))
            continue;
        any = true;
        find_examples(c, &c->parameters[i], &found);
        find_beside(c, &c->parameters[i], &found);
    }
    if (!any)
        return;
    for (size_t i = 0; i < c->count; i++)
        if (c->parameters[i].array && open_string(&c->parameters[i]))
            fill_example_array(c, &c->parameters[i], &found);
    find_names(&c->phrase, &found);
    find_codes(&c->phrase, &found);
    find_phrases(&c->phrase, &found);
    while (take_best(c, &found))
        continue;
}
