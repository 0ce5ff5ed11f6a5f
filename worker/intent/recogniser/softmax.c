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
#include "worker/intent/recogniser/softmax.h"

#include <string.h>

#include "core/base/check.h"

enum { LANES = 8, PASSES = 2 };

static const float centre = 30.0f; /* how many times its mean a skill's weights begin with */
static const float rate_first = 8.0f;
static const float rate_last = 1.5f;
static const float step_least = 0.015f; /* smaller steps are not made */
static const float target = 0.83f;      /* of a text's own skill; the rest is "none" */

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

typedef int32_t lane_ints __attribute__((vector_size(LANES * sizeof(int32_t)), may_alias));

/* A macro, for a function that returns lanes has another ABI with every CPU. */
#define LANES_OF(value) ((lanes){ 0 } + (value))

enum { ROWS = 4 };

/* Element by element, one row after the other: four at a time only so that what is added to stays in a
 * register meanwhile. */
static inline __attribute__((always_inline)) void add_lanes(float *into, const float *const *rows,
                                                            const float *scales, size_t count,
                                                            size_t stride)
{
    for (size_t i = 0; i < stride; i += LANES) {
        lanes sum = *(const lanes *)(into + i);
#pragma GCC unroll 4
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

/* Rows that wait to be added together. */
struct rows {
    const float *at[ROWS];
    float scales[ROWS];
    size_t count;
};

static void rows_flush(struct rows *rows, float *scores, size_t stride)
{
    add_scaled(scores, rows->at, rows->scales, rows->count, stride);
    rows->count = 0;
}

static inline void rows_add(struct rows *rows, const float *row, float scale, float *scores, size_t stride)
{
    rows->at[rows->count] = row;
    rows->scales[rows->count++] = scale;
    if (rows->count == ROWS)
        rows_flush(rows, scores, stride);
}

const float *softmax_row(const struct softmax *s, const struct corpus_place *place, float *scale)
{
    bool own = place->row == CORPUS_NO_ROW;

    *scale = own ? place->value : 1;
    return own ? s->contributed + (size_t)place->text * s->stride
               : s->weights + (size_t)place->row * s->stride;
}

void softmax_scores(const struct softmax *s, const struct corpus *corpus,
                    const struct coordinate *vector, size_t count, float *scores)
{
    struct rows rows = { .count = 0 };

    memset(scores, 0, s->stride * sizeof *scores);
    for (size_t i = 0; i < count; i++) {
        float scale;
        const float *row = softmax_row(s, &corpus->places[vector[i].index], &scale);
        rows_add(&rows, row, scale * vector[i].value, scores, s->stride);
    }
    rows_flush(&rows, scores, s->stride);
}

/* Of a text of the corpus; `own` times what it has taught is added. */
static void scores_of_text(const struct softmax *s, const struct corpus *corpus, size_t number, float own,
                           float *scores)
{
    const struct corpus_text *text = corpus_text(corpus, number);
    const struct coordinate *vector = corpus_vector(corpus, text);
    struct rows rows = { .count = 0 };

    memset(scores, 0, s->stride * sizeof *scores);
    for (size_t i = 0; i < text->count; i++)
        rows_add(&rows, s->weights + (size_t)vector[i].index * s->stride, vector[i].value, scores, s->stride);
    rows_add(&rows, s->contributed + number * s->stride, own, scores, s->stride);
    rows_flush(&rows, scores, s->stride);
}

float softmax_squared_length(const struct coordinate *vector, size_t count)
{
    float sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += vector[i].value * vector[i].value;
    return sum;
}

/* Its own n-grams would not be known at all. */
void softmax_scores_without(const struct softmax *s, const struct corpus *corpus, size_t text,
                            float *scores)
{
    const struct corpus_text *t = corpus_text(corpus, text);

    scores_of_text(s, corpus, text, -softmax_squared_length(corpus_vector(corpus, t), t->count), scores);
}

/* e^x within 1e-6 for eight at once: 2^k times a polynomial, after Cody and Waite's reduction. */
static inline __attribute__((always_inline)) void exp_lanes(float *x, float less)
{
    lanes v = *(const lanes *)x - less;
    lane_ints kept = v >= -80.0f, high = v > 80.0f, negative = v < 0;

    v = (lanes)(((lane_ints)v & ~high) | ((lane_ints)(LANES_OF(80.0f)) & high));
    lanes half = (lanes)(((lane_ints)LANES_OF(-0.5f) & negative) | ((lane_ints)LANES_OF(0.5f) & ~negative));
    lane_ints k = __builtin_convertvector(v * 1.44269504f + half, lane_ints) & kept;
    lanes whole = __builtin_convertvector(k, lanes);
    lanes r = v - whole * 0.693359375f + whole * 2.12194440e-4f;
    lanes p =
        1.0f +
        r * (1.0f + r * (0.5f + r * (0.16666667f + r * (0.041666667f +
                                                        r * (0.0083333333f + r * 0.0013888889f)))));
    *(lanes *)x = (lanes)((lane_ints)(p * (lanes)((k + 127) << 23)) & kept);
}

static inline __attribute__((always_inline)) void exp_rows(float *x, size_t count, float less)
{
    for (size_t i = 0; i < count; i += LANES)
        exp_lanes(x + i, less);
}

static void scale_all(float *x, size_t count, float by)
{
    for (size_t i = 0; i < count; i += LANES)
        *(lanes *)(x + i) *= by;
}

static void exp_rows_anywhere(float *x, size_t count, float less)
{
    exp_rows(x, count, less);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void exp_rows_avx2(float *x, size_t count, float less)
{
    exp_rows(x, count, less);
}
#endif

/* `x` has room for whole lanes; what lies behind `count` is scratch. */
static void exp_all(float *x, size_t count, float less)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) {
        exp_rows_avx2(x, count, less);
        return;
    }
#endif
    exp_rows_anywhere(x, count, less);
}

static float exp_steady(float x)
{
    float all[LANES] = { x };

    exp_all(all, 1, 0);
    return all[0];
}

void softmax_shares(float *scores, size_t count, float none_weight)
{
    float best = 0; /* the score of "none" */

    for (size_t i = 0; i < count; i++)
        best = scores[i] > best ? scores[i] : best;
    float sum = none_weight * exp_steady(-best);
    exp_all(scores, count, best);
    for (size_t i = 0; i < count; i++)
        sum += scores[i];
    scale_all(scores, count, sum > 0 ? 1 / sum : 0);
}

struct move {
    uint32_t skill;
    float step;
};

/* The skills whose weights a text moves at all: rarely more than ten of a hundred. */
static size_t moves_of(const float *steps, size_t count, struct move *moves)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (steps[i] > step_least || steps[i] < -step_least)
            moves[n++] = (struct move){ (uint32_t)i, steps[i] };
    return n;
}

static void add_moves(float *restrict into, float scale, const struct move *restrict moves, size_t n)
{
    for (size_t i = 0; i < n; i++)
        into[moves[i].skill] += scale * moves[i].step;
}

/* Scores of one text -> what to take from each skill's weights along its vector. */
static void learn(struct softmax *s, const struct corpus *corpus, size_t number, float rate,
                  float *scores, struct move *moves)
{
    const struct corpus_text *text = corpus_text(corpus, number);
    const struct coordinate *vector = corpus_vector(corpus, text);

    scores_of_text(s, corpus, number, text->own_square, scores);
    softmax_shares(scores, s->skill_count, 1.0f);
    scores[text->skill] -= target;
    scale_all(scores, s->skill_count, -rate * text->weight);
    size_t n = moves_of(scores, s->skill_count, moves);
    add_moves(s->contributed + number * s->stride, 1, moves, n);
    for (size_t i = 0; i < text->count; i++)
        add_moves(s->weights + (size_t)vector[i].index * s->stride, vector[i].value, moves, n);
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
    s->weights = arena_alloc_array(arena, corpus->row_count * s->stride + LANES, sizeof(float));
    s->contributed = arena_alloc_array(arena, n * s->stride + LANES, sizeof(float));
    float *scores = ARENA_ARRAY(arena, float, s->stride + LANES);
    struct move *moves = ARENA_ARRAY(arena, struct move, s->stride);
    uint32_t *order = ARENA_ARRAY(arena, uint32_t, n + 1);

    begin_at_centres(s, corpus, arena);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (int pass = 0; pass < PASSES; pass++) {
        shuffle(order, n, &state);
        for (size_t i = 0; i < n; i++) {
            float done = (float)step++ / (float)(PASSES * n);
            learn(s, corpus, order[i], rate_first + (rate_last - rate_first) * done, scores, moves);
        }
    }
}
