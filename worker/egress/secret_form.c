#include "worker/egress/secret_form.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* One escape at `at`: how long it is (0: it is none), and the bytes it says. */
typedef size_t (*escape_read)(const char *at, size_t left, char said[4], size_t *bytes);

static bool hex_read(const char *at, size_t digits, unsigned *value)
{
    *value = 0;
    for (size_t i = 0; i < digits; i++) {
        const char *known = "0123456789abcdef", *found = at[i] ? strchr(known, tolower((unsigned char)at[i])) : NULL;
        if (!found)
            return false;
        *value = *value * 16 + (unsigned)(found - known);
    }
    return true;
}

static size_t percent_read(const char *at, size_t left, char said[4], size_t *bytes)
{
    unsigned value;

    if (*at != '%')
        return 0;
    if (left < 3 || !hex_read(at + 1, 2, &value))
        return 0;
    said[0] = (char)value;
    *bytes = 1;
    return 3;
}

static size_t utf8(unsigned code, char said[4])
{
    size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char heads[] = { 0, 0xC0, 0xE0, 0xF0 };

    for (size_t i = more; i > 0; i--, code >>= 6)
        said[i] = (char)(0x80 | (code & 0x3F));
    said[0] = (char)(heads[more] | code);
    return more + 1;
}

/* RFC 8259, section 7: writers choose freely what they escape, and how. */
static size_t json_read(const char *at, size_t left, char said[4], size_t *bytes)
{
    static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    unsigned code, low;

    if (*at != '\\' || left < 2)
        return 0;
    const char *named = at[1] ? strchr(names, at[1]) : NULL;
    if (named) {
        said[0] = means[named - names];
        *bytes = 1;
        return 2;
    }
    if (at[1] != 'u' || left < 6 || !hex_read(at + 2, 4, &code))
        return 0;
    if (code < 0xD800 || code > 0xDBFF) {
        *bytes = utf8(code, said);
        return 6;
    }
    if (left < 12 || at[6] != '\\' || at[7] != 'u' || !hex_read(at + 8, 4, &low) || low < 0xDC00 || low > 0xDFFF)
        return 0;
    *bytes = utf8(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), said);
    return 12;
}

/* How far `text` reaches from `at` on, if each of its bytes may be escaped; 0: it is not there. */
static size_t escaped_at(const char *text, const char *at, size_t left, char mark, escape_read escape)
{
    size_t from = 0, bytes = 0, taken;
    char said[4];

    for (; *text; from += taken, text += bytes) {
        if (from == left)
            return 0;
        if (at[from] != mark) {
            if (at[from] != *text)
                return 0;
            taken = bytes = 1;
            continue;
        }
        taken = escape(at + from, left - from, said, &bytes);
        if (!taken || strnlen(text, bytes) < bytes || memcmp(said, text, bytes) != 0)
            return 0;
    }
    return from;
}

size_t secret_form_at(const char *secret, const char *at, size_t left)
{
    size_t length, longest;

    if (*at != *secret && *at != '\\' && *at != '%')
        return 0;
    length = strlen(secret);
    longest = length <= left && memcmp(secret, at, length) == 0 ? length : 0;
    length = escaped_at(secret, at, left, '\\', json_read);
    longest = length > longest ? length : longest;
    length = escaped_at(secret, at, left, '%', percent_read);
    return length > longest ? length : longest;
}
