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
#include "worker/intent/background.h"
#include "worker/intent/corpus.h"
#include "worker/intent/model.h"
#include "worker/intent/recogniser.h"
#include "worker/intent/softmax.h"
#include "worker/intent/threshold.h"

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

/* The weights that are more than nothing once they are one byte each: a tenth of all. What follows looks
 * at these only. */
struct effects {
    uint32_t *at; /* index into the weights, ascending */
    size_t count;
};

static float at_effect(const struct softmax *s, uint32_t at)
{
    return fabsf(s->weights[at]);
}

static struct effects effects_above(const struct corpus *corpus, const struct softmax *s,
                                    float least, struct arena *arena)
{
    size_t all = corpus->feature_count * s->stride;
    struct effects e = { 0 };

    for (size_t i = 0; i < all; i++)
        e.count += fabsf(s->weights[i]) >= least;
    e.at = ARENA_ARRAY(arena, uint32_t, e.count + 1);
    e.count = 0;
    for (size_t i = 0; i < all; i++)
        if (fabsf(s->weights[i]) >= least)
            e.at[e.count++] = (uint32_t)i;
    return e;
}

/* A histogram over the bits of the (positive) floats, which order as their values do: which effect
 * leaves at most so many weights is then exact to 1/128 and found in one pass. */
enum { EFFECT_SHIFT = 16, EFFECT_BINS = 1 << (32 - EFFECT_SHIFT) };

static void count_effects(const struct softmax *s, const struct effects *effects, uint32_t *bins)
{
    for (size_t i = 0; i < effects->count; i++) {
        float value = at_effect(s, effects->at[i]);
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

static float largest_weight(const struct corpus *corpus, const struct softmax *s)
{
    float largest = 0;
    for (size_t i = 0; i < corpus->feature_count * s->stride; i++)
        if (fabsf(s->weights[i]) > largest)
            largest = fabsf(s->weights[i]);
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
        sel->features[f] = sel->corpus->texts_with[f] > 1;
    for (size_t i = 0; i < sel->effects.count; i++) {
        if (at_effect(sel->softmax, sel->effects.at[i]) < sel->least)
            continue;
        sel->features[sel->effects.at[i] / sel->softmax->stride] = true;
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

    sel->effects = effects_above(sel->corpus, sel->softmax, sel->scale * 0.5f, arena);
    count_effects(sel->softmax, &sel->effects, bins);
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
    const struct softmax *s = sel->softmax;
    struct model_feature *features = (struct model_feature *)(uintptr_t)p->features;
    uint8_t *classes = (uint8_t *)(uintptr_t)p->classes;
    int8_t *weights = (int8_t *)(uintptr_t)p->weights;
    uint32_t n = 0;

    for (size_t f = 0, next = 0; f < sel->corpus->feature_count; f++) {
        if (sel->features[f])
            *features++ =
                (struct model_feature){ sel->corpus->keys[f] << 12 | sel->corpus->idf[f], n };
        for (; next < sel->effects.count && sel->effects.at[next] / s->stride == f; next++) {
            uint32_t at = sel->effects.at[next];
            if (at_effect(s, at) < sel->least)
                continue;
            if (p->header->class_bytes == 1)
                classes[n] = (uint8_t)(at % s->stride);
            else
                ((uint16_t *)(void *)classes)[n] = (uint16_t)(at % s->stride);
            weights[n++] = (int8_t)quantised(s->weights[at], sel->scale);
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
