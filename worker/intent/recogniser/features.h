/* features.h - a text as a bag of hashed n-grams.
 *
 * Three families, because a request may be English, Chinese or both and each kind of n-gram has its
 * own scale: stemmed words (1-2), characters inside words (2-4, with the word's edges), CJK
 * characters (1-2). Each n-gram is hashed into 2^18 buckets of its family. No segmenter, no
 * dictionary, no locale: the same text gives the same features everywhere.
 */
#ifndef WORKER_INTENT_RECOGNISER_FEATURES_H
#define WORKER_INTENT_RECOGNISER_FEATURES_H

#include <stddef.h>
#include <stdint.h>

enum feature_family { FEATURE_WORD, FEATURE_CHAR, FEATURE_CJK, FEATURE_FAMILIES };

enum {
    FEATURE_BUCKET_BITS = 18,
    FEATURE_KEY_BITS = FEATURE_BUCKET_BITS + 2,
    FEATURE_KEYS = FEATURE_FAMILIES << FEATURE_BUCKET_BITS,
    FEATURE_TEXT_BYTES_MAX = 4096,
    FEATURES_MAX = 3 * FEATURE_TEXT_BYTES_MAX + 64,
};

struct feature {
    uint32_t key; /* family << FEATURE_BUCKET_BITS | bucket */
    uint32_t count;
};

struct feature_bag {
    size_t count;
    struct feature items[FEATURES_MAX]; /* ascending keys, each once */
    struct feature scratch[FEATURES_MAX];
    uint32_t code_points[FEATURE_TEXT_BYTES_MAX];
};

static inline enum feature_family feature_family(uint32_t key)
{
    return (enum feature_family)(key >> FEATURE_BUCKET_BITS);
}

/* Only the first FEATURE_TEXT_BYTES_MAX bytes are read. */
void features_extract(struct feature_bag *bag, const char *text, size_t bytes);

#endif
