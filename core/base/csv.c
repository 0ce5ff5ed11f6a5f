#include "core/base/csv.h"

#include <string.h>

#include "core/base/buf.h"

void csv_begin(struct csv *csv, const char *text, size_t bytes, char delimiter)
{
    *csv = (struct csv){ .at = text, .end = text + bytes, .delimiter = delimiter, .next_line = 1 };
}

#define REFUSE(csv, en, zh, err)                                                                                       \
    gov_fail((err), GOV_INVALID_INPUT, "line %d of the file: " en, "文件第 %d 行：" zh, (csv)->line)

static bool ends(const struct csv *csv)
{
    return csv->at == csv->end || *csv->at == '\n' || *csv->at == '\r' || *csv->at == csv->delimiter;
}

/* From behind the opening quote. */
static bool quoted_read(struct csv *csv, struct buf *field, struct gov_err *err)
{
    for (; csv->at < csv->end; csv->at++) {
        if (*csv->at == '"' && (csv->at + 1 == csv->end || csv->at[1] != '"')) {
            csv->at++;
            return ends(csv) || REFUSE(csv, "text behind a closing quote", "引号后有多余内容", err);
        }
        csv->at += *csv->at == '"';
        csv->next_line += *csv->at == '\n';
        buf_add_char(field, *csv->at);
    }
    return REFUSE(csv, "a quote that does not end", "引号没有结束", err);
}

static bool field_read(struct csv *csv, struct buf *field, struct gov_err *err)
{
    buf_clear(field);
    if (csv->at < csv->end && *csv->at == '"') {
        csv->at++;
        return quoted_read(csv, field, err);
    }
    while (!ends(csv))
        buf_add_char(field, *csv->at++);
    return true;
}

static void line_end(struct csv *csv)
{
    if (csv->at < csv->end && *csv->at == '\r')
        csv->at++;
    if (csv->at < csv->end && *csv->at == '\n')
        csv->at++;
    csv->next_line++;
}

static bool row_read(struct csv *csv, struct csv_row *row, struct buf *field, struct arena *arena, struct gov_err *err)
{
    row->count = 0;
    csv->line = row->line = csv->next_line;
    for (;;) {
        if (row->count == CSV_FIELDS_MAX)
            return REFUSE(csv, "too many fields", "字段过多", err);
        if (!field_read(csv, field, err))
            return false;
        row->fields[row->count++] = arena_text(arena, buf_text(field));
        if (csv->at == csv->end || *csv->at != csv->delimiter)
            break;
        csv->at++;
    }
    line_end(csv);
    return true;
}

bool csv_next(struct csv *csv, struct csv_row *row, struct arena *arena, struct gov_err *err)
{
    struct buf field = { 0 };
    bool good = true;

    memset(err, 0, sizeof *err);
    do {
        if (csv->at == csv->end) {
            buf_release(&field);
            return false;
        }
        good = row_read(csv, row, &field, arena, err);
    } while (good && row->count == 1 && !*row->fields[0]);
    buf_release(&field);
    return good;
}
