/* softmax.h - one linear model over all skills of a tenant, and "none of these" as a constant.
 *
 * Weights are [row][skill padded to 8]: the inner loops run along skills, each
 * element by itself, so that vector units of any width give the same bits and a model is the same
 * bytes on every machine. exp is our own for the same reason: the C library's differs by CPU.
 */
#ifndef WORKER_INTENT_RECOGNISER_SOFTMAX_H
#define WORKER_INTENT_RECOGNISER_SOFTMAX_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "worker/intent/recogniser/corpus.h"

struct softmax {
    size_t skill_count;
    size_t stride;      /* skills padded */
    float *weights;     /* [row_count][stride] */
    float *contributed; /* [text_count][stride]: what each text has added along its vector */
};

/* Learn from every text of the corpus. Memory is the arena's. */
void softmax_train(struct softmax *softmax, const struct corpus *corpus, size_t skill_count,
                   struct arena *arena);

/* An n-gram's weights are `scale` times the row that is returned, `stride` of them. */
const float *softmax_row(const struct softmax *softmax, const struct corpus_place *place, float *scale);

/* Scores of a vector that is none of the corpus's, `stride` of them. */
void softmax_scores(const struct softmax *softmax, const struct corpus *corpus,
                    const struct coordinate *vector, size_t count, float *scores);
/* Scores of the corpus's own text as a model would give that had not learnt from it. */
void softmax_scores_without(const struct softmax *softmax, const struct corpus *corpus, size_t text,
                            float *scores);

float softmax_squared_length(const struct coordinate *vector, size_t count);

/* Scores -> shares of one whole, of which "none", with the score log(none_weight), has the rest.
 * In training its weight is 1. `scores` has room for a multiple of eight. */
void softmax_shares(float *scores, size_t count, float none_weight);

#endif
