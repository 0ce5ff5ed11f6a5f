#include "worker/intent/consult/redact.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/buf.h"

enum { KEY_BYTES_MIN = 16, ENDING_BYTES_MAX = 5 };

struct quote {
    const char *open, *close;
};

static const struct quote quotes[] = {
    { "\"", "\"" }, { "“", "”" },   { "「", "」" },   { "『", "』" }, { "《", "》" },
    { "‘", "’" },   { "«", "»" },   { "„", "“" },     { "`", "`" },   { "'", "'" },
};

static bool begins(const char *at, const char *end, const char *with)
{
    size_t n = strlen(with);
    return (size_t)(end - at) >= n && memcmp(at, with, n) == 0;
}

static const char *find(const char *at, const char *end, const char *what)
{
    for (; at < end; at++)
        if (begins(at, end, what))
            return at;
    return NULL;
}

static bool word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Part of a token that is looked at as a whole: what addresses, numbers, paths and keys are made of. */
static bool token_byte(char c)
{
    return word_byte(c) || (c && strchr("@._-+/:%=&?#~\\$", c));
}

/* The end of a quoted text that begins at `at`, or NULL. An apostrophe inside a word is none. */
static const char *quoted_end(const char *start, const char *at, const char *end)
{
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
        if (!begins(at, end, quotes[i].open))
            continue;
        if (*at == '\'' && at > start && word_byte(at[-1]))
            return NULL;
        const char *close = find(at + strlen(quotes[i].open), end, quotes[i].close);
        return close ? close + strlen(quotes[i].close) : NULL;
    }
    return NULL;
}

struct kinds {
    size_t digits, letters, dots;
    bool at, scheme, slash;
};

static struct kinds count(const char *token, size_t n)
{
    struct kinds k = { 0 };

    for (size_t i = 0; i < n; i++) {
        k.digits += token[i] >= '0' && token[i] <= '9';
        k.letters += word_byte(token[i]) && !(token[i] >= '0' && token[i] <= '9');
        k.dots += token[i] == '.';
        k.at |= token[i] == '@';
        k.slash |= token[i] == '/' || token[i] == '\\';
        k.scheme |= token[i] == ':' && i + 2 < n && token[i + 1] == '/' && token[i + 2] == '/';
    }
    return k;
}

/* "sales.csv": a short ending of letters and digits behind a dot. */
static bool file_name(const char *token, size_t n)
{
    size_t ending = 0;

    while (ending < n && word_byte(token[n - 1 - ending]))
        ending++;
    return ending > 0 && ending <= ENDING_BYTES_MAX && ending + 1 < n && token[n - 1 - ending] == '.';
}

static const char *kind_of(const char *token, size_t n)
{
    struct kinds k = count(token, n);

    if (k.scheme)
        return "<link>";
    if (k.at)
        return "<email>";
    if (n >= KEY_BYTES_MIN && k.digits && k.letters)
        return "<key>";
    if (k.letters == 0)
        return k.digits ? "<number>" : NULL;
    if (k.slash || file_name(token, n))
        return "<file>";
    return k.digits || n >= 2 * KEY_BYTES_MIN ? "<number>" : NULL;
}

const char *redact_text(const char *text, size_t bytes_max, struct arena *arena)
{
    size_t bytes = strnlen(text, bytes_max);
    const char *end = text + bytes;
    struct buf out = { 0 };

    while (bytes == bytes_max && end > text && ((unsigned char)*end & 0xc0) == 0x80)
        end--;
    for (const char *at = text; at < end;) {
        const char *quote = quoted_end(text, at, end);
        if (quote) {
            buf_add_text(&out, "<text>");
            at = quote;
        } else if (token_byte(*at)) {
            const char *token = at;
            while (at < end && token_byte(*at))
                at++;
            size_t n = (size_t)(at - token), last = n;
            while (last && strchr(".?:-", token[last - 1]))
                last--;
            const char *kind = kind_of(token, last);
            if (kind)
                buf_add_text(&out, kind);
            else
                buf_add(&out, token, last);
            buf_add(&out, token + last, n - last);
        } else {
            buf_add(&out, at++, 1);
        }
    }
    const char *copy = arena_text(arena, buf_text(&out));
    buf_release(&out);
    return copy;
}
