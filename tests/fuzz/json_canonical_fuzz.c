/* JSON from anybody: its canonical form reads back as the same value, is its own canonical form, and does not depend
 * on the order of members. Digests of plans are taken of it. */
#include <stdint.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The same, members added from the last to the first. */
static json_t *turned(json_t *json)
{
    json_t *copy, *value;
    const char *names[64], *name;
    size_t count = 0, i;

    if (json_is_array(json)) {
        copy = json_array();
        json_array_foreach (json, i, value)
            json_array_append_new(copy, turned(value));
        return copy;
    }
    if (!json_is_object(json) || json_object_size(json) > 64)
        return json_incref(json);
    json_object_foreach (json, name, value)
        names[count++] = name;
    copy = json_object();
    while (count--)
        json_object_set_new(copy, names[count], turned(json_object_get(json, names[count])));
    return copy;
}

/* RFC 8785 writes reals below 1e21 as whole numbers, and those beyond 2^63 are none that is read. */
static bool has_long_integer(const struct buf *text)
{
    for (size_t i = 0, digits = 0; i < text->length; i++) {
        digits = text->data[i] >= '0' && text->data[i] <= '9' ? digits + 1 : 0;
        if (digits >= 19)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct buf one = { 0 }, two = { 0 }, three = { 0 };
    struct arena arena;
    struct gov_err err;

    if (bytes > 20000)
        return 0;
    arena_init(&arena);
    json_t *json = json_parse(&arena, (const char *)data, bytes, &err);
    if (json) {
        json_canonical(json, &one);
        json_t *again = json_parse(&arena, buf_text(&one), one.length, &err);
        CHECK(again || has_long_integer(&one));
        json_canonical(again ? again : json, &two);
        CHECK(one.length == two.length && memcmp(one.data, two.data, one.length) == 0);
        json_canonical(json_own(&arena, turned(json)), &three);
        CHECK(one.length == three.length && memcmp(one.data, three.data, one.length) == 0);
        json_write(json, &three);
    } else {
        CHECK(err.code && *err.en && *err.zh);
    }
    buf_release(&one);
    buf_release(&two);
    buf_release(&three);
    arena_release(&arena);
    return 0;
}
