#include "core/base/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"

static const char *const names[] = { "auto", "utf-8", "gb18030" };

bool charset_parse(const char *name, enum charset *charset)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *charset = (enum charset)i;
            return true;
        }
    return false;
}

static void *refuse(struct gov_err *err, enum charset charset, size_t at)
{
    const char *name = charset == CHARSET_AUTO ? "UTF-8 / GB18030" : names[charset];

    gov_fail(err, GOV_INVALID_INPUT, "the file is no text in %s (byte %zu); export it as CSV in UTF-8 or GB18030",
             "文件不是 %s 文本（第 %zu 字节）；请以 UTF-8 或 GB18030 导出 CSV", name, at);
    return NULL;
}

/* "Export it as UTF-8" helps nobody whose file is in UTF-8 already. */
static void *refuse_utf8(struct gov_err *err)
{
    gov_fail(err, GOV_INVALID_INPUT, "the file is in UTF-8, and this format reads gb18030 only; \"encoding\": \"auto\" in the format takes both",
             "文件是 UTF-8，而该格式只读取 gb18030；在格式中设置 \"encoding\": \"auto\" 可同时支持两者");
    return NULL;
}

static const char *converted(enum charset charset, const char *data, size_t bytes, struct arena *arena, size_t *out_bytes, struct gov_err *err)
{
    iconv_t way = iconv_open("UTF-8", "GB18030");
    size_t room = bytes * 2 + 1, left = room - 1, todo = bytes; /* two bytes become three at most, one stays one */
    char *text = arena_alloc(arena, room), *to = text, *from = (char *)data;

    CHECK(way != (iconv_t)-1);
    size_t result = iconv(way, &from, &todo, &to, &left);
    iconv_close(way);
    if (result == (size_t)-1)
        return charset == CHARSET_GB18030 && text_utf8_valid(data, bytes) ? refuse_utf8(err) : refuse(err, charset, bytes - todo);
    *to = '\0';
    *out_bytes = (size_t)(to - text);
    return text;
}

const char *charset_utf8(enum charset charset, const char *data, size_t bytes, struct arena *arena, size_t *out_bytes,
                         struct gov_err *err)
{
    const char *nul = memchr(data, 0, bytes);
    bool valid = text_utf8_valid(data, bytes);

    if (nul)
        return refuse(err, charset, (size_t)(nul - data));
    if (charset == CHARSET_GB18030 || (charset == CHARSET_AUTO && !valid))
        return converted(charset, data, bytes, arena, out_bytes, err);
    if (!valid)
        return refuse(err, CHARSET_UTF_8, 0);
    size_t mark = bytes >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    char *text = arena_alloc(arena, bytes - mark + 1);
    memcpy(text, data + mark, bytes - mark);
    text[bytes - mark] = '\0';
    *out_bytes = bytes - mark;
    return text;
}
