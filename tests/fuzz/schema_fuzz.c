/* A schema and a value, separated by the first line feed, from anybody: compiling and validating
 * end, in bounded time and memory, and what they say is consistent.
 *
 * A schema that compiles, compiles again; a value that fits still fits after a round through text; a
 * copy with defaults changes nothing that was there. */
#include <stdint.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/schema/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_texts(const struct gov_err *err)
{
    CHECK(text_utf8_valid(err->en, strlen(err->en)) && text_utf8_valid(err->zh, strlen(err->zh)));
    CHECK(err->item_count <= GOV_ERR_ITEMS_MAX);
    for (size_t i = 0; i < err->item_count; i++) {
        const struct gov_err_item *item = &err->items[i];
        CHECK(text_utf8_valid(item->path, strlen(item->path)));
        CHECK(text_utf8_valid(item->message.en, strlen(item->message.en)));
        CHECK(text_utf8_valid(item->message.zh, strlen(item->message.zh)));
    }
}

static void check_value(const struct schema *schema, const json_t *value, struct arena *arena)
{
    const struct schema_found *found;
    struct gov_err err = { 0 };
    size_t count;

    bool fits = schema_validate(schema, value, arena, &err);
    if (!fits)
        check_texts(&err);
    const char *text = json_text(arena, value);
    json_t *again = json_parse(arena, text, strlen(text), &err);
    if (again)
        CHECK(schema_validate(schema, again, arena, &err) == fits);
    if (schema_find(schema, value, SCHEMA_MARK_FILE, arena, &found, &count, &err))
        CHECK(count <= SCHEMA_FOUND_MAX);
    json_t *copy = schema_apply_defaults(schema, value, arena);
    const char *name;
    json_t *member;
    json_object_foreach ((json_t *)value, name, member)
        CHECK(json_object_get(copy, name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const char *text = (const char *)data;
    const char *split = memchr(text, '\n', bytes);
    struct arena arena;
    struct gov_err err = { 0 };

    if (!split)
        return 0;
    arena_init(&arena);
    size_t head = (size_t)(split - text);
    json_t *json = json_parse(&arena, text, head, &err);
    json_t *value = json ? json_parse(&arena, split + 1, bytes - head - 1, &err) : NULL;
    if (value) {
        const struct schema *schema = schema_compile(json, &arena, &err);
        CHECK((schema_compile(json, &arena, &err) != NULL) == (schema != NULL));
        if (schema)
            check_value(schema, value, &arena);
        else
            check_texts(&err);
    }
    arena_release(&arena);
    return 0;
}
