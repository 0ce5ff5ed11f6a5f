#include "core/store/queue/mark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"

enum { REMEMBERED = 4096, MINUTE_US = 60 * 1000000 };

struct marks {
    struct db *db;
    struct remembered {
        struct id tenant;
        int64_t minute;
    } entries[REMEMBERED];
};

struct note {
    struct op op;
    struct marks *marks;
    struct id tenant;
    int64_t minutes[2];
};

struct marks *marks_new(struct db *db)
{
    struct marks *marks = calloc(1, sizeof *marks);
    CHECK(marks);
    marks->db = db;
    return marks;
}

void marks_free(struct marks *marks)
{
    free(marks);
}

void marks_forget(struct marks *marks)
{
    memset(marks->entries, 0, sizeof marks->entries);
}

static struct remembered *slot_of(struct marks *marks, const struct id *tenant, int64_t minute)
{
    size_t hash = (size_t)strtoull(tenant->text + 24, NULL, 16) * 31 + (size_t)minute;
    return &marks->entries[hash % REMEMBERED];
}

static bool known(struct marks *marks, const struct id *tenant, int64_t minute)
{
    const struct remembered *r = slot_of(marks, tenant, minute);
    return r->minute == minute && strcmp(r->tenant.text, tenant->text) == 0;
}

static enum op_next insert(struct op *op)
{
    struct note *n = (struct note *)op;
    char first[CLOCK_TEXT_BYTES], second[CLOCK_TEXT_BYTES];

    clock_format(n->minutes[0] * MINUTE_US, first);
    clock_format(n->minutes[1] * MINUTE_US, second);
    DB_QUERY(op, n->marks->db, &DB_PUBLIC, SQL_QUERIES_MARK_INSERT, NULL, n->tenant.text,
             arena_format(&op->arena, "{%s,%s}", first, second));
    return OP_WAIT;
}

static enum op_next remember(struct op *op)
{
    struct note *n = (struct note *)op;
    for (int i = 0; i < 2; i++) {
        struct remembered *r = slot_of(n->marks, &n->tenant, n->minutes[i]);
        r->tenant = n->tenant;
        r->minute = n->minutes[i];
    }
    return OP_DONE;
}

static const struct op_step steps[] = { { "insert", insert }, { "remember", remember }, { 0 } };

static void release(void *op)
{
    op_release(op);
}

void marks_note(struct op *op, struct marks *marks, const struct id *tenant, int64_t due_us)
{
    int64_t now = clock_now_us() / MINUTE_US;
    int64_t due = due_us ? due_us / MINUTE_US : now;

    if (known(marks, tenant, now) && known(marks, tenant, due))
        return;
    struct note *n = ARENA_NEW(&op->arena, struct note);
    op_init(&n->op, "mark", steps, op->loop, NULL);
    n->marks = marks;
    n->tenant = *tenant;
    n->minutes[0] = now;
    n->minutes[1] = due;
    arena_defer(&op->arena, release, &n->op);
    op_call(op, &n->op);
}
