#include "worker/intent/recogniser/threshold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "worker/intent/recogniser/background.h"

/* Of the tenant's own examples this part may be abstained from in any case. */
static const double own_lost = 0.02;
/* Of the background's requests no more than this part has to be; all there is to go by when there
 * are no examples. */
static const double others_refused = 0.95;
/* Among the background's requests are more that a tenant can serve, the more skills it has: of 150
 * skills known by name only, 19 of 20 requests would be abstained from otherwise. */
static const double others_own = 0.2, skills_many = 100;
/* With this many examples, taking in a stranger's request costs half of losing an own one. */
static const double examples_trusted = 60;
/* The same cost when there are real requests for something else, and no background is needed. */
static const double real_cost = 0.1;

enum { OWN_SAMPLED_MAX = 1500 };

float threshold_none_weight(size_t skill_count)
{
    return skill_count == 1 ? 8.0f : 0.3f / sqrtf((float)skill_count + 1.0f);
}

float threshold_confidence(const float *shares, size_t count, float squared_length)
{
    float best = 0;

    if (count == 1)
        return shares[0];
    for (size_t i = 0; i < count; i++)
        if (shares[i] > best)
            best = shares[i];
    return best * sqrtf(squared_length < 0 ? 0 : squared_length);
}

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

struct sample {
    float *values; /* ascending */
    size_t count;
    size_t of; /* so many there are */
};

static float quantile(const struct sample *sample, double q)
{
    if (sample->count == 0)
        return 0;
    return sample->values[(size_t)(q * (double)(sample->count - 1) + 0.5)];
}

static float confidence(const struct softmax *s, float *scores, float squared_length)
{
    softmax_shares(scores, s->skill_count, threshold_none_weight(s->skill_count));
    return threshold_confidence(scores, s->skill_count, squared_length);
}

/* Confidences of the tenant's examples, each as if not learnt from; of many, every so manieth says as much. */
static struct sample own_examples(const struct corpus *corpus, const struct softmax *s,
                                  float *scores, struct arena *arena)
{
    struct sample own = { ARENA_ARRAY(arena, float, corpus->text_count + 1), 0, 0 };
    size_t number = 0;

    for (size_t i = 0; i < corpus->text_count; i++)
        own.of += corpus_text(corpus, i)->example;
    size_t every = own.of > OWN_SAMPLED_MAX ? (own.of + OWN_SAMPLED_MAX - 1) / OWN_SAMPLED_MAX : 1;
    for (size_t i = 0; i < corpus->text_count; i++) {
        const struct corpus_text *text = corpus_text(corpus, i);
        if (!text->example || number++ % every)
            continue;
        softmax_scores_without(s, corpus, i, scores);
        own.values[own.count++] =
            confidence(s, scores, softmax_squared_length(corpus_vector(corpus, text), text->count));
    }
    qsort(own.values, own.count, sizeof *own.values, ascending);
    return own;
}

static struct sample strangers(const struct corpus *corpus, const struct softmax *s,
                               const char *const *texts, size_t count, float *scores,
                               struct arena *arena)
{
    struct sample sample = { ARENA_ARRAY(arena, float, count + 1), 0, count };
    struct feature_bag *bag = ARENA_NEW(arena, struct feature_bag);
    struct coordinate *vector = ARENA_ARRAY(arena, struct coordinate, FEATURES_MAX);

    for (size_t i = 0; i < count; i++) {
        size_t n = corpus_vector_of(corpus, bag, texts[i], vector);
        softmax_scores(s, corpus, vector, n, scores);
        sample.values[sample.count++] = confidence(s, scores, softmax_squared_length(vector, n));
    }
    qsort(sample.values, sample.count, sizeof *sample.values, ascending);
    return sample;
}

static size_t below(const struct sample *sample, float value)
{
    size_t n = 0;
    while (n < sample->count && sample->values[n] < value)
        n++;
    return n;
}

/* Where losing own examples and taking in others' requests cost least together; at least `floor`.
 */
static float balanced(const struct sample *own, const struct sample *others, double cost,
                      float floor)
{
    float best = floor;
    double least = INFINITY;

    for (size_t i = 0; i <= others->count; i++) {
        float value = i == 0 ? floor : nextafterf(others->values[i - 1], 2);
        if (value < floor)
            continue;
        double lost = (double)below(own, value) / (double)own->count;
        double taken = 1 - (double)below(others, value) / (double)others->count;
        if (lost + cost * taken < least) {
            least = lost + cost * taken;
            best = value;
        }
    }
    return best;
}

static size_t length_of(const char *const *texts)
{
    size_t n = 0;
    while (texts[n])
        n++;
    return n;
}

float threshold_find(const struct recogniser_training *training, const struct corpus *corpus,
                     const struct softmax *softmax, struct arena *arena)
{
    float *scores = ARENA_ARRAY(arena, float, softmax->stride + 8);
    struct sample own = own_examples(corpus, softmax, scores, arena);
    bool real = training->none_count > 0;
    struct sample others =
        strangers(corpus, softmax, real ? training->none_of_these : background_requests,
                  real ? training->none_count : length_of(background_requests), scores, arena);

    if (own.count == 0)
        return quantile(&others, others_refused - others_own * (double)training->skill_count /
                                                      ((double)training->skill_count + skills_many));
    if (real)
        return balanced(&own, &others, real_cost, 0);
    /* The more examples there are, the more they alone decide. */
    double cost = examples_trusted / (examples_trusted + (double)own.of);
    float most = quantile(&others, others_refused), floor = quantile(&own, own_lost);
    if (floor > most) /* the smallest of a handful says little about how small they get */
        return floor - (floor - most) * 0.9f * (float)cost;
    return fminf(most, balanced(&own, &others, cost, floor));
}
