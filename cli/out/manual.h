/* manual.h - help on the terminal and the manual page, made from the table of commands. */
#ifndef CLI_OUT_MANUAL_H
#define CLI_OUT_MANUAL_H

#include <stddef.h>

#include "cli/command.h"
#include "core/base/buf.h"
#include "core/base/err.h"

/* All commands, or those that begin with `words`. */
void manual_overview(const char *const *words, size_t count, enum gov_language language,
                     struct buf *out);
/* One command with its options. */
void manual_command(const struct command *command, enum gov_language language, struct buf *out);
/* execgov(1) in roff, man macros. */
void manual_page(enum gov_language language, struct buf *out);

#endif
