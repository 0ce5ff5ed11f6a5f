#include "worker/intent/recogniser/fold.h"

#include "core/base/text.h"

/* Blocks where upper and lower case alternate, upper case even. */
static bool alternates(uint32_t c)
{
    return (c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x1de && c <= 0x1ef) ||
           (c >= 0x200 && c <= 0x233) || (c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf) ||
           (c >= 0x4d0 && c <= 0x52f) || (c >= 0x1e00 && c <= 0x1e95) ||
           (c >= 0x1ea0 && c <= 0x1eff);
}

static uint32_t lower(uint32_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c + 32;
    if (c < 0xc0)
        return c;
    if (c <= 0xde && c != 0xd7)
        return c + 32;
    if (alternates(c))
        return c | 1;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
        return (c & 1) ? c + 1 : c; /* here upper case is odd */
    if (c == 0x178)
        return 0xff;
    if (c >= 0x391 && c <= 0x3a9 && c != 0x3a2)
        return c + 32;
    if (c >= 0x400 && c <= 0x40f)
        return c + 80;
    if (c >= 0x410 && c <= 0x42f)
        return c + 32;
    return c;
}

uint32_t fold_code_point(uint32_t c)
{
    if (c >= 0xff01 && c <= 0xff5e)
        c -= 0xfee0;
    else if (c == 0x3000 || c == 0xa0)
        c = ' ';
    return lower(c);
}

size_t fold_text(const char *text, size_t bytes, uint32_t *out, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < bytes && count < max;) {
        uint32_t c;
        size_t n = text_utf8_decode(text + i, bytes - i, &c);
        if (n == 0) {
            n = 1;
            c = ' ';
        }
        i += n;
        if (c == '\n' || c == '\t' || c == '\r')
            c = ' ';
        if (!text_code_point_hidden(c))
            out[count++] = fold_code_point(c);
    }
    return count;
}

bool fold_is_cjk(uint32_t c)
{
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3040 && c <= 0x30ff && c != 0x30fb) ||
           (c >= 0x3400 && c <= 0x4dbf) || (c >= 0xac00 && c <= 0xd7a3) ||
           (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x2fa1f) || c == 0x3007;
}

bool fold_is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

bool fold_is_space(uint32_t c)
{
    return c == ' ' || (c >= 9 && c <= 13) || c == 0xa0 || c == 0x3000 ||
           (c >= 0x2000 && c <= 0x200a);
}

bool fold_is_letter(uint32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c < 0xc0)
        return c == 0xaa || c == 0xb5 || c == 0xba;
    if (c == 0xd7 || c == 0xf7 || fold_is_cjk(c))
        return false;
    /* punctuation and symbols, CJK punctuation, private use, presentation punctuation, emoji */
    return !((c >= 0x2000 && c <= 0x2bff) || (c >= 0x2e00 && c <= 0x303f) ||
             (c >= 0x30fb && c <= 0x30fb) || (c >= 0xe000 && c <= 0xf8ff) ||
             (c >= 0xfe10 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xffef) || c >= 0x1f000);
}
