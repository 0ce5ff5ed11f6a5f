#include "worker/intent/recogniser/model.h"

#include <math.h>
#include <string.h>

#include "worker/intent/recogniser/recogniser.h"

enum { FEATURES_LIMIT = 1 << 22, WEIGHTS_LIMIT = 1 << 28, IDS_LIMIT = 1 << 20 };

static size_t padded(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

struct layout {
    size_t id_ends, slots, features, classes, weights, ids, end;
};

static struct layout layout_of(const struct model_header *h)
{
    struct layout l;

    l.id_ends = padded(sizeof *h);
    l.slots = l.id_ends + padded((size_t)h->skill_count * sizeof(uint32_t));
    l.features = l.slots + padded((((size_t)1 << h->slot_bits) + 1) * sizeof(uint32_t));
    l.classes = l.features + ((size_t)h->feature_count + 1) * sizeof(struct model_feature);
    l.weights = l.classes + padded((size_t)h->weight_count * h->class_bytes);
    l.ids = l.weights + padded(h->weight_count);
    l.end = l.ids + padded(h->ids_bytes);
    return l;
}

size_t model_image_bytes(const struct model_header *header)
{
    return layout_of(header).end;
}

void model_locate(const void *image, struct model_parts *parts)
{
    const unsigned char *base = image;
    struct layout l = layout_of(image);

    parts->header = image;
    parts->id_ends = (const uint32_t *)(base + l.id_ends);
    parts->slots = (const uint32_t *)(base + l.slots);
    parts->features = (const struct model_feature *)(base + l.features);
    parts->classes = base + l.classes;
    parts->weights = (const int8_t *)(base + l.weights);
    parts->ids = (const char *)(base + l.ids);
}

static const char *header_fault(const struct model_header *h, size_t bytes)
{
    if (memcmp(h->magic, MODEL_MAGIC, sizeof h->magic) != 0)
        return "not a model";
    if (h->skill_count > RECOGNISER_SKILLS_MAX || h->feature_count > FEATURES_LIMIT ||
        h->weight_count > WEIGHTS_LIMIT || h->ids_bytes > IDS_LIMIT)
        return "a count is too large";
    if (h->slot_bits > FEATURE_KEY_BITS || h->slot_bits < 1)
        return "slot_bits";
    if (h->class_bytes != (h->skill_count > 256 ? 2u : 1u))
        return "class_bytes";
    if (!isfinite(h->idf_unseen) || !isfinite(h->weight_scale) || !isfinite(h->threshold) ||
        !isfinite(h->none_weight) || h->none_weight < 0 || h->idf_unseen <= 0)
        return "a number";
    if (h->file_bytes != bytes || model_image_bytes(h) != bytes)
        return "the size";
    return NULL;
}

static const char *ids_fault(const struct model_parts *p)
{
    uint32_t start = 0;

    for (uint32_t i = 0; i < p->header->skill_count; i++) {
        uint32_t end = p->id_ends[i];
        if (end <= start || end > p->header->ids_bytes || p->ids[end - 1] != 0)
            return "an id";
        start = end;
    }
    return NULL;
}

static const char *features_fault(const struct model_parts *p)
{
    const struct model_header *h = p->header;
    uint32_t slot_count = 1u << h->slot_bits;

    if (p->features[h->feature_count].first != h->weight_count)
        return "the last feature";
    for (uint32_t i = 0; i < h->feature_count; i++) {
        if (p->features[i].first > p->features[i + 1].first)
            return "a feature's weights";
        if (model_feature_key(p->features[i]) >= FEATURE_KEYS)
            return "a feature's key";
    }
    for (uint32_t s = 0; s < slot_count; s++)
        if (p->slots[s] > p->slots[s + 1])
            return "a slot";
    if (p->slots[slot_count] != h->feature_count)
        return "the last slot";
    for (uint32_t i = 0; i < h->weight_count; i++) {
        uint32_t c =
            h->class_bytes == 1 ? p->classes[i] : ((const uint16_t *)(const void *)p->classes)[i];
        if (c >= h->skill_count)
            return "a weight's skill";
    }
    return NULL;
}

bool model_check(const void *image, size_t bytes, struct gov_err *err)
{
    struct model_parts parts;
    const char *fault = NULL;

    if ((uintptr_t)image % 8 != 0 || bytes < sizeof(struct model_header))
        fault = "too short or not aligned";
    if (!fault)
        fault = header_fault(image, bytes);
    if (!fault) {
        model_locate(image, &parts);
        fault = ids_fault(&parts);
        if (!fault)
            fault = features_fault(&parts);
    }
    if (fault)
        return gov_fail_cause(err, GOV_INTERNAL, "intent model is damaged: %s", fault);
    return true;
}
