/* features.c - one pass over the folded text, then one radix sort to count equal keys.
 *
 * Digits count as letters of a word ("401k", "q3"), but a run of digits only is a placeholder in
 * the 2-grams with its neighbours and nothing by itself: "order 8841" and "order 12" ask for the
 * same thing, "1 + 1" for none. Apostrophes are dropped from words
 * ("what's" = "whats"). Rejected: a Chinese segmenter (a dictionary of megabytes for less than a
 * point), character n-grams across words (twice the features for nothing measurable).
 */
#include "worker/intent/recogniser/features.h"

#include <stdbool.h>
#include <string.h>

#include "worker/intent/recogniser/fold.h"
#include "worker/intent/recogniser/stem.h"

enum { WORD_MAX = 48 };

static uint64_t hash_start(unsigned seed)
{
    return 0xcbf29ce484222325u ^ ((uint64_t)seed * 0x9e3779b97f4a7c15u);
}

static uint64_t hash_add(uint64_t hash, uint32_t c)
{
    return (hash ^ c) * 0x100000001b3u;
}

static void put(struct feature_bag *bag, enum feature_family family, uint64_t hash)
{
    if (bag->count == FEATURES_MAX)
        return;
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93u;
    uint32_t bucket = (uint32_t)(hash >> (64 - FEATURE_BUCKET_BITS));
    bag->items[bag->count++] =
        (struct feature){ (uint32_t)family << FEATURE_BUCKET_BITS | bucket, 1 };
}

static void put_char_ngrams(struct feature_bag *bag, const uint32_t *word, size_t length)
{
    uint32_t edged[WORD_MAX + 2];
    size_t n = length + 2;

    edged[0] = edged[n - 1] = ' ';
    memcpy(edged + 1, word, length * sizeof *word);
    for (size_t i = 0; i + 1 < n; i++) {
        uint64_t hash = hash_add(hash_start(10), edged[i]);
        for (size_t size = 2; size <= 4 && i + size <= n; size++) {
            hash = hash_add(hash, edged[i + size - 1]);
            put(bag, FEATURE_CHAR, hash);
        }
    }
}

/* What the word before the current one was, for 2-grams; 0 after CJK text or at the start. */
struct before {
    uint64_t word;
    uint32_t cjk;
    bool number;
};

static void put_word(struct feature_bag *bag, uint32_t *word, size_t length, bool digits_only,
                     struct before *before)
{
    uint64_t hash = hash_start(1);

    if (!digits_only) {
        put_char_ngrams(bag, word, length);
        length = stem_word(word, length);
        for (size_t i = 0; i < length; i++)
            hash = hash_add(hash, word[i]);
        put(bag, FEATURE_WORD, hash);
    }
    if (before->word && !(digits_only && before->number))
        put(bag, FEATURE_WORD, hash_add(hash_add(before->word, 0x20), (uint32_t)(hash >> 17)));
    before->word = hash;
    before->number = digits_only;
    before->cjk = 0;
}

static void put_cjk(struct feature_bag *bag, uint32_t c, struct before *before)
{
    put(bag, FEATURE_CJK, hash_add(hash_start(20), c));
    if (before->cjk)
        put(bag, FEATURE_CJK, hash_add(hash_add(hash_start(21), before->cjk), c));
    before->cjk = c;
    before->word = 0;
}

/* Small digits: a request has a hundred n-grams, and clearing a thousand counters would be most of the work. */
enum { DIGIT_BITS = (FEATURE_KEY_BITS + 2) / 3 };

static void radix_pass(const struct feature *from, struct feature *into, size_t count, int shift)
{
    enum { DIGITS = 1 << DIGIT_BITS };
    uint32_t start[DIGITS + 1] = { 0 };

    for (size_t i = 0; i < count; i++)
        start[(from[i].key >> shift & (DIGITS - 1)) + 1]++;
    for (size_t i = 1; i < DIGITS; i++)
        start[i] += start[i - 1];
    for (size_t i = 0; i < count; i++)
        into[start[from[i].key >> shift & (DIGITS - 1)]++] = from[i];
}

static void count_equal(struct feature_bag *bag)
{
    size_t kept = 0;

    radix_pass(bag->items, bag->scratch, bag->count, 0);
    radix_pass(bag->scratch, bag->items, bag->count, DIGIT_BITS);
    radix_pass(bag->items, bag->scratch, bag->count, 2 * DIGIT_BITS);
    for (size_t i = 0; i < bag->count; i++) {
        if (kept && bag->items[kept - 1].key == bag->scratch[i].key)
            bag->items[kept - 1].count++;
        else
            bag->items[kept++] = bag->scratch[i];
    }
    bag->count = kept;
}

static bool in_word(uint32_t c)
{
    return fold_is_letter(c) || fold_is_digit(c);
}

/* Read the word at `i` without its apostrophes; returns where it ends. */
static size_t read_word(const uint32_t *text, size_t i, size_t n, uint32_t *word, size_t *length,
                        bool *digits_only)
{
    *length = 0;
    *digits_only = true;
    for (; i < n; i++) {
        bool apostrophe =
            (text[i] == '\'' || text[i] == 0x2019) && i + 1 < n && in_word(text[i + 1]);
        if (apostrophe)
            continue;
        if (!in_word(text[i]))
            break;
        if (!fold_is_digit(text[i]))
            *digits_only = false;
        if (*length < WORD_MAX)
            word[(*length)++] = text[i];
    }
    return i;
}

void features_extract(struct feature_bag *bag, const char *text, size_t bytes)
{
    struct before before = { 0, 0, false };
    uint32_t word[WORD_MAX];

    bag->count = 0;
    if (bytes > FEATURE_TEXT_BYTES_MAX)
        bytes = FEATURE_TEXT_BYTES_MAX;
    size_t n = fold_text(text, bytes, bag->code_points, FEATURE_TEXT_BYTES_MAX);
    for (size_t i = 0; i < n;) {
        uint32_t c = bag->code_points[i];
        if (fold_is_cjk(c)) {
            put_cjk(bag, c, &before);
            i++;
        } else if (in_word(c)) {
            size_t length;
            bool digits_only;
            i = read_word(bag->code_points, i, n, word, &length, &digits_only);
            put_word(bag, word, length, digits_only, &before);
        } else {
            if (!fold_is_space(c))
                before.cjk = 0;
            i++;
        }
    }
    count_equal(bag);
}
