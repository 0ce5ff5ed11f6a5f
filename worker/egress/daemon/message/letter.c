#include "worker/egress/daemon/message/letter.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/civil.h"
#include "core/base/text.h"

enum {
    WORD_BYTES = 39,  /* 52 characters of base64: behind "Subject: =?UTF-8?B?" under the 76 of a line (RFC 2047) */
    PLAIN_BYTES = 60, /* a short text of ASCII goes as it is */
    LINE_BYTES = 57   /* 76 characters of base64 a line (RFC 2045) */
};

static void add_base64(struct buf *out, const char *data, size_t bytes)
{
    char text[sodium_base64_ENCODED_LEN(LINE_BYTES, sodium_base64_VARIANT_ORIGINAL)];

    sodium_bin2base64(text, sizeof text, (const unsigned char *)data, bytes, sodium_base64_VARIANT_ORIGINAL);
    buf_add_text(out, text);
}

static bool plain(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c < ' ' || *c > '~')
            return false;
    return strlen(text) <= PLAIN_BYTES && !strstr(text, "=?");
}

const char *letter_words(const char *text, struct arena *arena)
{
    size_t left = strlen(text);
    struct buf out = { 0 };

    if (plain(text))
        return text;
    while (left) {
        size_t bytes = left <= WORD_BYTES ? left : text_utf8_cut(text, left, WORD_BYTES);
        buf_add_text(&out, out.length ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
        add_base64(&out, text, bytes);
        buf_add_text(&out, "?=");
        text += bytes;
        left -= bytes;
    }
    const char *words = arena_copy(arena, buf_text(&out), out.length);
    buf_release(&out);
    return words;
}

static void add_date(struct buf *out, int64_t now_us)
{
    static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
                                          "Dec" };
    int64_t s = now_us / 1000000, day = civil_day_of(s), of_day = s - day * 86400;
    struct civil date = civil_from_days(day);

    buf_addf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", days[civil_weekday(date)], date.day,
             months[date.month - 1], date.year, (int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60));
}

/* The text's lines end with CR LF, also inside the base64: that is what text means in a mail. */
static void add_body(struct buf *out, const char *text)
{
    struct buf lines = { 0 };

    for (const char *c = text; *c; c++) {
        if (*c == '\n')
            buf_add_char(&lines, '\r');
        buf_add_char(&lines, *c);
    }
    buf_add_text(&lines, "\r\n");
    for (size_t at = 0; at < lines.length; at += LINE_BYTES) {
        add_base64(out, lines.data + at, lines.length - at < LINE_BYTES ? lines.length - at : LINE_BYTES);
        buf_add_text(out, "\r\n");
    }
    buf_release(&lines);
}

const char *letter_write(const struct letter *l, struct arena *arena)
{
    const char *domain = strchr(l->from, '@');
    struct buf out = { 0 };

    if (l->from_name)
        buf_addf(&out, "From: %s <%s>\r\n", plain(l->from_name) ? arena_format(arena, "\"%s\"", l->from_name)
                                                                : letter_words(l->from_name, arena), l->from);
    else
        buf_addf(&out, "From: %s\r\n", l->from);
    buf_addf(&out, "To: %s\r\nSubject: %s\r\n", l->to, letter_words(l->subject, arena));
    add_date(&out, l->now_us);
    buf_addf(&out, "Message-ID: <%s%s>\r\n", l->message_id, domain ? domain : "@localhost");
    buf_add_text(&out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                       "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n");
    add_body(&out, l->text);
    const char *letter = arena_copy(arena, buf_text(&out), out.length);
    buf_release(&out);
    return letter;
}
