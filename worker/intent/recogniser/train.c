/* train.c - recogniser_train: read -> learn -> find the threshold -> prune -> write.
 *
 * Weights near zero are dropped until the image fits the tenant's budget, the others kept as one
 * byte each. On 150 skills with 20 examples, keeping one weight in eight costs nothing
 * measurable.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "worker/intent/recogniser/background.h"
#include "worker/intent/recogniser/corpus.h"
#include "worker/intent/recogniser/model.h"
#include "worker/intent/recogniser/recogniser.h"
#include "worker/intent/recogniser/softmax.h"
#include "worker/intent/recogniser/threshold.h"

enum {
    ID_BYTES_MAX = 200,
    WEIGHTS_TRAINED_MAX = 24 << 20, /* floats while training: 96 MB */
    /* of an image: weights grow with features times skills */
    BUDGET_BYTES = 16 << 10,
    BUDGET_BYTES_PER_SKILL = 2000,
    BUDGET_BYTES_PER_SKILL_SQUARED = 12,
    BUDGET_BYTES_PER_TEXT = 36,
    BUDGET_BYTES_MAX = 1000 << 10, /* unless this a skill is more: */
    BUDGET_BYTES_PER_SKILL_MIN = 2 << 10,
};

static bool ids_valid(const struct recogniser_training *training, struct gov_err *err)
{
    if (training->skill_count > RECOGNISER_SKILLS_MAX)
        return gov_fail_at(err, GOV_INVALID_INPUT, "", "maximum",
                           "more than %d actions in one tenant", "一个租户的操作超过 %d 个",
                           (int)RECOGNISER_SKILLS_MAX);
    for (size_t i = 0; i < training->skill_count; i++) {
        const char *id = training->skills[i].id;
        if (!id || !*id || strlen(id) > ID_BYTES_MAX)
            return gov_fail_at(err, GOV_INVALID_INPUT, "", "id", "action %zu has no valid id",
                               "第 %zu 个操作没有有效的 id", i);
        for (size_t j = 0; j < i; j++)
            if (strcmp(training->skills[j].id, id) == 0)
                return gov_fail_at(err, GOV_INVALID_INPUT, "", "duplicate",
                                   "two actions have the id \"%s\"", "有两个操作的 id 都是“%s”",
                                   id);
    }
    return true;
}

/* A weight that is more than nothing once it is one byte: a tenth of all. What follows looks at these only. */
struct effect {
    uint32_t feature, skill;
    float weight;
};

struct effects {
    struct buf items; /* struct effect, features ascending */
    size_t count;
};

static const struct effect *effect_at(const struct effects *effects, size_t i)
{
    return (const struct effect *)(const void *)effects->items.data + i;
}

enum { BLOCK = 4 }; /* what every CPU's registers hold */

typedef float block __attribute__((vector_size(BLOCK * sizeof(float)), aligned(4), may_alias));
typedef int32_t block_mask __attribute__((vector_size(BLOCK * sizeof(int32_t))));

/* Most of a row is nothing. */
static bool any_above(const float *row, float least)
{
    block values = *(const block *)row;
    block_mask above = (values >= least) | (values <= -least);
    int64_t parts[sizeof above / sizeof(int64_t)], any = 0;

    memcpy(parts, &above, sizeof parts);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        any |= parts[i];
    return any != 0;
}

static void effects_above(const struct corpus *corpus, const struct softmax *s, float least,
                          struct effects *effects)
{
    for (size_t f = 0; f < corpus->feature_count; f++) {
        float scale;
        const float *row = softmax_row(s, &corpus->places[f], &scale);
        float row_least = least / fabsf(scale);
        struct effect *out = (struct effect *)(void *)buf_reserve(&effects->items, s->stride * sizeof *out);
        size_t n = 0;

        for (size_t at = 0; at < s->stride; at += BLOCK) {
            if (!any_above(row + at, row_least))
                continue;
            for (size_t i = at; i < at + BLOCK; i++)
                if (fabsf(row[i]) >= row_least)
                    out[n++] = (struct effect){ (uint32_t)f, (uint32_t)i, scale * row[i] };
        }
        effects->items.length += n * sizeof *out;
        effects->count += n;
    }
}

/* A histogram over the bits of the (positive) floats, which order as their values do: which effect
 * leaves at most so many weights is then exact to 1/128 and found in one pass. */
enum { EFFECT_SHIFT = 16, EFFECT_BINS = 1 << (32 - EFFECT_SHIFT) };

static void count_effects(const struct effects *effects, uint32_t *bins)
{
    for (size_t i = 0; i < effects->count; i++) {
        float value = fabsf(effect_at(effects, i)->weight);
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        bins[bits >> EFFECT_SHIFT]++;
    }
}

/* The effect below which weights go, so that at most `max` stay. */
static float least_effect(const uint32_t *bins, size_t max)
{
    size_t n = 0, bin = EFFECT_BINS;

    while (bin > 1 && n + bins[bin - 1] <= max)
        n += bins[--bin];
    uint32_t bits = (uint32_t)bin << EFFECT_SHIFT;
    float least;
    memcpy(&least, &bits, sizeof least);
    return bin == EFFECT_BINS ? INFINITY : least;
}

/* Of whole blocks. */
static float largest_of(const float *row, size_t count)
{
    block most = { 0 }, least = { 0 };
    float largest = 0;

    for (size_t i = 0; i < count; i += BLOCK) {
        block values = *(const block *)(row + i);
        block_mask more = values > most, less = values < least;
        most = (block)(((block_mask)values & more) | ((block_mask)most & ~more));
        least = (block)(((block_mask)values & less) | ((block_mask)least & ~less));
    }
    for (size_t i = 0; i < BLOCK; i++)
        largest = fmaxf(largest, fmaxf(most[i], -least[i]));
    return largest;
}

static float largest_weight(const struct corpus *corpus, const struct softmax *s)
{
    float largest = largest_of(s->weights, corpus->row_count * s->stride);

    for (size_t f = 0; f < corpus->feature_count; f++) {
        float scale;
        const float *row = softmax_row(s, &corpus->places[f], &scale);
        if (corpus->places[f].row != CORPUS_NO_ROW)
            continue;
        float own = fabsf(scale) * largest_of(row, s->stride);
        largest = own > largest ? own : largest;
    }
    return largest;
}

static int quantised(float weight, float scale)
{
    float q = weight / scale;
    return (int)(q < 0 ? q - 0.5f : q + 0.5f);
}

static uint32_t slot_bits_for(size_t features)
{
    uint32_t bits = 4;
    while (((size_t)1 << (bits + 2)) < features && bits < 14)
        bits++;
    return bits;
}

/* What goes into the image. */
struct selection {
    const struct corpus *corpus;
    const struct softmax *softmax;
    struct effects effects;
    float least, scale;
    bool *features; /* [feature_count] */
    size_t feature_count, weight_count;
};

/* A feature that one text has and no weight is left of is as good as unseen. */
static void select_weights(struct selection *sel)
{
    sel->feature_count = sel->weight_count = 0;
    for (size_t f = 0; f < sel->corpus->feature_count; f++)
        sel->features[f] = sel->corpus->places[f].row != CORPUS_NO_ROW;
    for (size_t i = 0; i < sel->effects.count; i++) {
        const struct effect *e = effect_at(&sel->effects, i);
        if (fabsf(e->weight) < sel->least)
            continue;
        sel->features[e->feature] = true;
        sel->weight_count++;
    }
    for (size_t f = 0; f < sel->corpus->feature_count; f++)
        sel->feature_count += sel->features[f];
}

/* Twice, because the features that go with the first choice make room for more weights. */
static void select_within(struct selection *sel, struct model_header *h, size_t budget,
                          struct arena *arena)
{
    h->feature_count = (uint32_t)sel->corpus->feature_count;
    uint32_t *bins = ARENA_ARRAY(arena, uint32_t, EFFECT_BINS);

    effects_above(sel->corpus, sel->softmax, sel->scale * 0.5f, &sel->effects);
    count_effects(&sel->effects, bins);
    for (int round = 0; round < 2; round++) {
        h->slot_bits = slot_bits_for(h->feature_count);
        h->weight_count = 0;
        size_t fixed = model_image_bytes(h);
        size_t room = budget > fixed ? (budget - fixed) / (h->class_bytes + 1) : 0;
        sel->least = least_effect(bins, room);
        select_weights(sel);
        h->feature_count = (uint32_t)sel->feature_count;
        h->weight_count = (uint32_t)sel->weight_count;
    }
    h->slot_bits = slot_bits_for(h->feature_count);
    h->file_bytes = (uint32_t)model_image_bytes(h);
}

static size_t ids_bytes(const struct recogniser_training *training)
{
    size_t bytes = 0;
    for (size_t i = 0; i < training->skill_count; i++)
        bytes += strlen(training->skills[i].id) + 1;
    return bytes;
}

static void write_ids(const struct recogniser_training *training, struct model_parts *p)
{
    uint32_t *ends = (uint32_t *)(uintptr_t)p->id_ends;
    char *ids = (char *)(uintptr_t)p->ids;
    uint32_t end = 0;

    for (size_t i = 0; i < training->skill_count; i++) {
        size_t n = strlen(training->skills[i].id) + 1;
        memcpy(ids + end, training->skills[i].id, n);
        ends[i] = end += (uint32_t)n;
    }
}

static void write_features(const struct selection *sel, struct model_parts *p)
{
    struct model_feature *features = (struct model_feature *)(uintptr_t)p->features;
    uint8_t *classes = (uint8_t *)(uintptr_t)p->classes;
    int8_t *weights = (int8_t *)(uintptr_t)p->weights;
    uint32_t n = 0;

    for (size_t f = 0, next = 0; f < sel->corpus->feature_count; f++) {
        if (sel->features[f])
            *features++ =
                (struct model_feature){ sel->corpus->keys[f] << 12 | sel->corpus->idf[f], n };
        for (; next < sel->effects.count && effect_at(&sel->effects, next)->feature == f; next++) {
            const struct effect *e = effect_at(&sel->effects, next);
            if (fabsf(e->weight) < sel->least)
                continue;
            if (p->header->class_bytes == 1)
                classes[n] = (uint8_t)e->skill;
            else
                ((uint16_t *)(void *)classes)[n] = (uint16_t)e->skill;
            weights[n++] = (int8_t)quantised(e->weight, sel->scale);
        }
    }
    *features = (struct model_feature){ UINT32_MAX, n };
}

static void write_slots(struct model_parts *p)
{
    uint32_t *slots = (uint32_t *)(uintptr_t)p->slots;
    uint32_t slot_count = 1u << p->header->slot_bits, next = 0;

    for (uint32_t s = 0; s <= slot_count; s++) {
        while (next < p->header->feature_count &&
               model_slot(model_feature_key(p->features[next]), p->header->slot_bits) < s)
            next++;
        slots[s] = next;
    }
}

static size_t budget_bytes(size_t skills, size_t texts)
{
    size_t budget = BUDGET_BYTES + BUDGET_BYTES_PER_SKILL * skills +
                    BUDGET_BYTES_PER_SKILL_SQUARED * skills * skills +
                    BUDGET_BYTES_PER_TEXT * texts;
    size_t most = BUDGET_BYTES_PER_SKILL_MIN * skills;

    if (most < BUDGET_BYTES_MAX)
        most = BUDGET_BYTES_MAX;
    return budget < most ? budget : most;
}

static void write_image(const struct recogniser_training *training, const struct corpus *corpus,
                        const struct softmax *s, float threshold, struct arena *arena,
                        struct buf *model)
{
    struct model_header h = { .magic = MODEL_MAGIC,
                              .skill_count = (uint32_t)training->skill_count,
                              .class_bytes = training->skill_count > 256 ? 2 : 1,
                              .ids_bytes = (uint32_t)ids_bytes(training),
                              .idf_unseen = (float)corpus->idf_unseen / MODEL_IDF_STEPS,
                              .none_weight = threshold_none_weight(training->skill_count),
                              .threshold = threshold };
    float largest = largest_weight(corpus, s);
    h.weight_scale = largest > 0 ? largest / 127.0f : 1;

    struct selection sel = { .corpus = corpus,
                             .softmax = s,
                             .scale = h.weight_scale,
                             .features = ARENA_ARRAY(arena, bool, corpus->feature_count + 1) };
    select_within(&sel, &h, budget_bytes(training->skill_count, corpus->text_count), arena);

    struct model_parts parts;
    void *image = arena_alloc(arena, h.file_bytes);
    memcpy(image, &h, sizeof h);
    model_locate(image, &parts);
    write_ids(training, &parts);
    write_features(&sel, &parts);
    write_slots(&parts);
    buf_add(model, image, h.file_bytes);
    buf_release(&sel.effects.items);
}

bool recogniser_train(const struct recogniser_training *training, struct buf *model,
                      struct gov_err *err)
{
    struct arena arena;
    struct corpus corpus;
    struct softmax softmax;

    if (!ids_valid(training, err))
        return false;
    arena_init(&arena);
    size_t skills = training->skill_count ? training->skill_count : 1;
    corpus_init(&corpus, training, WEIGHTS_TRAINED_MAX / (skills + 8), &arena);
    softmax_train(&softmax, &corpus, training->skill_count, &arena);
    float threshold = threshold_find(training, &corpus, &softmax, &arena);
    write_image(training, &corpus, &softmax, threshold, &arena, model);
    corpus_release(&corpus);
    arena_release(&arena);
    return true;
}
