/* table.h - rows under headings, aligned by what characters really take on a screen. */
#ifndef CLI_OUT_TABLE_H
#define CLI_OUT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"

enum { TABLE_COLUMNS_MAX = 10 };

struct table {
    struct arena *arena;
    size_t columns;
    struct gov_text headings[TABLE_COLUMNS_MAX];
    bool right[TABLE_COLUMNS_MAX];    /* numbers: aligned right */
    bool flexible[TABLE_COLUMNS_MAX]; /* cut first when the screen is narrow */
    char **cells;                     /* rows x columns, in the arena */
    size_t rows, room;
};

void table_init(struct table *table, struct arena *arena);
void table_column(struct table *table, const char *en, const char *zh);
void table_column_right(struct table *table, const char *en, const char *zh);
void table_column_flexible(struct table *table, const char *en, const char *zh);

/* Begin a row, then add its cells from left to right. NULL is shown as "-"; hidden characters are
 * made visible. Missing cells are empty. */
void table_row(struct table *table);
void table_cell(struct table *table, const char *text);
void table_cellf(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Headings and rows. `columns` > 0 is the width of the screen: flexible columns give way, down to 8.
 * `bold` headings on a colour terminal. */
void table_print(const struct table *table, enum gov_language language, int columns, bool bold,
                 struct buf *out);

#endif
