/* corpus.h - a tenant's texts as vectors to learn from.
 *
 * Examples are texts of their skill; so are its name, title, description and the lines of its
 * README, with less weight. Vectors are TF-IDF with each family of n-grams scaled to length 1, the
 * whole to length 1 too. IDF counts the tenant's texts and the background's phrases.
 *
 * Half of all n-grams stand in one text alone. What is learnt of such a one is what its text teaches,
 * times its value there: it needs no row of weights, and a text's vector has only their length.
 */
#ifndef WORKER_INTENT_RECOGNISER_CORPUS_H
#define WORKER_INTENT_RECOGNISER_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "worker/intent/recogniser/features.h"
#include "worker/intent/recogniser/recogniser.h"

/* One coordinate of a vector; `index` is an n-gram's number, of a corpus's own text its row (and, while the
 * corpus is being read, its key). */
struct coordinate {
    uint32_t index;
    float value;
};

struct corpus_text {
    uint32_t skill;
    float weight;          /* of its gradient */
    bool example;          /* a person's words, not documentation */
    uint32_t first, count; /* coordinates: n-grams that other texts have too */
    float own_square;      /* sum of squares of those that no other text has */
};

/* Where an n-gram's weights are: in a row, or, of a text's own, `value` times what the text has taught. */
struct corpus_place {
    uint32_t row;  /* CORPUS_NO_ROW: a text's own */
    uint32_t text;
    float value;
};

#define CORPUS_NO_ROW UINT32_MAX

struct corpus {
    struct buf texts;       /* struct corpus_text */
    struct buf coordinates; /* struct coordinate */
    size_t text_count;
    size_t feature_count; /* numbers are 0 .. feature_count - 1, ascending by key */
    size_t row_count;     /* of those that several texts have */
    uint32_t *keys; /* of each index */
    uint16_t *idf;  /* of each index, quantised */
    struct corpus_place *places; /* of each index */
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
