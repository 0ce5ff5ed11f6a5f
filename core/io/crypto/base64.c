#include "core/io/crypto/base64.h"

#include <sodium.h>
#include <string.h>

unsigned char *base64_open(const char *text, struct arena *arena, size_t *bytes)
{
    size_t length = strlen(text), room = length / 4 * 3 + 4;
    unsigned char *out = arena_alloc(arena, room);
    const char *end;

    while (length && text[length - 1] == '=')
        length--;
    if (sodium_base642bin(out, room - 1, text, length, NULL, bytes, &end, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0 ||
        end != text + length)
        return NULL;
    out[*bytes] = '\0';
    return out;
}

const char *base64_make(const void *data, size_t bytes, struct arena *arena)
{
    size_t room = sodium_base64_encoded_len(bytes, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(arena, room);

    return sodium_bin2base64(text, room, data, bytes, sodium_base64_VARIANT_ORIGINAL);
}
