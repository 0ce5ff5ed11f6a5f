/* threshold.h - the confidence from which a tenant's model may say "this one".
 *
 * Confidence is the share of the likeliest skill, times how much of the request the tenant has ever
 * seen. Area under the curve, own texts against others': five skills with one example each 84.7 ->
 * 85.5, 150 skills with twenty 95.0 -> 95.3. In a tenant with one skill the share against a heavy
 * "none" is better alone (descriptions only: 92.2 instead of 90.6).
 */
#ifndef WORKER_INTENT_RECOGNISER_THRESHOLD_H
#define WORKER_INTENT_RECOGNISER_THRESHOLD_H

#include "worker/intent/recogniser/corpus.h"
#include "worker/intent/recogniser/recogniser.h"
#include "worker/intent/recogniser/softmax.h"

/* The weight of "none" among the shares that a confidence is made of. */
float threshold_none_weight(size_t skill_count);

/* From shares as softmax_shares leaves them; `squared_length` is of the vector without unseen
 * n-grams, whose whole length is 1. */
float threshold_confidence(const float *shares, size_t count, float squared_length);

float threshold_find(const struct recogniser_training *training, const struct corpus *corpus,
                     const struct softmax *softmax, struct arena *arena);

#endif
