#include "core/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

size_t text_utf8_decode(const char *text, size_t bytes, uint32_t *code_point)
{
    const unsigned char *s = (const unsigned char *)text;
    if (bytes == 0)
        return 0;
    if (s[0] < 0x80) {
        *code_point = s[0];
        return 1;
    }
    size_t need = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || bytes < need)
        return 0;
    uint32_t c = s[0] & (0xffu >> (need + 1));
    for (size_t i = 1; i < need; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    if (c < smallest[need] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *code_point = c;
    return need;
}

bool text_utf8_valid(const char *text, size_t bytes)
{
    uint32_t code_point;
    for (size_t i = 0; i < bytes;) {
        size_t n = text_utf8_decode(text + i, bytes - i, &code_point);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

size_t text_utf8_cut(const char *text, size_t bytes, size_t most)
{
    if (bytes <= most)
        return bytes;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

bool text_code_point_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe007f);
}

static const char *file_name_fault(const char *name)
{
    size_t bytes = strlen(name);
    if (bytes == 0)
        return "empty";
    if (bytes > 200)
        return "too_long";
    if (name[0] == '.')
        return "leading_dot";
    if (name[0] == '-')
        return "leading_dash";
    for (size_t i = 0; i < bytes;) {
        uint32_t c;
        size_t n = text_utf8_decode(name + i, bytes - i, &c);
        if (n == 0)
            return "not_utf8";
        if (c == '/' || c == '\\')
            return "slash";
        if (text_code_point_hidden(c))
            return "hidden_character";
        i += n;
    }
    return NULL;
}

bool text_file_name_valid(const char *name, const char **why)
{
    const char *fault = file_name_fault(name);
    if (why)
        *why = fault;
    return !fault;
}

bool text_slug_valid(const char *slug)
{
    size_t i;
    if (!slug || slug[0] < 'a' || slug[0] > 'z')
        return false;
    for (i = 1; slug[i]; i++) {
        char c = slug[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return i <= 63;
}

bool text_parse_i64(const char *text, int64_t min, int64_t max, int64_t *value)
{
    char *end;
    if (!text || !*text || !(*text == '-' || (*text >= '0' && *text <= '9')))
        return false;
    errno = 0;
    long long parsed = strtoll(text, &end, 10);
    if (errno || *end || parsed < min || parsed > max)
        return false;
    *value = parsed;
    return true;
}

bool text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
    size_t a = strlen(text), b = strlen(suffix);
    return a >= b && memcmp(text + a - b, suffix, b) == 0;
}

bool text_equal_ignoring_case(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

uint64_t text_hash(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}
