/* fapiao.h - the tax office's invoice (fapiao) for one of ours: what it may say, and files of many.
 *
 *     invoice,number,code,issued_on[,status]        账单编号,发票号码,发票代码,开票日期[,状态]
 *     MAIN-2026-000001,12345678901234567890,,2026-11-26
 *
 * The first row names the columns, in any order, in either language; others are passed over. A row that cannot be read is a fault with
 * its line: a file is taken whole or not at all.
 */
#ifndef CORE_MODEL_FAPIAO_H
#define CORE_MODEL_FAPIAO_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum { FAPIAO_LINES_MAX = 5000, FAPIAO_BYTES_MAX = 4 * 1024 * 1024 };

struct fapiao {
    const char *status;              /* none, requested, issued, red_lettered */
    const char *code, *number, *day; /* NULL: not said */
};
extern const char *const fapiao_statuses[]; /* NULL-terminated */

/* One of paper has a code of 10 or 12 digits and a number of 8; one without paper has a number of 20 alone. False: INVALID_INPUT. */
bool fapiao_check(const struct fapiao *fapiao, struct gov_err *err);

/* [{line, invoice, status, number, code?, issued_on}, …] in the arena; a status that is not said is issued. NULL: INVALID_INPUT. */
json_t *fapiao_file_read(const char *data, size_t bytes, struct arena *arena, struct gov_err *err);

#endif
