/* settings_print.h - a table of settings as help, as values in force, as an example file, as a manual page. */
#ifndef CORE_IO_SETTINGS_PRINT_H
#define CORE_IO_SETTINGS_PRINT_H

#include "core/base/buf.h"
#include "core/io/settings.h"

void settings_print_help(const struct setting *table, const char *program, const char *about,
                         struct buf *out);
/* One "name = value" with its help above it, as it stands in `from`. */
void settings_print_values(const struct setting *table, const void *from, struct buf *out);
/* A settings file in which every line is commented out and shows its default. */
void settings_print_example(const struct setting *table, const char *program, struct buf *out);
/* roff, section 8. */
void settings_print_manual(const struct setting *table, const char *program, const char *about,
                           struct buf *out);

#endif
