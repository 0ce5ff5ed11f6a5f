#include "core/store/incarnation.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/io/crypto.h"
#include "core/io/op_sleep.h"

struct reading {
    struct op op;
    struct db *db;
    struct db_rows rows;
    struct gov_err err;
    int64_t until_us;
    bool sent;
};

/* Asks until there is an answer or patience ends. */
static enum op_next ask(struct op *op)
{
    struct reading *r = (struct reading *)op;

    if (!r->sent) {
        struct db_group *g = db_group_new(op, r->db, &DB_PUBLIC);
        db_group_add(g, SQL_QUERIES_DATABASE_INCARNATION, &r->rows, 0, NULL);
        db_group_tolerate(g, &r->err);
        db_group_send(g);
        r->sent = true;
        return OP_AGAIN;
    }
    if (!r->err.code)
        return OP_DONE;
    if (clock_mono_us() > r->until_us) {
        op->err = r->err;
        return OP_FAIL;
    }
    log_error(LEVEL_WARN, "start.waiting_for_database", &r->err);
    r->sent = false;
    op_sleep(op, 500);
    return OP_AGAIN;
}

static const struct op_step steps[] = { { "ask", ask }, { 0 } };

bool incarnation_read(struct loop *loop, struct db *db, int64_t patience_ms,
                      char incarnation[INCARNATION_BYTES], struct gov_err *err)
{
    struct reading r = { .db = db };

    op_init(&r.op, "incarnation", steps, loop, NULL);
    r.db = db;
    r.until_us = clock_mono_us() + patience_ms * 1000;
    bool good = op_await(&r.op, err);
    if (good) {
        /* Only ever compared, so a digest serves, and it is short. */
        const char *text = db_text(&r.rows, 0, 0);
        char hex[CRYPTO_HEX_BYTES];
        crypto_sha256_hex(text, strlen(text), hex);
        snprintf(incarnation, INCARNATION_BYTES, "%.32s", hex);
    }
    op_release(&r.op);
    return good;
}
