/* term.h - what a terminal needs: widths, safe text, questions. */
#ifndef CLI_OUT_TERM_H
#define CLI_OUT_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct cli;

/* Columns a text takes: 2 for CJK and emoji, 0 for combining marks. Needs a UTF-8 LC_CTYPE. */
int term_width(const char *text);

/* The longest beginning of `text` that takes at most `columns`, ended with "…" if it was cut. */
void term_cut(const char *text, int columns, struct buf *out);

/* A copy of `text` that cannot command a terminal: control, bidi and zero-width characters become
 * \x1b, \u{202e} and the like; bytes that are not UTF-8 become \xff. `one_line` also turns newlines
 * into spaces; otherwise newlines and tabs stay. free() it. */
char *term_visible(const char *text, bool one_line);

/* Columns of the terminal on stdout; 0 if it is none. */
int term_columns(void);

/* Ask on the terminal. The answer (without newline) lives in the cli's arena. False: no terminal, or
 * it was closed. `secret` turns the echo off, also when a signal ends the program. */
bool term_ask(struct cli *cli, const char *question, bool secret, const char **answer,
              struct gov_err *err);

/* y/yes/是: true. Anything else, and no terminal: false. */
bool term_agree(struct cli *cli, const char *question);

/* One line of standard input, for --password-stdin. */
bool term_line_stdin(struct cli *cli, const char **line, struct gov_err *err);

#endif
