#include "worker/intent/recogniser/corpus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "worker/intent/recogniser/background.h"
#include "worker/intent/recogniser/model.h"

enum {
    TEXTS_MAX = 40000,
    COORDINATES_MAX = 8 << 20,
    README_LINES_MAX = 24,
    LINE_BYTES_MIN = 4,
    NAME_BYTES_MAX = 256,
};

static const float family_weights[FEATURE_FAMILIES] = { 1.0f, 1.0f, 1.0f };

/* How much a line of documentation teaches, an example being 1. */
static const float weight_title = 0.8f;
static const float weight_description = 0.6f;
static const float weight_readme = 0.3f;

struct reading {
    struct corpus *corpus;
    struct feature_bag *bag;
    uint32_t *frequency; /* [FEATURE_KEYS] of texts */
    uint32_t skill;
};

const struct corpus_text *corpus_text(const struct corpus *corpus, size_t i)
{
    return (const struct corpus_text *)(const void *)corpus->texts.data + i;
}

const struct coordinate *corpus_vector(const struct corpus *corpus, const struct corpus_text *text)
{
    return (const struct coordinate *)(const void *)corpus->coordinates.data + text->first;
}

static void read_text(struct reading *r, const char *text, size_t bytes, float weight, bool example)
{
    struct corpus *c = r->corpus;
    size_t used = c->coordinates.length / sizeof(struct coordinate);

    if (c->text_count == TEXTS_MAX)
        return;
    features_extract(r->bag, text, bytes);
    if (r->bag->count == 0 || used + r->bag->count > COORDINATES_MAX)
        return;
    struct corpus_text entry = { .skill = r->skill, .weight = weight, .example = example,
                                 .first = (uint32_t)used, .count = (uint32_t)r->bag->count };
    size_t added = r->bag->count * sizeof(struct coordinate);
    struct coordinate *at = (struct coordinate *)(void *)buf_reserve(&c->coordinates, added);
    for (size_t i = 0; i < r->bag->count; i++) {
        at[i] = (struct coordinate){ r->bag->items[i].key, (float)r->bag->items[i].count };
        r->frequency[at[i].index]++;
    }
    c->coordinates.length += added;
    buf_add(&c->texts, &entry, sizeof entry);
    c->text_count++;
}

/* "sales-report", "salesReport", "sales_report.v2": words, for a name is an identifier. */
static void read_name(struct reading *r, const char *name)
{
    char words[2 * NAME_BYTES_MAX];
    size_t n = 0;

    for (size_t i = 0; name[i] && i < NAME_BYTES_MAX; i++) {
        char c = name[i];
        bool upper = c >= 'A' && c <= 'Z';
        if (upper && i && name[i - 1] >= 'a' && name[i - 1] <= 'z')
            words[n++] = ' ';
        words[n++] = (c == '-' || c == '_' || c == '.' || c == '/') ? ' ' : c;
    }
    read_text(r, words, n, weight_title, false);
}

/* Every line is a text. Fenced code and table rules say nothing about what a skill is for. */
static void read_lines(struct reading *r, const char *text, size_t bytes_max, size_t lines_max,
                       float weight)
{
    size_t bytes = strnlen(text, bytes_max);
    bool fenced = false;

    for (size_t i = 0, lines = 0; i < bytes && lines < lines_max;) {
        const char *end = memchr(text + i, '\n', bytes - i);
        size_t n = end ? (size_t)(end - (text + i)) : bytes - i;
        bool fence = n >= 3 && memcmp(text + i, "```", 3) == 0;
        if (fence)
            fenced = !fenced;
        if (!fence && !fenced && n >= LINE_BYTES_MIN) {
            read_text(r, text + i, n, weight, false);
            lines++;
        }
        i += n + 1;
    }
}

static void read_skill(struct reading *r, const struct recogniser_skill *skill, size_t examples_max)
{
    for (size_t i = 0; i < skill->example_count && i < examples_max; i++)
        read_text(r, skill->examples[i], strlen(skill->examples[i]), 1.0f, true);
    if (skill->name)
        read_name(r, skill->name);
    if (skill->title)
        read_lines(r, skill->title, FEATURE_TEXT_BYTES_MAX, 4, weight_title);
    if (skill->description)
        read_lines(r, skill->description, FEATURE_TEXT_BYTES_MAX, 8, weight_description);
    if (skill->parameters)
        read_lines(r, skill->parameters, FEATURE_TEXT_BYTES_MAX, 16, weight_readme);
    if (skill->readme)
        read_lines(r, skill->readme, RECOGNISER_README_BYTES_MAX, README_LINES_MAX, weight_readme);
}

static size_t count_background(struct reading *r, const char *const *texts)
{
    size_t n = 0;

    for (; texts[n]; n++) {
        features_extract(r->bag, texts[n], strlen(texts[n]));
        for (size_t i = 0; i < r->bag->count; i++)
            r->frequency[r->bag->items[i].key]++;
    }
    return n;
}

static uint16_t quantised_idf(size_t texts, uint32_t frequency)
{
    double idf = log((1.0 + (double)texts) / (1.0 + frequency)) + 1.0;
    double steps = floor(idf * MODEL_IDF_STEPS + 0.5);
    return (uint16_t)(steps > 4095 ? 4095 : steps);
}

/* How frequent an n-gram has to be so that at most `max` are left. */
static uint32_t least_frequency(const uint32_t *frequency, const uint32_t *seen, size_t max)
{
    uint32_t least = 1;

    for (;; least++) {
        size_t kept = 0;
        for (size_t key = 0; key < FEATURE_KEYS; key++)
            kept += seen[key] && frequency[key] >= least;
        if (kept <= max)
            return least;
    }
}

/* Number the n-grams that the tenant's own texts have; the background's alone are of no use. */
static void number_features(struct reading *r, size_t background, size_t features_max,
                            struct arena *arena)
{
    struct corpus *c = r->corpus;
    struct coordinate *all = (struct coordinate *)(void *)c->coordinates.data;
    size_t used = c->coordinates.length / sizeof *all, texts = c->text_count + background;

    memset(c->index_of, 0, FEATURE_KEYS * sizeof *c->index_of);
    for (size_t i = 0; i < used; i++)
        c->index_of[all[i].index]++;
    uint32_t *texts_with = ARENA_ARRAY(arena, uint32_t, FEATURE_KEYS);
    memcpy(texts_with, c->index_of, FEATURE_KEYS * sizeof *texts_with);
    uint32_t least = least_frequency(r->frequency, c->index_of, features_max);
    for (size_t key = 0; key < FEATURE_KEYS; key++) {
        bool kept = c->index_of[key] && r->frequency[key] >= least;
        c->index_of[key] = kept ? (uint32_t)c->feature_count++ : UINT32_MAX;
    }
    c->keys = ARENA_ARRAY(arena, uint32_t, c->feature_count + 1);
    c->places = ARENA_ARRAY(arena, struct corpus_place, c->feature_count + 1);
    c->idf = ARENA_ARRAY(arena, uint16_t, c->feature_count + 1);
    for (uint32_t key = 0; key < FEATURE_KEYS; key++) {
        if (c->index_of[key] == UINT32_MAX)
            continue;
        uint32_t at = c->index_of[key];
        c->keys[at] = key;
        c->idf[at] = quantised_idf(texts, r->frequency[key]);
        c->places[at].row = texts_with[key] > 1 ? (uint32_t)c->row_count++ : CORPUS_NO_ROW;
    }
    c->idf_unseen = quantised_idf(texts, 0);
}

void corpus_family_scales(const float squares[FEATURE_FAMILIES], float scales[FEATURE_FAMILIES])
{
    float total = 0;

    for (int f = 0; f < FEATURE_FAMILIES; f++)
        if (squares[f] > 0)
            total += family_weights[f] * family_weights[f];
    for (int f = 0; f < FEATURE_FAMILIES; f++)
        scales[f] = squares[f] > 0 ? family_weights[f] / sqrtf(squares[f] * total) : 0;
}

/* From keys and counts to indices and values. An n-gram counts once, however often it is said. */
static size_t weigh(const struct corpus *c, struct coordinate *vector, size_t count)
{
    float squares[FEATURE_FAMILIES] = { 0 }, scales[FEATURE_FAMILIES];
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t index = c->index_of[vector[i].index];
        uint16_t steps = index == UINT32_MAX ? c->idf_unseen : c->idf[index];
        vector[i].value = (float)steps / MODEL_IDF_STEPS;
        squares[feature_family(vector[i].index)] += vector[i].value * vector[i].value;
    }
    corpus_family_scales(squares, scales);
    for (size_t i = 0; i < count; i++) {
        uint32_t key = vector[i].index;
        if (c->index_of[key] == UINT32_MAX)
            continue;
        vector[kept].value = vector[i].value * scales[feature_family(key)];
        vector[kept++].index = c->index_of[key];
    }
    return kept;
}

size_t corpus_vector_of(const struct corpus *corpus, struct feature_bag *bag, const char *text,
                        struct coordinate *vector)
{
    features_extract(bag, text, strlen(text));
    for (size_t i = 0; i < bag->count; i++)
        vector[i] = (struct coordinate){ bag->items[i].key, 0 };
    return weigh(corpus, vector, bag->count);
}

/* From numbers to rows; what is the text's own goes into one sum. */
static void part_own(struct corpus *c, uint32_t number)
{
    struct corpus_text *text = (struct corpus_text *)(void *)c->texts.data + number;
    struct coordinate *vector = (struct coordinate *)(void *)c->coordinates.data + text->first;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < text->count; i++) {
        struct corpus_place *place = &c->places[vector[i].index];
        if (place->row != CORPUS_NO_ROW) {
            vector[kept++] = (struct coordinate){ place->row, vector[i].value };
            continue;
        }
        place->text = number;
        place->value = vector[i].value;
        text->own_square += vector[i].value * vector[i].value;
    }
    text->count = kept;
}

void corpus_init(struct corpus *corpus, const struct recogniser_training *training,
                 size_t features_max, struct arena *arena)
{
    memset(corpus, 0, sizeof *corpus);
    struct reading r = { corpus, ARENA_NEW(arena, struct feature_bag),
                         ARENA_ARRAY(arena, uint32_t, FEATURE_KEYS), 0 };
    size_t examples_max = training->skill_count ? TEXTS_MAX / 2 / training->skill_count : 0;

    if (examples_max > RECOGNISER_EXAMPLES_MAX)
        examples_max = RECOGNISER_EXAMPLES_MAX;
    corpus->index_of = ARENA_ARRAY(arena, uint32_t, FEATURE_KEYS);
    for (size_t s = 0; s < training->skill_count; s++) {
        r.skill = (uint32_t)s;
        read_skill(&r, &training->skills[s], examples_max);
    }
    size_t background = count_background(&r, background_phrases);
    background += count_background(&r, background_requests);
    number_features(&r, background, features_max, arena);

    struct corpus_text *texts = (struct corpus_text *)(void *)corpus->texts.data;
    struct coordinate *all = (struct coordinate *)(void *)corpus->coordinates.data;
    for (size_t t = 0; t < corpus->text_count; t++) {
        texts[t].count = (uint32_t)weigh(corpus, all + texts[t].first, texts[t].count);
        part_own(corpus, (uint32_t)t);
    }
}

void corpus_release(struct corpus *corpus)
{
    buf_release(&corpus->texts);
    buf_release(&corpus->coordinates);
}
