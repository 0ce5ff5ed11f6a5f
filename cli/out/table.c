#include "cli/out/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/out/term.h"
#include "core/base/check.h"

enum { GAP = 2, FLEXIBLE_LEAST = 8 };

void table_init(struct table *table, struct arena *arena)
{
    memset(table, 0, sizeof *table);
    table->arena = arena;
}

void table_column(struct table *table, const char *en, const char *zh)
{
    CHECK(table->columns < TABLE_COLUMNS_MAX && table->rows == 0);
    table->headings[table->columns++] = (struct gov_text){ en, zh };
}

void table_column_right(struct table *table, const char *en, const char *zh)
{
    table_column(table, en, zh);
    table->right[table->columns - 1] = true;
}

void table_column_flexible(struct table *table, const char *en, const char *zh)
{
    table_column(table, en, zh);
    table->flexible[table->columns - 1] = true;
}

void table_row(struct table *table)
{
    if (table->rows == table->room) {
        size_t room = table->room ? table->room * 2 : 32;
        char **cells = ARENA_ARRAY(table->arena, char *, room * table->columns);
        if (table->rows > 0)
            memcpy(cells, table->cells, table->rows * table->columns * sizeof *cells);
        table->cells = cells;
        table->room = room;
    }
    table->rows++;
}

void table_cell(struct table *table, const char *text)
{
    char **row = table->cells + (table->rows - 1) * table->columns;
    size_t at = 0;

    while (at < table->columns && row[at])
        at++;
    CHECK(at < table->columns);
    char *shown = term_visible(text ? text : "-", true);
    row[at] = arena_text(table->arena, shown);
    free(shown);
}

void table_cellf(struct table *table, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    table_cell(table, arena_vformat(table->arena, format, args));
    va_end(args);
}

static const char *cell_text(const struct table *table, size_t row, size_t column)
{
    const char *text = table->cells[row * table->columns + column];
    return text ? text : "";
}

static void measure(const struct table *table, enum gov_language language, int screen,
                    int widths[TABLE_COLUMNS_MAX])
{
    int total = 0;

    for (size_t c = 0; c < table->columns; c++) {
        widths[c] = term_width(gov_text_in(table->headings[c], language));
        for (size_t r = 0; r < table->rows; r++) {
            int width = term_width(cell_text(table, r, c));
            widths[c] = width > widths[c] ? width : widths[c];
        }
        total += widths[c] + (c + 1 < table->columns ? GAP : 0);
    }
    /* The widest flexible column gives way until it fits, or until none can give any more. */
    while (screen > 0 && total > screen) {
        size_t widest = table->columns;
        for (size_t c = 0; c < table->columns; c++)
            if (table->flexible[c] && widths[c] > FLEXIBLE_LEAST &&
                (widest == table->columns || widths[c] > widths[widest]))
                widest = c;
        if (widest == table->columns)
            return;
        widths[widest]--;
        total--;
    }
}

static void print_cell(const char *text, int width, bool right, bool last, struct buf *out)
{
    struct buf cut = { 0 };

    term_cut(text, width, &cut);
    int pad = width - term_width(buf_text(&cut));
    for (int i = 0; right && i < pad; i++)
        buf_add_char(out, ' ');
    buf_add_text(out, buf_text(&cut));
    for (int i = 0; !last && i < GAP + (right ? 0 : pad); i++)
        buf_add_char(out, ' ');
    buf_release(&cut);
}

void table_print(const struct table *table, enum gov_language language, int columns, bool bold,
                 struct buf *out)
{
    int widths[TABLE_COLUMNS_MAX];

    measure(table, language, columns, widths);
    buf_add_text(out, bold ? "\033[1m" : "");
    for (size_t c = 0; c < table->columns; c++)
        print_cell(gov_text_in(table->headings[c], language), widths[c], table->right[c],
                   c + 1 == table->columns, out);
    buf_add_text(out, bold ? "\033[0m\n" : "\n");
    for (size_t r = 0; r < table->rows; r++) {
        for (size_t c = 0; c < table->columns; c++)
            print_cell(cell_text(table, r, c), widths[c], table->right[c], c + 1 == table->columns,
                       out);
        buf_add_char(out, '\n');
    }
}
