#include "core/base/json_pointer.h"

#include <string.h>

#include "core/base/text.h"

/* Undo ~1 and ~0 in one token. */
static char *token_text(const char *token, size_t bytes, struct arena *arena)
{
    char *text = arena_copy(arena, token, bytes), *to = text;

    for (const char *from = text; *from; from++) {
        if (*from == '~' && (from[1] == '0' || from[1] == '1'))
            *to++ = *++from == '0' ? '~' : '/';
        else
            *to++ = *from;
    }
    *to = 0;
    return text;
}

/* -1: no element of this array. */
static int64_t index_of(const json_t *array, const char *name)
{
    int64_t index;
    return text_parse_i64(name, 0, (int64_t)json_array_size(array) - 1, &index) ? index : -1;
}

static json_t *member(json_t *json, const char *name)
{
    if (!json_is_array(json))
        return json_object_get(json, name);
    int64_t index = index_of(json, name);
    return index < 0 ? NULL : json_array_get(json, (size_t)index);
}

json_t *json_pointer_get(json_t *json, const char *pointer, struct arena *arena)
{
    while (json && *pointer == '/') {
        size_t bytes = strcspn(pointer + 1, "/");
        json = member(json, token_text(pointer + 1, bytes, arena));
        pointer += 1 + bytes;
    }
    return *pointer ? NULL : json;
}

bool json_pointer_replace(json_t *json, const char *pointer, json_t *value, struct arena *arena)
{
    const char *last = strrchr(pointer, '/');
    json_t *parent = last ? json_pointer_get(json, arena_copy(arena, pointer, (size_t)(last - pointer)), arena)
                          : NULL;
    const char *name = last ? token_text(last + 1, strlen(last + 1), arena) : "";

    if (!parent || !member(parent, name)) {
        json_decref(value);
        return false;
    }
    if (json_is_array(parent))
        return json_array_set_new(parent, (size_t)index_of(parent, name), value) == 0;
    return json_object_set_new(parent, name, value) == 0;
}
