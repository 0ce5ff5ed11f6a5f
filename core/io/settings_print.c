#include "core/io/settings_print.h"

#include <ctype.h>
#include <string.h>

/* Debian's inih takes the 201st byte of a line for a new line, also in a comment. */
enum { COMMENT_COLUMNS = 96 };

static void add_mapped(struct buf *out, const char *name, int (*map)(int c))
{
    for (; *name; name++)
        buf_add_char(out, (char)map((unsigned char)*name));
}

static int to_flag(int c)
{
    return c == '_' ? '-' : c;
}

void settings_print_help(const struct setting *table, const char *program, const char *about,
                         struct buf *out)
{
    buf_addf(out, "usage: %s [--config FILE] [--NAME VALUE ...]\n\n%s\n\nSettings (file: name = value, "
                  "environment: EXECGOV_NAME, flag: --name VALUE):\n\n", program, about);
    for (const struct setting *s = table; s->name; s++) {
        struct buf flag = { 0 };
        buf_add_text(&flag, "--");
        add_mapped(&flag, s->name, to_flag);
        buf_addf(out, "  %-24s %s", flag.data, s->help);
        if (s->fallback && *s->fallback)
            buf_addf(out, " [%s]", s->fallback);
        buf_add_char(out, '\n');
        buf_release(&flag);
    }
    buf_add_text(out, "\n  --print-config           print the settings in force and exit\n"
                      "  --check-config           check them and exit\n"
                      "  --print-example          print a settings file that shows every default\n"
                      "  --man                    print the manual page (roff)\n"
                      "  --version, --help\n");
}

void settings_print_values(const struct setting *table, const void *from, struct buf *out)
{
    for (const struct setting *s = table; s->name; s++) {
        const void *slot = (const char *)from + s->offset;
        const char *text = s->type == SETTING_TEXT ? *(const char *const *)slot : NULL;

        buf_addf(out, "# %s\n%s = ", s->help, s->name);
        if (s->secret)
            buf_add_text(out, text && *text ? "[secret]" : "");
        else if (s->type == SETTING_INT)
            buf_addf(out, "%lld", (long long)*(const int64_t *)slot);
        else if (s->type == SETTING_BOOL)
            buf_add_text(out, *(const bool *)slot ? "true" : "false");
        else
            buf_add_text(out, text ? text : "");
        buf_add_text(out, "\n\n");
    }
}

/* --- example --- */

/* Comment lines, broken at blanks. */
static void add_comment(struct buf *out, const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t word = strcspn(text, " ");
        if (column == 0 || column + 1 + word > COMMENT_COLUMNS) {
            buf_add_text(out, column ? "\n#" : "#");
            column = 1;
        }
        buf_add_char(out, ' ');
        buf_add(out, text, word);
        column += 1 + word;
        text += word;
        text += strspn(text, " ");
    }
    buf_add_char(out, '\n');
}

void settings_print_example(const struct setting *table, const char *program, struct buf *out)
{
    buf_addf(out, "# Settings of %s, made from its table by --print-example. Every line shows the default;\n"
                  "# take the # away to set it. EXECGOV_NAME in the environment and --name VALUE on the\n"
                  "# command line win over this file.\n", program);
    for (const struct setting *s = table; s->name; s++) {
        const char *fallback = s->fallback && !s->secret ? s->fallback : "";

        buf_add_char(out, '\n');
        add_comment(out, s->help);
        if (s->type == SETTING_INT)
            buf_addf(out, "# %lld to %lld\n", (long long)s->min, (long long)s->max);
        buf_addf(out, "#%s =%s%s\n", s->name, *fallback ? " " : "", fallback);
    }
}

/* --- manual --- */

/* Text that roff takes as it is: dashes stay dashes, a line does not begin a request. */
static void add_roff(struct buf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_add_text(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            buf_add_text(out, "\\e");
        else if (*text == '-')
            buf_add_text(out, "\\-");
        else
            buf_add_char(out, *text);
    }
}

static void add_setting(struct buf *out, const struct setting *s)
{
    buf_addf(out, ".TP\n\\fB%s\\fR", s->name);
    if (s->type == SETTING_INT)
        buf_addf(out, " (%lld to %lld)", (long long)s->min, (long long)s->max);
    buf_add_char(out, '\n');
    add_roff(out, s->help);
    if (s->fallback && *s->fallback && !s->secret) {
        buf_add_text(out, "; default \\fI");
        add_roff(out, s->fallback);
        buf_add_text(out, "\\fR");
    }
    buf_add_char(out, '\n');
}

static void add_option(struct buf *out, const char *option, const char *help)
{
    buf_add_text(out, ".TP\n\\fB");
    add_roff(out, option);
    buf_add_text(out, "\\fR\n");
    add_roff(out, help);
    buf_add_char(out, '\n');
}

void settings_print_manual(const struct setting *table, const char *program, const char *about,
                           struct buf *out)
{
    buf_add_text(out, ".TH ");
    add_mapped(out, program, toupper);
    buf_add_text(out, " 8 \"\" \"ExecGov " EXECGOV_VERSION "\" \"System Administration\"\n.SH NAME\n");
    add_roff(out, program);
    buf_add_text(out, " \\- ");
    add_roff(out, about);
    buf_add_text(out, "\n.SH SYNOPSIS\n.B ");
    add_roff(out, program);
    buf_add_text(out, "\n[\\fB\\-\\-config\\fR \\fIFILE\\fR] [\\fB\\-\\-NAME\\fR \\fIVALUE\\fR ...]\n"
                      ".SH SETTINGS\nA setting \\fBname\\fR is a line \\fBname = value\\fR of the "
                      "settings file, \\fBEXECGOV_NAME\\fR in the environment, \\fB\\-\\-name\\fR on the "
                      "command line; the later wins. They are read once, at start.\n");
    for (const struct setting *s = table; s->name; s++)
        add_setting(out, s);
    buf_add_text(out, ".SH OPTIONS\n");
    add_option(out, "--config FILE", "The settings file; else the one EXECGOV_CONFIG names.");
    add_option(out, "--print-config", "Print the settings in force and exit.");
    add_option(out, "--check-config", "Check them and exit.");
    add_option(out, "--print-example", "Print a settings file that shows every default.");
    add_option(out, "--man", "Print this page.");
    add_option(out, "--version, --help", "What they say.");
    buf_add_text(out, ".SH SIGNALS\nSIGTERM and SIGINT drain: nothing new is begun, what runs may end.\n"
                      ".SH EXIT STATUS\n");
    add_option(out, "0", "Ended as asked.");
    add_option(out, "1", "Could not start; its log says why.");
    add_option(out, "2", "The command line or a setting is wrong.");
    add_option(out, "3", "A worker had to give work back.");
    buf_add_text(out, ".SH SEE ALSO\n.BR execgov (1)\n");
}
