/* split.c - as much of a shell as is needed to know that none is needed.
 *
 * Of what a shell would do only one thing is understood: $(date …), which becomes a computed input.
 */
#include <ctype.h>
#include <string.h>

#include "cli/crontab/crontab.h"
#include "core/base/buf.h"
#include "core/base/text.h"

struct splitter {
    const char *at;
    struct crontab_words *out;
    struct buf word;
    bool in_word;
    json_t *computed;
    struct arena *arena;
};

static bool needs_shell(struct splitter *s, const char *en, const char *zh)
{
    s->out->shell = (struct gov_text){ en, zh };
    return false;
}

static void word_end(struct splitter *s)
{
    if (s->in_word)
        s->out->words[s->out->count++] =
            (struct crontab_word){ arena_text(s->arena, buf_text(&s->word)), s->computed };
    buf_clear(&s->word);
    s->in_word = false;
    s->computed = NULL;
}

/* --- $(date …) --- */

static json_t *fire_json(struct splitter *s, const char *terms, const char *format)
{
    json_t *value = json_pack("{s:s, s:s*}", "$fire", terms, "format", format);
    arena_defer(s->arena, (void (*)(void *))json_decref, value);
    return value;
}

/* What date -d calls a day, in the words of a computed input; NULL: not understood. */
static const char *terms_of(const char *day)
{
    static const struct {
        const char *day, *terms;
    } known[] = {
        { "today", "" },          { "now", "" },           { "yesterday", "-1 day" },
        { "tomorrow", "+1 day" }, { "last month", "-1 month" }, { "next month", "+1 month" },
        { "last week", "-1 week" }, { "last year", "-1 year" }, { "1 day ago", "-1 day" },
        { "1 month ago", "-1 month" }, { "1 week ago", "-1 week" },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].day, day) == 0)
            return known[i].terms;
    return (*day == '-' || *day == '+') && isdigit((unsigned char)day[1]) ? day : NULL;
}

/* The words inside $( ); true: s->computed is set. */
static bool read_date(struct splitter *s, const char *inside)
{
    struct crontab_words w;
    const char *format = "%a %b %e %H:%M:%S %Z %Y", *terms = "";

    crontab_split(inside, &w, s->arena);
    if (w.shell.en || w.count == 0 || strcmp(w.words[0].text, "date") != 0)
        return false;
    for (size_t i = 1; i < w.count; i++) {
        const char *text = w.words[i].text;
        if (*text == '+')
            format = text + 1;
        else if (text_starts(text, "--date="))
            terms = terms_of(text + 7);
        else if (strcmp(text, "-d") == 0 && i + 1 < w.count)
            terms = terms_of(w.words[++i].text);
        else
            return false;
    }
    for (const char *p = strchr(format, '%'); p; p = strchr(p + 2, '%'))
        if (!p[1] || !strchr("YymdjHMSFTGVusz%", p[1]))
            return false;
    if (!terms)
        return false;
    s->computed = fire_json(s, terms, format);
    s->in_word = true;
    return true;
}

/* At "$": a date at the end of a word, or something that only a shell knows. */
static bool read_dollar(struct splitter *s)
{
    const char *close = s->at[1] == '(' ? strchr(s->at, ')') : NULL;

    if (close && read_date(s, arena_copy(s->arena, s->at + 2, (size_t)(close - s->at) - 2))) {
        s->at = close + 1;
        return true;
    }
    return needs_shell(s, "it uses a variable or the output of a command", "它使用变量或其他命令的输出");
}

/* --- words --- */

static bool read_quoted(struct splitter *s, char quote)
{
    s->in_word = true;
    for (s->at++; *s->at && *s->at != quote;) {
        if (quote == '"' && *s->at == '$') {
            if (!read_dollar(s))
                return false;
            continue;
        }
        if (quote == '"' && *s->at == '`')
            return needs_shell(s, "it uses the output of a command", "它使用其他命令的输出");
        if (quote == '"' && *s->at == '\\' && s->at[1] && strchr("\"\\$`", s->at[1]))
            s->at++;
        buf_add_char(&s->word, *s->at++);
    }
    if (!*s->at)
        return needs_shell(s, "a quote is not closed", "引号未闭合");
    s->at++;
    return true;
}

/* ">file", "2>&1", ">> file", "&> file", "< /dev/null": left out. False: not one of these. */
static bool skip_redirection(struct splitter *s)
{
    const char *at = s->at;

    if ((*at == '&' || isdigit((unsigned char)*at)) && at[1] == '>')
        at++;
    bool in = *at == '<' && strncmp(at + 1 + strspn(at + 1, " \t"), "/dev/null", 9) == 0;
    if (*at != '>' && !in)
        return false;
    at += strspn(at, ">|&");
    at += *at == '<';
    at += strspn(at, " \t");
    s->at = at + strcspn(at, " \t;|");
    return true;
}

static bool read_char(struct splitter *s)
{
    char c = *s->at;

    if (c == ' ' || c == '\t') {
        word_end(s);
        s->at++;
        return true;
    }
    if (!s->in_word && skip_redirection(s))
        return true;
    if (c == '>')
        return word_end(s), skip_redirection(s);
    if (c == '\'' || c == '"')
        return read_quoted(s, c);
    if (c == '$')
        return read_dollar(s);
    if (strchr("|;&", c))
        return needs_shell(s, "it is more than one command", "它包含多个命令");
    if (strchr("`<(){}*?[]~", c))
        return needs_shell(s, "it uses what only a shell knows", "它使用了只有 shell 才懂的写法");
    if (c == '\\' && s->at[1])
        c = *++s->at;
    if (s->computed)
        return needs_shell(s, "something follows a date in one word", "日期之后同一单词中还有内容");
    buf_add_char(&s->word, c);
    s->in_word = true;
    s->at++;
    return true;
}

void crontab_split(const char *command, struct crontab_words *words, struct arena *arena)
{
    struct splitter s = { .at = command, .out = words, .arena = arena };

    *words = (struct crontab_words){ ARENA_ARRAY(arena, struct crontab_word, strlen(command) + 1), 0,
                                     { NULL, NULL } };
    while (*s.at && read_char(&s))
        ;
    if (!words->shell.en)
        word_end(&s);
    buf_release(&s.word);
}
