/* corpus.h - a tenant's texts as vectors to learn from.
 *
 * Examples are texts of their skill; so are its name, title, description and the lines of its
 * README, with less weight. Vectors are TF-IDF with each family of n-grams scaled to length 1, the
 * whole to length 1 too. IDF counts the tenant's texts and the background's phrases.
 */
#ifndef WORKER_INTENT_CORPUS_H
#define WORKER_INTENT_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "worker/intent/features.h"
#include "worker/intent/recogniser.h"

/* One coordinate of a vector. While a corpus is being read `index` is the n-gram's key. */
struct coordinate {
    uint32_t index;
    float value;
};

struct corpus_text {
    uint32_t skill;
    float weight;          /* of its gradient */
    bool example;          /* a person's words, not documentation */
    uint32_t first, count; /* coordinates */
};

struct corpus {
    struct buf texts;       /* struct corpus_text */
    struct buf coordinates; /* struct coordinate */
    size_t text_count;
    size_t feature_count; /* indices are 0 .. feature_count - 1, ascending by key */
    uint32_t *keys;       /* of each index */
    uint16_t *idf;        /* of each index, quantised */
    uint32_t *texts_with; /* each index, background apart */
    uint16_t idf_unseen;
    uint32_t *index_of; /* [FEATURE_KEYS]; UINT32_MAX: not in the corpus */
};

/* Read every text of the tenant. At most `features_max` n-grams are kept, the most frequent. */
void corpus_init(struct corpus *corpus, const struct recogniser_training *training,
                 size_t features_max, struct arena *arena);
void corpus_release(struct corpus *corpus);
const struct corpus_text *corpus_text(const struct corpus *corpus, size_t i);
const struct coordinate *corpus_vector(const struct corpus *corpus, const struct corpus_text *text);

/* A text that is not part of it, as prediction will see it. `vector` has room for FEATURES_MAX;
 * n-grams the corpus does not have count in the length and are left out. Returns its coordinates.
 */
size_t corpus_vector_of(const struct corpus *corpus, struct feature_bag *bag, const char *text,
                        struct coordinate *vector);

/* Scale values, whose families lie one after the other, to the length of each family 1 and of all
 * 1. `squares` has each family's sum of squares, including what was left out of the vector. */
void corpus_family_scales(const float squares[FEATURE_FAMILIES], float scales[FEATURE_FAMILIES]);

#endif
