/* softmax.c - stochastic gradient descent from the skills' centres, in a fixed random order.
 *
 * Each skill's weights begin at the mean of its texts, many times over: that alone names three of
 * four requests, and two passes from there are as good as five from nothing (150 skills with 20
 * examples: over eight orders of the examples 86.8 % right either way) in less than half the time, so
 * that a changed skill needs no second kind of training: learning everything again is quick enough,
 * and the bytes depend on nothing but the skills.
 *
 * The target for a text's own skill is less than 1, the rest belongs to "none": weights stay small,
 * rare n-grams do not shout, and the confidence of a text from elsewhere stays low (label
 * smoothing; on 20 examples a skill it is worth more than dropout, averaging or more passes).
 *
 * A text's own contribution to the weights is kept beside them, so that its score can be had
 * as if it had been left out. That is not quite what training without it would give, but within a
 * point of it in the distribution of confidences, and it costs one look instead of n trainings.
 */
#include "worker/intent/softmax.h"

#include <string.h>

#include "core/base/check.h"

enum { LANES = 8, PASSES = 2 };

static const float centre = 30.0f; /* how many times its mean a skill's weights begin with */
static const float rate_first = 8.0f;
static const float rate_last = 1.5f;
static const float step_least = 0.015f; /* smaller steps are not made */
static const float target = 0.83f;      /* of a text's own skill; the rest is "none" */

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

enum { ROWS = 4 };

/* Element by element, one row after the other: four at a time only so that what is added to stays in a
 * register meanwhile. */
static inline __attribute__((always_inline)) void add_lanes(float *into, const float *const *rows,
                                                            const float *scales, size_t count,
                                                            size_t stride)
{
    for (size_t i = 0; i < stride; i += LANES) {
        lanes sum = *(const lanes *)(into + i);
        for (size_t r = 0; r < count; r++)
            sum += *(const lanes *)(rows[r] + i) * scales[r];
        *(lanes *)(into + i) = sum;
    }
}

static inline __attribute__((always_inline)) void add_rows(float *into, const float *const *rows,
                                                           const float *scales, size_t count,
                                                           size_t stride)
{
    if (count == ROWS)
        add_lanes(into, rows, scales, ROWS, stride);
    else
        add_lanes(into, rows, scales, count, stride);
}

static void add_rows_anywhere(float *into, const float *const *rows, const float *scales,
                              size_t count, size_t stride)
{
    add_rows(into, rows, scales, count, stride);
}

#ifdef __x86_64__
/* Half the time, the same bits: no element is added to another, and nothing is fused. */
__attribute__((target("avx2"))) static void add_rows_avx2(float *into, const float *const *rows,
                                                          const float *scales, size_t count,
                                                          size_t stride)
{
    add_rows(into, rows, scales, count, stride);
}
#endif

static void add_scaled(float *into, const float *const *rows, const float *scales, size_t count,
                       size_t stride)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) {
        add_rows_avx2(into, rows, scales, count, stride);
        return;
    }
#endif
    add_rows_anywhere(into, rows, scales, count, stride);
}

void softmax_scores(const struct softmax *s, const struct coordinate *vector, size_t count,
                    float *scores)
{
    const float *rows[ROWS];
    float scales[ROWS];

    memset(scores, 0, s->stride * sizeof *scores);
    for (size_t i = 0; i < count;) {
        size_t n = 0;
        for (; n < ROWS && i < count; n++, i++) {
            rows[n] = s->weights + (size_t)vector[i].index * s->stride;
            scales[n] = vector[i].value;
        }
        add_scaled(scores, rows, scales, n, s->stride);
    }
}

float softmax_squared_length(const struct coordinate *vector, size_t count)
{
    float sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += vector[i].value * vector[i].value;
    return sum;
}

void softmax_scores_without(const struct softmax *s, const struct corpus *corpus, size_t text,
                            float *scores)
{
    const struct corpus_text *t = corpus_text(corpus, text);
    const struct coordinate *vector = corpus_vector(corpus, t);

    const float *own = s->contributed + text * s->stride;
    float scale = -softmax_squared_length(vector, t->count);

    softmax_scores(s, vector, t->count, scores);
    add_scaled(scores, &own, &scale, 1, s->stride);
}

/* e^x within 1e-6: 2^k times a polynomial, after Cody and Waite's reduction. */
static float exp_steady(float x)
{
    if (x < -80.0f)
        return 0;
    if (x > 80.0f)
        x = 80.0f;
    int k = (int)(x * 1.44269504f + (x < 0 ? -0.5f : 0.5f));
    float r = x - (float)k * 0.693359375f + (float)k * 2.12194440e-4f;
    float p =
        1.0f +
        r * (1.0f + r * (0.5f + r * (0.16666667f + r * (0.041666667f +
                                                        r * (0.0083333333f + r * 0.0013888889f)))));
    uint32_t bits = (uint32_t)(k + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

void softmax_shares(float *scores, size_t count, float none_weight)
{
    float best = 0; /* the score of "none" */

    for (size_t i = 0; i < count; i++)
        if (scores[i] > best)
            best = scores[i];
    float sum = none_weight * exp_steady(-best);
    for (size_t i = 0; i < count; i++) {
        scores[i] = exp_steady(scores[i] - best);
        sum += scores[i];
    }
    for (size_t i = 0; i < count; i++)
        scores[i] = sum > 0 ? scores[i] / sum : 0;
}

/* The skills whose weights a text moves at all: rarely more than ten of a hundred. */
static size_t moved_skills(const float *steps, size_t count, uint32_t *moved)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (steps[i] > step_least || steps[i] < -step_least)
            moved[n++] = (uint32_t)i;
    return n;
}

static void add_moved(float *into, const float *steps, float scale, const uint32_t *moved, size_t n)
{
    for (size_t i = 0; i < n; i++)
        into[moved[i]] += scale * steps[moved[i]];
}

/* Scores of one text -> what to take from each skill's weights along its vector. */
static void learn(struct softmax *s, const struct corpus_text *text, size_t number,
                  const struct coordinate *vector, float rate, float *scores, uint32_t *moved)
{
    softmax_scores(s, vector, text->count, scores);
    softmax_shares(scores, s->skill_count, 1.0f);
    scores[text->skill] -= target;
    for (size_t i = 0; i < s->skill_count; i++)
        scores[i] *= -rate * text->weight;
    size_t n = moved_skills(scores, s->skill_count, moved);
    add_moved(s->contributed + number * s->stride, scores, 1, moved, n);
    for (size_t i = 0; i < text->count; i++)
        add_moved(s->weights + (size_t)vector[i].index * s->stride, scores, vector[i].value, moved,
                  n);
}

static uint32_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

static void shuffle(uint32_t *order, size_t count, uint64_t *state)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = next_random(state) % i;
        uint32_t swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
}

static void begin_at_centres(struct softmax *s, const struct corpus *corpus, struct arena *arena)
{
    float *texts = ARENA_ARRAY(arena, float, s->skill_count + 1);

    for (size_t i = 0; i < corpus->text_count; i++)
        texts[corpus_text(corpus, i)->skill] += 1;
    for (size_t i = 0; i < corpus->text_count; i++) {
        const struct corpus_text *text = corpus_text(corpus, i);
        const struct coordinate *vector = corpus_vector(corpus, text);
        float part = centre * text->weight / texts[text->skill];
        s->contributed[i * s->stride + text->skill] = part;
        for (size_t k = 0; k < text->count; k++)
            s->weights[(size_t)vector[k].index * s->stride + text->skill] += part * vector[k].value;
    }
}

void softmax_train(struct softmax *s, const struct corpus *corpus, size_t skill_count,
                   struct arena *arena)
{
    size_t n = corpus->text_count, step = 0;
    uint64_t state = 88172645463325252u;

    s->skill_count = skill_count;
    s->stride = (skill_count + LANES - 1) / LANES * LANES;
    s->weights = arena_alloc_array(arena, corpus->feature_count * s->stride + LANES, sizeof(float));
    s->contributed = arena_alloc_array(arena, n * s->stride + LANES, sizeof(float));
    float *scores = ARENA_ARRAY(arena, float, s->stride + LANES);
    uint32_t *moved = ARENA_ARRAY(arena, uint32_t, s->stride + LANES);
    uint32_t *order = ARENA_ARRAY(arena, uint32_t, n + 1);

    begin_at_centres(s, corpus, arena);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (int pass = 0; pass < PASSES; pass++) {
        shuffle(order, n, &state);
        for (size_t i = 0; i < n; i++) {
            float done = (float)step++ / (float)(PASSES * n);
            const struct corpus_text *text = corpus_text(corpus, order[i]);
            learn(s, text, order[i], corpus_vector(corpus, text),
                  rate_first + (rate_last - rate_first) * done, scores, moved);
        }
    }
}
