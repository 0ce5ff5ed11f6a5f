/* names.c - normalising, component by component. */
#include "worker/sandbox/unpack/names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "core/base/text.h"

/* Into UTF-8; false if it is neither. */
static bool to_utf8(const char *raw, iconv_t gb18030, char out[NAME_PATH_BYTES * 2], bool *was_gbk)
{
    char *in = (char *)raw, *to = out;
    size_t left = strlen(raw), room = NAME_PATH_BYTES * 2 - 1;

    *was_gbk = false;
    if (text_utf8_valid(raw, left)) {
        memcpy(out, raw, left + 1);
        return true;
    }
    if (gb18030 == (iconv_t)-1)
        return false;
    iconv(gb18030, NULL, NULL, NULL, NULL);
    if (iconv(gb18030, &in, &left, &to, &room) == (size_t)-1 || left > 0)
        return false;
    *to = 0;
    *was_gbk = true;
    return text_utf8_valid(out, strlen(out));
}

/* For a finding: what cannot be shown becomes '?'. */
static void show(const char *raw, char out[NAME_PATH_BYTES])
{
    size_t n = 0, left = strlen(raw);

    while (left > 0 && n < NAME_PATH_BYTES - 5) {
        uint32_t c;
        size_t length = text_utf8_decode(raw, left, &c);
        if (length == 0 || text_code_point_hidden(c) || c == '\t' || c == '\n') {
            out[n++] = '?';
            length = length ? length : 1;
        } else {
            memcpy(out + n, raw, length);
            n += length;
        }
        raw += length;
        left -= length;
    }
    out[n] = 0;
}

static bool ignored_part(const char *part)
{
    return part[0] == '.' || strcmp(part, "__MACOSX") == 0 || strcmp(part, "__pycache__") == 0 ||
           strcmp(part, "Thumbs.db") == 0 || strcmp(part, "desktop.ini") == 0;
}

/* One component, NUL-terminated. */
static enum name_verdict part_verdict(const char *part)
{
    const char *why = "";

    if (strcmp(part, "..") == 0)
        return NAME_DOTDOT;
    for (size_t i = 0, n, left = strlen(part); left > 0; i += n, left -= n) {
        uint32_t c;
        n = text_utf8_decode(part + i, left, &c);
        if (text_code_point_hidden(c))
            return NAME_HIDDEN;
    }
    if (ignored_part(part))
        return NAME_IGNORE;
    return text_file_name_valid(part, &why) ? NAME_TAKE : NAME_INVALID;
}

/* IGNORE wins over TAKE, a fault over both; the first fault is the one told. */
static enum name_verdict worse(enum name_verdict a, enum name_verdict b)
{
    return a > NAME_IGNORE ? a : b > NAME_IGNORE ? b : a > b ? a : b;
}

static bool names_drive(const char *path)
{
    return isalpha((unsigned char)path[0]) && path[1] == ':';
}

enum name_verdict name_normalise(const char *raw, iconv_t gb18030, struct name *name)
{
    char text[NAME_PATH_BYTES * 2], *part, *rest = text;
    enum name_verdict verdict = NAME_TAKE;
    size_t at = 0;
    int depth = 0;

    memset(name, 0, sizeof *name);
    show(raw, name->path);
    if (strlen(raw) >= NAME_PATH_BYTES)
        return NAME_TOO_LONG;
    if (!to_utf8(raw, gb18030, text, &name->was_gbk))
        return NAME_ENCODING;
    show(text, name->path);
    for (char *c = text; *c; c++) {
        if (*c == '\\')
            *c = '/';
    }
    if (text[0] == '/' || names_drive(text))
        return NAME_ABSOLUTE;
    char path[NAME_PATH_BYTES] = "";
    while ((part = strsep(&rest, "/"))) {
        if (!*part || strcmp(part, ".") == 0)
            continue;
        verdict = worse(verdict, part_verdict(part));
        if (verdict > NAME_IGNORE)
            return verdict;
        int n = snprintf(path + at, sizeof path - at, "%s%s", at ? "/" : "", part);
        if (n < 0 || (size_t)n >= sizeof path - at)
            return NAME_TOO_LONG;
        at += (size_t)n;
        if (++depth > NAME_DEPTH_MAX)
            return NAME_TOO_DEEP;
    }
    if (at == 0)
        return NAME_EMPTY;
    if (names_drive(path)) /* "./c:/x" */
        return NAME_ABSOLUTE;
    memcpy(name->path, path, at + 1);
    return verdict;
}

static const char *fold(struct arena *arena, const char *path)
{
    size_t n = strlen(path);
    wchar_t *wide = ARENA_ARRAY(arena, wchar_t, n + 1);
    char *out = arena_alloc(arena, n * 4 + 1);

    if (mbstowcs(wide, path, n + 1) == (size_t)-1)
        return arena_text(arena, path);
    for (wchar_t *c = wide; *c; c++)
        *c = (wchar_t)towlower((wint_t)*c);
    if (wcstombs(out, wide, n * 4 + 1) == (size_t)-1)
        return arena_text(arena, path);
    return out;
}

static enum name_clash add_one(struct name_set *set, const char *path, bool is_file)
{
    const char *folded = fold(set->arena, path);

    for (size_t i = 0; i < set->count; i++) {
        const struct name_seen *s = &set->seen[i];
        if (strcmp(s->folded, folded) != 0)
            continue;
        if (strcmp(s->original, path) != 0)
            return NAME_CASE_DUPLICATE;
        return s->is_file || is_file ? NAME_DUPLICATE : NAME_NEW;
    }
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 64;
        struct name_seen *seen = ARENA_ARRAY(set->arena, struct name_seen, set->capacity);
        if (set->count)
            memcpy(seen, set->seen, set->count * sizeof *seen);
        set->seen = seen;
    }
    set->seen[set->count++] = (struct name_seen){ folded, arena_text(set->arena, path), is_file };
    return NAME_NEW;
}

enum name_clash name_set_add(struct name_set *set, const char *path)
{
    char part[NAME_PATH_BYTES];
    enum name_clash clash = NAME_NEW;

    for (size_t i = 1; clash == NAME_NEW && path[i - 1] && i < sizeof part; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        clash = add_one(set, part, path[i] == 0);
    }
    return clash;
}
