/* recogniser.c - predicting from a mapped model.
 *
 *     features -> look each up, keep its IDF -> scale families -> add weights -> shares -> decide
 *
 * An n-gram that the model does not know has the greatest IDF and no weight: it lengthens the
 * vector, so that a request about other things is unsure of everything.
 */
#include "worker/intent/recogniser/recogniser.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/check.h"
#include "worker/intent/recogniser/corpus.h"
#include "worker/intent/recogniser/model.h"
#include "worker/intent/recogniser/softmax.h"
#include "worker/intent/recogniser/threshold.h"

enum { MODEL_BYTES_MAX = 256 << 20 };

static const double ask_margin = 0.5; /* a second this near to the first has to be asked about */

bool recogniser_open(struct recogniser *recogniser, const void *image, size_t bytes,
                     struct gov_err *err)
{
    memset(recogniser, 0, sizeof *recogniser);
    if (!model_check(image, bytes, err))
        return false;
    recogniser->image = image;
    recogniser->bytes = bytes;
    recogniser->header = image;
    return true;
}

bool recogniser_map(struct recogniser *recogniser, const char *path, struct gov_err *err)
{
    struct stat file;
    void *image = MAP_FAILED;

    memset(recogniser, 0, sizeof *recogniser);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &file) != 0)
        gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "open %s: %m", path);
    else if (file.st_size <= 0 || file.st_size > MODEL_BYTES_MAX)
        gov_fail_cause(err, GOV_INTERNAL, "%s: %lld bytes", path, (long long)file.st_size);
    else if ((image = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) ==
             MAP_FAILED)
        gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "map %s: %m", path);
    if (fd >= 0)
        close(fd);
    if (image == MAP_FAILED)
        return false;
    if (!recogniser_open(recogniser, image, (size_t)file.st_size, err)) {
        munmap(image, (size_t)file.st_size);
        return false;
    }
    recogniser->mapped = true;
    return true;
}

void recogniser_release(struct recogniser *recogniser)
{
    if (recogniser->mapped)
        munmap((void *)(uintptr_t)recogniser->image, recogniser->bytes);
    memset(recogniser, 0, sizeof *recogniser);
}

double recogniser_threshold(const struct recogniser *recogniser)
{
    return (double)recogniser->header->threshold;
}

static const char *skill_id(const struct model_parts *parts, size_t skill)
{
    return parts->ids + (skill ? parts->id_ends[skill - 1] : 0);
}

const char *recogniser_skill_id(const struct recogniser *recogniser, size_t skill)
{
    struct model_parts parts;
    CHECK(skill < recogniser->header->skill_count);
    model_locate(recogniser->image, &parts);
    return skill_id(&parts, skill);
}

const char *recogniser_decision_name(enum recogniser_decision decision)
{
    static const char *const names[] = { "act", "ask", "abstain", "refuse" };
    return names[decision];
}

/* The feature with this key, or the sentinel. */
static uint32_t find_feature(const struct model_parts *p, uint32_t key)
{
    uint32_t slot = model_slot(key, p->header->slot_bits);
    uint32_t low = p->slots[slot], high = p->slots[slot + 1];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (model_feature_key(p->features[middle]) < key)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < p->header->feature_count && model_feature_key(p->features[low]) == key;
    return found ? low : p->header->feature_count;
}

static void add_weights(const struct model_parts *p, uint32_t feature, float value, float *scores)
{
    uint32_t end = p->features[feature + 1].first;

    value *= p->header->weight_scale;
    if (p->header->class_bytes == 1) {
        for (uint32_t i = p->features[feature].first; i < end; i++)
            scores[p->classes[i]] += value * (float)p->weights[i];
        return;
    }
    const uint16_t *classes = (const uint16_t *)(const void *)p->classes;
    for (uint32_t i = p->features[feature].first; i < end; i++)
        scores[classes[i]] += value * (float)p->weights[i];
}

/* Returns the squared length of what the model knows of the text. */
static float score(const struct model_parts *p, struct feature_bag *bag, float *scores)
{
    float squares[FEATURE_FAMILIES] = { 0 }, scales[FEATURE_FAMILIES];
    uint32_t unknown = p->header->feature_count;
    float known = 0;

    for (size_t i = 0; i < bag->count; i++) {
        uint32_t feature = find_feature(p, bag->items[i].key);
        float idf =
            feature == unknown ? p->header->idf_unseen : model_feature_idf(p->features[feature]);
        squares[feature_family(bag->items[i].key)] += idf * idf;
        bag->items[i].count = feature;
    }
    corpus_family_scales(squares, scales);
    memset(scores, 0, p->header->skill_count * sizeof *scores);
    for (size_t i = 0; i < bag->count; i++) {
        uint32_t feature = bag->items[i].count;
        if (feature == unknown)
            continue;
        float value =
            model_feature_idf(p->features[feature]) * scales[feature_family(bag->items[i].key)];
        known += value * value;
        add_weights(p, feature, value, scores);
    }
    return known;
}

static size_t best_of(const float *shares, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (shares[i] > shares[best])
            best = i;
    return best;
}

/* The best skills this person may run; asks `allowed` only as often as it has to. */
static void choose_candidates(const struct model_parts *p, float *shares,
                              recogniser_allowed *allowed, void *context,
                              struct recogniser_answer *answer)
{
    size_t count = p->header->skill_count;

    for (size_t tried = 0; tried < count && answer->candidate_count < RECOGNISER_CANDIDATES_MAX;
         tried++) {
        size_t best = best_of(shares, count);
        if (shares[best] < 0)
            return;
        if (!allowed || allowed(context, skill_id(p, best)))
            answer->candidates[answer->candidate_count++] =
                (struct recogniser_candidate){ skill_id(p, best), (double)shares[best] };
        shares[best] = -1;
    }
}

static void decide(const struct model_parts *p, float *shares, float known,
                   recogniser_allowed *allowed, void *context, struct recogniser_answer *answer)
{
    size_t count = p->header->skill_count, best = best_of(shares, count);
    double first = (double)shares[best];
    bool forbidden = allowed && !allowed(context, skill_id(p, best));

    answer->confidence = (double)threshold_confidence(shares, count, known);
    choose_candidates(p, shares, allowed, context, answer);
    if (answer->confidence < (double)p->header->threshold) {
        answer->decision = RECOGNISER_ABSTAIN;
        return;
    }
    size_t near = 0;
    while (near < answer->candidate_count && answer->candidates[near].score >= ask_margin * first)
        near++;
    if (forbidden && near == 0) {
        answer->decision = RECOGNISER_REFUSE;
        answer->refused = skill_id(p, best);
        answer->candidate_count = 0;
    } else if (forbidden || near > 1) {
        answer->decision = RECOGNISER_ASK;
    } else {
        answer->decision = RECOGNISER_ACT;
    }
}

void recogniser_predict(const struct recogniser *recogniser, const char *text, size_t bytes,
                        recogniser_allowed *allowed, void *context,
                        struct recogniser_answer *answer)
{
    struct model_parts parts;
    struct feature_bag bag;
    float shares[RECOGNISER_SKILLS_MAX + 8]; /* softmax_shares works on eight at a time */

    memset(answer, 0, sizeof *answer);
    answer->decision = RECOGNISER_ABSTAIN;
    model_locate(recogniser->image, &parts);
    if (parts.header->skill_count == 0)
        return;
    features_extract(&bag, text, bytes);
    float known = score(&parts, &bag, shares);
    softmax_shares(shares, parts.header->skill_count, parts.header->none_weight);
    decide(&parts, shares, known, allowed, context, answer);
}
