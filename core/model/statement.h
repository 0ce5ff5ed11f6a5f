/* statement.h - account statements and settlement files: rows of a CSV, read by a mapping with the bank's own names.
 *
 *     {"encoding": "auto", "delimiter": ",", "decimal": ".", "date_format": "YYYY-MM-DD", "currency": "CNY", "footer": "合计",
 *      "columns": {"date": "交易日期", "amount": "收入金额", "reference": "流水号", "payer": "对方户名", "memo": "附言"}}
 *
 * The header is the first row that has all named columns: what a bank prints above it is passed over. A row that
 * cannot be read is a fault with its line: a statement is taken whole or not at all.
 */
#ifndef CORE_MODEL_STATEMENT_H
#define CORE_MODEL_STATEMENT_H

#include <jansson.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/charset.h"
#include "core/base/civil.h"
#include "core/base/err.h"

enum {
    STATEMENT_LINES_MAX = 5000,
    STATEMENT_BYTES_MAX = 4 * 1024 * 1024,
    STATEMENT_TEXT_BYTES_MAX = 200,
    STATEMENT_ORDERS_MAX = 9 /* named by one line; more are passed over */
};

enum statement_column {
    STATEMENT_DATE,
    STATEMENT_AMOUNT, /* what came in; negative or empty: it went out */
    STATEMENT_REFERENCE,
    STATEMENT_PAYER,
    STATEMENT_MEMO,
    STATEMENT_ORDER,
    STATEMENT_CURRENCY,
    STATEMENT_COLUMNS
};

struct statement_format {
    enum charset charset;
    char delimiter;
    char decimal; /* '.' or ','; the other one, or a blank, may stand between groups of three digits */
    const char *date_format;
    const char *currency; /* where no column says */
    const char *footer;   /* a row beginning so ends the file; NULL: none */
    const char *columns[STATEMENT_COLUMNS]; /* names in the header; NULL: not there */
};
/* Texts are borrowed from `json`. False: INVALID_INPUT with what does not fit. */
bool statement_format_read(const json_t *json, struct statement_format *format, struct gov_err *err);

struct statement_line {
    int line;
    struct civil date;
    int64_t amount_minor;
    const char *currency, *reference;
    const char *payer, *memo; /* NULL: not there */
    const char *orders[STATEMENT_ORDERS_MAX]; /* numbers of orders, each once; the first is the line's */
    int order_count;
};

struct statement {
    struct statement_line *lines;
    size_t count;
    size_t outgoing; /* rows without an amount that came in, left out unless negative */
};

/* Negative amounts are kept (refunds of a provider's file); empty ones are left out. */
bool statement_read(const struct statement_format *format, const char *data, size_t bytes, struct statement *statement,
                    struct arena *arena, struct gov_err *err);

/* [{line, date, amount_minor, currency, reference, payer?, memo?, order_no?, order_nos? (more than one)}, …] */
json_t *statement_json(const struct statement *statement);

#endif
