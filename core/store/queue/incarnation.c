#include "core/store/queue/incarnation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/io/crypto/crypto.h"
#include "core/io/op/op_sleep.h"

enum { LOOK_AGAIN_US = 1000000 };

/* Only ever compared, so a digest serves, and it is short. */
static void digest(const char *text, char incarnation[INCARNATION_BYTES])
{
    char hex[CRYPTO_HEX_BYTES];

    crypto_sha256_hex(text, strlen(text), hex);
    snprintf(incarnation, INCARNATION_BYTES, "%.32s", hex);
}

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
    if (good)
        digest(db_text(&r.rows, 0, 0), incarnation);
    op_release(&r.op);
    return good;
}

/* --- watching --- */

struct incarnation_watch {
    struct op op; /* first; of one look */
    struct loop *loop;
    struct db *db;
    struct db_rows rows;
    char known[INCARNATION_BYTES];
    void (*changed)(void *context, const char *incarnation);
    void *context;
    int64_t looked_us;
    bool looking;
    bool stopped;
};

struct incarnation_watch *incarnation_watch_new(struct loop *loop, struct db *db, const char *known,
                                                void (*changed)(void *context, const char *incarnation),
                                                void *context)
{
    struct incarnation_watch *w = calloc(1, sizeof *w);

    CHECK(w);
    w->loop = loop;
    w->db = db;
    w->changed = changed;
    w->context = context;
    w->looked_us = -LOOK_AGAIN_US;
    snprintf(w->known, sizeof w->known, "%s", known);
    return w;
}

static enum op_next look(struct op *op)
{
    struct incarnation_watch *w = (struct incarnation_watch *)op;

    memset(&w->rows, 0, sizeof w->rows);
    db_query(op, w->db, &DB_PUBLIC, SQL_QUERIES_DATABASE_INCARNATION, &w->rows, 0, NULL);
    return OP_WAIT;
}

static enum op_next compare(struct op *op)
{
    struct incarnation_watch *w = (struct incarnation_watch *)op;

    incarnation_watch_see(w, db_text(&w->rows, 0, 0));
    return OP_DONE;
}

static const struct op_step look_steps[] = { { "look", look }, { "compare", compare }, { 0 } };

static void looked(struct op *op)
{
    struct incarnation_watch *w = (struct incarnation_watch *)op;

    op_release(op);
    w->looking = false;
    w->looked_us = clock_mono_us();
    if (w->stopped)
        free(w);
}

void incarnation_watch_look(struct incarnation_watch *w)
{
    if (w->looking || w->stopped || clock_mono_us() - w->looked_us < LOOK_AGAIN_US)
        return;
    w->looking = true;
    op_init(&w->op, "incarnation", look_steps, w->loop, looked);
    op_start(&w->op);
}

void incarnation_watch_see(struct incarnation_watch *w, const char *text)
{
    char seen[INCARNATION_BYTES];

    if (!w || w->stopped || !text)
        return;
    digest(text, seen);
    if (strcmp(seen, w->known) == 0)
        return;
    snprintf(w->known, sizeof w->known, "%s", seen);
    log_write(LEVEL_WARN, "database.another_life", LOG_FIELD("incarnation", seen));
    w->changed(w->context, seen);
}

void incarnation_watch_stop(struct incarnation_watch *w)
{
    w->stopped = true;
    if (!w->looking)
        free(w);
}
