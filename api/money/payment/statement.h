/* statement.h - a bank's or provider's file that came as JSON: {format, file_name, content (base64), …} and what is in it. */
#ifndef API_MONEY_PAYMENT_STATEMENT_H
#define API_MONEY_PAYMENT_STATEMENT_H

#include "api/call.h"
#include "core/io/crypto/crypto.h"
#include "core/model/statement.h"

struct statement_file {
    const char *format, *file_name, *content; /* of the body */
    unsigned char *bytes;                     /* decoded */
    size_t count;
    char sha256[CRYPTO_HEX_BYTES];
    struct statement_format mapping;
    struct statement statement;
    json_t *lines;
    struct arena *arena;
    struct db_rows rows; /* of statement_format_page.sql */
};

/* Members of the body that every import has, for the table of its fields. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type does not stand in parentheses there */
#define STATEMENT_FILE_FIELDS(type, member)                                                                            \
    { "format", JSON_FIELD_SLUG, true, offsetof(type, member.format), 0, 0, NULL },                                   \
    { "file_name", JSON_FIELD_TEXT, true, offsetof(type, member.file_name), 1, 200, NULL },                            \
    { "content", JSON_FIELD_TEXT, true, offsetof(type, member.content), 1, STATEMENT_BYTES_MAX / 3 * 4 + 8, NULL }
/* NOLINTEND(bugprone-macro-parentheses) */

/* First: decode, and ask for the format (I/O of `op`). Then: read it on a pool thread (I/O of `op`). After that `lines` is
 * there. False: `err`. */
bool statement_file_begin(struct op *op, struct call *call, struct statement_file *file, struct gov_err *err);
bool statement_file_read(struct op *op, struct statement_file *file, struct gov_err *err);

#endif
