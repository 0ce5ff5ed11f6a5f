/* readme.c - enough Markdown to find a heading and a paragraph, line by line.
 *
 * Left out before the first paragraph: images and badges, HTML, tables, lists, quotes, fenced code.
 */
#include "core/model/skill/readme.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/text.h"

enum { TITLE_BYTES = 120, DESCRIPTION_BYTES = 500, READ_BYTES_MAX = 64 * 1024 };

struct line {
    const char *text;
    size_t bytes;
};

static struct line line_next(const char **at, const char *end)
{
    const char *start = *at;
    const char *stop = memchr(start, '\n', (size_t)(end - start));
    *at = stop ? stop + 1 : end;
    if (!stop)
        stop = end;
    while (start < stop && (*start == ' ' || *start == '\t'))
        start++;
    while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
        stop--;
    return (struct line){ start, (size_t)(stop - start) };
}

static bool begins(struct line line, const char *with)
{
    size_t bytes = strlen(with);
    return line.bytes >= bytes && memcmp(line.text, with, bytes) == 0;
}

/* A heading's text; its bytes are 0 if the line is no heading. */
static struct line heading(struct line line)
{
    size_t marks = 0;
    while (marks < line.bytes && line.text[marks] == '#')
        marks++;
    if (marks == 0 || marks > 6 || marks == line.bytes || line.text[marks] != ' ')
        return (struct line){ line.text, 0 };
    while (marks < line.bytes && line.text[marks] == ' ')
        marks++;
    return (struct line){ line.text + marks, line.bytes - marks };
}

static bool is_ornament(struct line line)
{
    static const char *const starts[] = { "![", "[![", "<", "|", "- ", "* ", "> ", "---", "===" };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (begins(line, starts[i]))
            return true;
    return false;
}

static void add_visible(struct buf *out, struct line line)
{
    uint32_t c;
    for (size_t i = 0; i < line.bytes;) {
        size_t n = text_utf8_decode(line.text + i, line.bytes - i, &c);
        if (n == 0)
            return;
        if (!text_code_point_hidden(c))
            buf_add(out, line.text + i, n);
        i += n;
    }
}

static const char *finish(struct buf *text, size_t most, struct arena *arena)
{
    const char *copy = NULL;
    if (text->length)
        copy = arena_copy(arena, text->data, text_utf8_cut(text->data, text->length, most));
    buf_release(text);
    return copy;
}

struct skill_readme skill_readme_read(const char *text, size_t bytes, struct arena *arena)
{
    struct buf title = { 0 }, paragraph = { 0 };
    bool in_code = false;

    if (!text || !text_utf8_valid(text, bytes))
        return (struct skill_readme){ 0 };
    bytes = text_utf8_cut(text, bytes, READ_BYTES_MAX);
    const char *at = text, *end = text + bytes;
    if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (at < end) {
        struct line line = line_next(&at, end);
        if (begins(line, "```") || begins(line, "~~~")) {
            in_code = !in_code;
            line.bytes = 0;
        }
        struct line head = heading(line);
        if (head.bytes && !in_code && !title.length && !paragraph.length)
            add_visible(&title, head);
        if (line.bytes == 0 || head.bytes || in_code || is_ornament(line)) {
            if (paragraph.length)
                break;
            continue;
        }
        if (paragraph.length)
            buf_add_char(&paragraph, ' ');
        add_visible(&paragraph, line);
        if (paragraph.length > DESCRIPTION_BYTES)
            break;
    }
    struct skill_readme readme;
    readme.title = finish(&title, TITLE_BYTES, arena);
    readme.description = finish(&paragraph, DESCRIPTION_BYTES, arena);
    return readme;
}
