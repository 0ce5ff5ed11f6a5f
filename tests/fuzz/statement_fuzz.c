/* A bank's file behind a mapping, a zero byte between them: it is taken whole, with dates, amounts and references that
 * a line of a statement may have, or refused with a word; never half. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/model/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void text_check(const char *text)
{
    CHECK(text_utf8_valid(text, strlen(text)));
}

static void line_check(const struct statement_line *line)
{
    CHECK(line->line > 0 && line->reference && *line->reference && strlen(line->currency) == 3);
    CHECK(civil_valid(line->date));
    CHECK(line->order_count >= 0 && line->order_count <= STATEMENT_ORDERS_MAX);
    text_check(line->reference);
    if (line->payer)
        text_check(line->payer);
    if (line->memo)
        text_check(line->memo);
    for (int i = 0; i < line->order_count; i++)
        for (int other = 0; other < i; other++)
            CHECK(strcmp(line->orders[i], line->orders[other]) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct statement_format format;
    struct statement statement;
    struct gov_err err = { 0 };
    struct arena arena;
    const uint8_t *between = memchr(data, 0, bytes);

    if (!between)
        return 0;
    size_t ahead = (size_t)(between - data);
    json_t *mapping = json_loadb((const char *)data, ahead, 0, NULL);
    if (!mapping)
        return 0;
    arena_init(&arena);
    if (!statement_format_read(mapping, &format, &err)) {
        CHECK(err.code == GOV_INVALID_INPUT);
    } else if (statement_read(&format, (const char *)between + 1, bytes - ahead - 1, &statement, &arena, &err)) {
        CHECK(statement.count <= STATEMENT_LINES_MAX);
        for (size_t i = 0; i < statement.count; i++)
            line_check(&statement.lines[i]);
        json_t *shown = statement_json(&statement);
        CHECK(json_array_size(shown) == statement.count);
        json_decref(shown);
    } else {
        CHECK(err.code == GOV_INVALID_INPUT);
    }
    arena_release(&arena);
    json_decref(mapping);
    return 0;
}
