#include "core/model/visible.h"

#include <stdint.h>
#include <string.h>

#include "core/base/text.h"

static void add_replacement(struct buf *out, uint32_t c)
{
    /* The pictures of U+0000..U+001F begin at U+2400; DEL's is U+2421. */
    uint32_t picture = c < 0x20 ? 0x2400 + c : c == 0x7f ? 0x2421 : 0;

    if (picture) {
        char utf8[3] = { (char)(0xe0 | picture >> 12), (char)(0x80 | (picture >> 6 & 0x3f)),
                         (char)(0x80 | (picture & 0x3f)) };
        buf_add(out, utf8, sizeof utf8);
    } else {
        buf_addf(out, "⟨U+%04X⟩", (unsigned)c);
    }
}

void visible_add(struct buf *out, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes;) {
        uint32_t c;
        size_t n = text_utf8_decode(text + i, bytes - i, &c);
        if (n == 0) {
            buf_addf(out, "⟨0x%02X⟩", (unsigned)(unsigned char)text[i]);
            n = 1;
        } else if (text_code_point_hidden(c)) {
            add_replacement(out, c);
        } else {
            buf_add(out, text + i, n);
        }
        i += n;
    }
}

void visible_add_text(struct buf *out, const char *text)
{
    visible_add(out, text, strlen(text));
}
