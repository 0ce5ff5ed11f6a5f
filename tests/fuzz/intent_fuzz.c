/* Any text to the recogniser and the filler: nothing crashes, and every promise of the headers holds.
 *
 * The first byte chooses the language and whether there are files; the rest is the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/unit/intent/demo_skills.h"
#include "worker/intent/consult/redact.h"
#include "worker/intent/fill/fill.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char schema_text[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"month\":{\"type\":\"string\",\"format\":\"year-month\",\"title\":\"月份\"},"
    "\"start_date\":{\"type\":\"string\",\"format\":\"date\"},"
    "\"end_date\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"at\":{\"type\":\"string\",\"format\":\"time\"},"
    "\"file\":{\"type\":\"string\",\"format\":\"file\"},"
    "\"amount\":{\"type\":\"number\",\"minimum\":-1e9,\"maximum\":1e9},"
    "\"days\":{\"type\":\"integer\",\"minimum\":1},"
    "\"ids\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},"
    "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
    "\"level\":{\"type\":\"string\",\"enum\":[\"info\",\"error\"],"
    "\"x-synonyms\":{\"error\":[\"报错\"]}},"
    "\"charts\":{\"type\":\"boolean\"},"
    "\"to\":{\"type\":\"string\",\"format\":\"email\"},"
    "\"url\":{\"type\":\"string\",\"format\":\"uri\"},"
    "\"customer\":{\"type\":\"string\",\"title\":\"客户\"}},"
    "\"required\":[\"month\",\"customer\"]}";

static void fuzz_fill(const char *text, size_t bytes, bool files)
{
    static const struct fill_file file = { "f1", "sales.csv", "text/csv" };
    struct arena arena;
    struct gov_err err;
    struct fill_result result;

    arena_init(&arena);
    struct fill_request request = {
        .schema = json_parse(&arena, schema_text, sizeof schema_text - 1, &err),
        .text = text, .now_us = 1795230000000000, .timezone = "Asia/Shanghai",
        .files = &file, .file_count = files,
    };
    CHECK(request.schema);
    if (fill_parameters(&request, &result, &arena, &err)) {
        CHECK(json_object_size(result.object) == result.value_count);
        for (size_t i = 0; i < result.value_count; i++) {
            CHECK(result.values[i].start <= result.values[i].end);
            CHECK(result.values[i].end <= bytes);
        }
        json_decref(fill_to_json(&result, GOV_ZH));
    }
    arena_release(&arena);
}

/* No figure of any text gets out, and no half of a character that came in whole. */
static void fuzz_redact(const char *text, size_t bytes)
{
    struct arena arena;

    arena_init(&arena);
    const char *redacted = redact_text(text, bytes + 1, &arena);
    CHECK(!strpbrk(redacted, "0123456789"));
    if (text_utf8_valid(text, strlen(text)))
        CHECK(text_utf8_valid(redacted, strlen(redacted)));
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct buf model;
    static struct recogniser recogniser;
    struct gov_err err;

    if (!model.data) {
        struct recogniser_training training = { .skills = demo_skills, .skill_count = DEMO_SKILLS };
        CHECK(recogniser_train(&training, &model, &err));
        CHECK(recogniser_open(&recogniser, model.data, model.length, &err));
    }
    if (size < 1)
        return 0;
    char *text = malloc(size);
    CHECK(text);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    struct recogniser_answer answer;
    recogniser_predict(&recogniser, text, size - 1, NULL, NULL, &answer);
    CHECK(answer.candidate_count <= RECOGNISER_CANDIDATES_MAX);
    fuzz_fill(text, size - 1, data[0] & 1);
    fuzz_redact(text, size - 1);
    free(text);
    return 0;
}
