/* candidate_score.c - is this text the kind of thing the parameter wants, and said where it would
 * be?
 *
 * Prepositions weigh most ("from" Berlin "to" Rome), then the nearness of the parameter's own
 * words, then looks: names for people and places, digits for codes. Found by hand on development
 * data; each number is coarse on purpose.
 */
#include <string.h>
#include <strings.h>

#include "worker/intent/recogniser/fold.h"
#include "worker/intent/rules/candidates.h"

#define LISTED(p, t, list) candidates_listed((p), (t), (list), sizeof(list) / sizeof *(list))

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
    static const char *const words[] = {
        "location", "city",  "place",        "country", "state",          "region",
        "address",  "area",  "destination",  "origin",  "county",         "town",
        "venue",    "where", "jurisdiction", "court",   "start_location", "end_location",
        "地点",     "城市",  "地址",         "地区"
    };
    return NAMED(p, words);
}

static bool is_name(const struct parameter *p)
{
    static const char *const words[] = {
        "name",    "player", "team",     "company",      "artist", "author",    "person",
        "brand",   "club",   "composer", "manufacturer", "entity", "plaintiff", "defendant",
        "title",   "store",  "hotel",    "restaurant",   "museum", "league",    "event",
        "product", "model",  "customer", "recipient",    "user",   "客户",      "姓名"
    };
    return NAMED(p, words);
}

static bool is_code(const struct parameter *p)
{
    static const char *const words[] = { "id",     "number", "code",    "docket", "isbn",  "sku",
                                         "symbol", "ticker", "zip",     "postal", "phone", "编号",
                                         "号",     "版本",   "version", "season", "year" };
    return NAMED(p, words);
}

static bool is_setting(const struct parameter *p)
{
    static const char *const words[] = { "unit",     "units",    "format",   "mode",
                                         "method",   "sort",     "order",    "output",
                                         "language", "currency", "timezone", "gender" };
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
    static const char *const places[] = {
        "in", "at", "near", "around", "located in", "from", "to"
    };
    static const char *const topics[] = { "about", "on", "regarding", "related to", "of", "for" };
    static const char *const names[] = { "of",     "by",     "for",     "named",
                                         "called", "titled", "against", "with" };
    static const char *const starts[] = { "from", "between" };
    static const char *const ends[] = { "to", "and", "into" };

    if (p->side == SIDE_START)
        return ONE_OF(k->preposition, starts) ? 1.2f : ONE_OF(k->preposition, ends) ? -0.5f : 0;
    if (p->side == SIDE_END ||
        any_mentioned(p, (const char *const[]){ "destination", "target" }, 2))
        return ONE_OF(k->preposition, ends) ? 1.2f : ONE_OF(k->preposition, starts) ? -0.5f : 0;
    if (any_mentioned(p, (const char *const[]){ "origin", "source" }, 2))
        return ONE_OF(k->preposition, starts) ? 1.2f : ONE_OF(k->preposition, ends) ? -0.5f : 0;
    if (is_place(p))
        return ONE_OF(k->preposition, places)       ? 0.7f
               : strcmp(k->preposition, "of") == 0  ? 0.2f
               : strcmp(k->preposition, "for") == 0 ? 0.3f
                                                    : 0;
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

bool candidate_is_pair(const struct phrase *p, struct span span)
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
        static const char *const counts[] = { "two", "three",     "four",  "five", "all", "some",
                                              "any", "following", "given", "each", "its" };
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

float candidate_score(const struct fill_context *c, const struct parameter *p,
                      const struct candidate *k)
{
    float near = keyword_nearness(c, p, k->span), sum;

    if (!parameter_accepts_text(p, phrase_text(&c->phrase, k->span.start, k->span.end, c->arena)))
        return 0;
    if (k->only)
        return k->only == p ? (k->form == FORM_EXAMPLE ? 2.4f : 2.0f) + near * 0.3f : 0;
    if (is_setting(p) && (near < 0.5f || !p->required))
        return 0;
    sum = 0.3f + 0.7f * near + preposition_score(p, k);
    if (k->form == FORM_NAME && says_itself(c, p, k->span))
        sum += 0.6f;
    if (k->form == FORM_NAME)
        sum += is_place(p) || is_name(p) ? 0.7f : 0.4f;
    if (candidate_is_pair(&c->phrase, k->span))
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
