#include "worker/intent/fill/phrase.h"

#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "worker/intent/recogniser/fold.h"
#include "worker/intent/recogniser/stem.h"

enum { WORD_MAX = 48 };

/* Ways to write one unit, stemmed. */
static const char *const units[][2] = {
    { "kg", "kilogram" },
    { "kgs", "kilogram" },
    { "km", "kilomet" },
    { "kms", "kilomet" },
    { "kilometer", "kilomet" },
    { "kilometre", "kilomet" },
    { "cm", "centimet" },
    { "centimeter", "centimet" },
    { "mm", "millimet" },
    { "millimeter", "millimet" },
    { "m", "met" },
    { "meter", "met" },
    { "metre", "met" },
    { "ft", "foot" },
    { "feet", "foot" },
    { "lb", "pound" },
    { "lbs", "pound" },
    { "hr", "hour" },
    { "hrs", "hour" },
    { "h", "hour" },
    { "min", "minute" },
    { "mins", "minute" },
    { "sec", "second" },
    { "secs", "second" },
    { "s", "second" },
    { "yr", "year" },
    { "yrs", "year" },
    { "hz", "hertz" },
    { "k", "kelvin" },
    { "usd", "dollar" },
    { "eur", "euro" },
    { "rmb", "yuan" },
    { "cny", "yuan" },
    { "mph", "mile" },
    { "mb", "megabyte" },
    { "gb", "gigabyte" },
    { "kb", "kilobyte" },
    { "ms", "millisecond" },
    { "children", "child" },
    { "people", "person" },
    { "bought", "purchas" },
    { "bases", "base" },
};

static uint64_t hash_word(const uint32_t *word, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ word[i]) * 0x100000001b3u;
    return hash;
}

static size_t from_ascii(const char *text, uint32_t *word)
{
    size_t n = 0;
    for (; text[n] && n < WORD_MAX; n++)
        word[n] = (unsigned char)text[n];
    return n;
}

static uint64_t stem_of(const uint32_t *folded, size_t length)
{
    uint32_t word[WORD_MAX], other[WORD_MAX];

    if (length > WORD_MAX)
        length = WORD_MAX;
    memcpy(word, folded, length * sizeof *word);
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        size_t n = from_ascii(units[u][0], other);
        if (n == length && memcmp(other, word, n * sizeof *word) == 0) {
            n = from_ascii(units[u][1], other);
            return hash_word(other, n);
        }
    }
    length = stem_word(word, length);
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        size_t n = from_ascii(units[u][0], other);
        if (n == length && n > 4 && memcmp(other, word, n * sizeof *word) == 0)
            return hash_word(other, from_ascii(units[u][1], other));
    }
    return hash_word(word, length);
}

uint64_t phrase_stem(const char *word, size_t bytes)
{
    uint32_t folded[WORD_MAX];
    return stem_of(folded, fold_text(word, bytes, folded, WORD_MAX));
}

static bool in_word(uint32_t c)
{
    return fold_is_letter(c) || fold_is_digit(c);
}

static size_t token_end(const struct phrase *p, size_t i, enum token_kind *kind)
{
    uint32_t c = p->fold[i];

    *kind = fold_is_cjk(c) ? TOKEN_CJK : TOKEN_MARK;
    if (!in_word(c))
        return i + 1;
    if (fold_is_digit(c)) {
        *kind = TOKEN_NUMBER;
        while (i < p->length && fold_is_digit(p->fold[i]))
            i++;
        return i;
    }
    *kind = TOKEN_WORD;
    while (i < p->length &&
           (in_word(p->fold[i]) || ((p->fold[i] == '\'' || p->fold[i] == 0x2019) &&
                                    i + 1 < p->length && fold_is_letter(p->fold[i + 1]))))
        i++;
    return i;
}

static void tokenise(struct phrase *p)
{
    for (size_t i = 0; i < p->length;) {
        if (fold_is_space(p->fold[i])) {
            i++;
            continue;
        }
        struct token *t = &p->tokens[p->token_count++];
        t->start = i;
        t->end = i = token_end(p, i, &t->kind);
        t->capital = p->raw[t->start] != p->fold[t->start];
        size_t length = t->end - t->start;
        /* "Toyota's" is about Toyota */
        if (t->kind == TOKEN_WORD && length > 2 && p->fold[t->end - 1] == 's' &&
            (p->fold[t->end - 2] == '\'' || p->fold[t->end - 2] == 0x2019))
            length -= 2;
        t->stem = t->kind == TOKEN_WORD ? stem_of(p->fold + t->start, length)
                                        : hash_word(p->fold + t->start, length);
    }
}

void phrase_init(struct phrase *p, const char *text, size_t bytes, struct arena *arena)
{
    memset(p, 0, sizeof *p);
    p->utf8 = text;
    p->bytes = bytes;
    p->raw = ARENA_ARRAY(arena, uint32_t, bytes + 1);
    p->fold = ARENA_ARRAY(arena, uint32_t, bytes + 1);
    p->byte_at = ARENA_ARRAY(arena, size_t, bytes + 1);
    p->taken = ARENA_ARRAY(arena, bool, bytes + 1);
    p->tokens = ARENA_ARRAY(arena, struct token, bytes + 1);
    for (size_t i = 0; i < bytes;) {
        uint32_t c;
        size_t n = text_utf8_decode(text + i, bytes - i, &c);
        CHECK(n > 0); /* the caller has checked it */
        p->byte_at[p->length] = i;
        p->raw[p->length] = c;
        p->fold[p->length++] = text_code_point_hidden(c) ? ' ' : fold_code_point(c);
        i += n;
    }
    p->byte_at[p->length] = bytes;
    tokenise(p);
}

bool phrase_free(const struct phrase *p, size_t start, size_t end)
{
    for (size_t i = start; i < end && i < p->length; i++)
        if (p->taken[i])
            return false;
    return true;
}

void phrase_take(struct phrase *p, size_t start, size_t end)
{
    for (size_t i = start; i < end && i < p->length; i++)
        p->taken[i] = true;
}

char *phrase_text(const struct phrase *p, size_t start, size_t end, struct arena *arena)
{
    CHECK(start <= end && end <= p->length);
    return arena_copy(arena, p->utf8 + p->byte_at[start], p->byte_at[end] - p->byte_at[start]);
}

size_t phrase_match(const struct phrase *p, size_t at, const char *pattern)
{
    size_t bytes = strlen(pattern), i = at;
    uint32_t first = 0, last = 0;

    for (size_t b = 0; b < bytes; i++) {
        uint32_t c;
        size_t n = text_utf8_decode(pattern + b, bytes - b, &c);
        if (n == 0 || i >= p->length)
            return 0;
        last = fold_code_point(c);
        if (p->fold[i] != last)
            return 0;
        if (b == 0)
            first = last;
        b += n;
    }
    if (in_word(first) && at > 0 && in_word(p->fold[at - 1]) &&
        !(fold_is_letter(first) && fold_is_digit(p->fold[at - 1])))
        return 0;
    if (in_word(last) && i < p->length && in_word(p->fold[i]))
        return 0;
    return i - at;
}

bool phrase_find(const struct phrase *p, size_t from, const char *pattern, size_t *at,
                 size_t *length)
{
    if (!*pattern)
        return false;
    for (size_t i = from; i < p->length; i++) {
        size_t n = phrase_match(p, i, pattern);
        if (n) {
            *at = i;
            *length = n;
            return true;
        }
    }
    return false;
}

size_t phrase_skip_space(const struct phrase *p, size_t at)
{
    while (at < p->length && fold_is_space(p->fold[at]))
        at++;
    return at;
}

size_t phrase_token_at(const struct phrase *p, size_t at)
{
    size_t low = 0, high = p->token_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->tokens[middle].end > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
