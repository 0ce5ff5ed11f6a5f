/* model.h - the file image of a tenant's recogniser.
 *
 *     header | skill ids' ends (u32 each) | slots (u32 each) | features (8 bytes each)
 *            | classes (u8 or u16 each) | weights (i8 each) | the ids' bytes
 *
 * Little-endian, 8-byte aligned, no pointers: a worker maps it and reads. Features ascend by key;
 * `slots` cuts the keys into equal ranges, so that a look-up searches only a handful. A
 * feature's weights are classes[first .. next feature's first) with the weights beside.
 */
#ifndef WORKER_INTENT_RECOGNISER_MODEL_H
#define WORKER_INTENT_RECOGNISER_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "worker/intent/recogniser/features.h"

#define MODEL_MAGIC "EXGINT1" /* with its NUL */

enum { MODEL_IDF_STEPS = 256 }; /* a quantised IDF is idf * MODEL_IDF_STEPS, 12 bits */

struct model_header {
    char magic[8];
    uint32_t file_bytes;
    uint32_t skill_count;
    uint32_t feature_count;
    uint32_t weight_count;
    uint32_t slot_bits;   /* 2^slot_bits + 1 slots */
    uint32_t class_bytes; /* 1 or 2 */
    uint32_t ids_bytes;
    float idf_unseen;   /* of an n-gram that no text of the tenant has */
    float weight_scale; /* a weight is its byte times this */
    float none_weight;  /* of "none of these" among the shares, see threshold.h */
    float threshold;    /* of confidence */
    uint32_t reserved;
};

struct model_feature {
    uint32_t key_idf; /* key << 12 | quantised IDF */
    uint32_t first;   /* index of its first weight */
};

/* Where the parts of an image are. */
struct model_parts {
    const struct model_header *header;
    const uint32_t *id_ends;
    const uint32_t *slots;
    const struct model_feature *features; /* one more than feature_count: the last is a sentinel */
    const uint8_t *classes;
    const int8_t *weights;
    const char *ids; /* each NUL-terminated */
};

static inline uint32_t model_feature_key(struct model_feature feature)
{
    return feature.key_idf >> 12;
}

static inline float model_feature_idf(struct model_feature feature)
{
    return (float)(feature.key_idf & 0xfff) / MODEL_IDF_STEPS;
}

static inline uint32_t model_slot(uint32_t key, uint32_t slot_bits)
{
    return key >> (FEATURE_KEY_BITS - slot_bits);
}

/* Bytes of a part and of the image; also how training lays it out. */
size_t model_image_bytes(const struct model_header *header);
void model_locate(const void *image, struct model_parts *parts);
/* Every count, offset and order is checked. */
bool model_check(const void *image, size_t bytes, struct gov_err *err);

#endif
