#include "core/store/queue/mark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"

/* AHEAD_S: so much later than it was announced, at most, is a row written (a statement's time limit, and some waiting). */
enum { REMEMBERED = 4096, MINUTE_US = 60 * 1000000, AHEAD_S = 15, TRUSTED_US = 10 * MINUTE_US, DRIFTS = 1000 };

struct marks {
    struct db *db;
    int64_t asked_us; /* monotonic: when the database was asked for its time; 0: never yet */
    int64_t told_us;  /* what it said */
    int64_t trip_us;  /* how long that took: by so much ours may be ahead of it */
    struct remembered {
        struct id tenant;
        int64_t minute;
    } entries[REMEMBERED];
};

/* Either a moment or a delay, or neither. */
struct due {
    int64_t us;
    int64_t delay_ms;
    bool delayed;
};

struct note {
    struct op op;
    struct marks *marks;
    struct id tenant;
    struct due due;
    int64_t *due_us; /* out; may be NULL */
    int64_t asked_us;
    struct db_rows rows;
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
    marks->asked_us = 0;
}

/* Later than it is by as long as the answer took, so that no minute's end is missed. */
int64_t marks_clock_us(const struct marks *marks)
{
    return marks->asked_us ? marks->told_us + clock_mono_us() - marks->asked_us : clock_now_us();
}

/* Clocks drift apart, and the database's may be put right. */
static bool clock_is_fresh(const struct marks *marks)
{
    return marks->asked_us && clock_mono_us() - marks->asked_us < TRUSTED_US;
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

/* A row that is written from `us` on, or falls due then. */
static bool covered(struct marks *marks, const struct id *tenant, int64_t us)
{
    return known(marks, tenant, us / MINUTE_US) && known(marks, tenant, (us + AHEAD_S * 1000000LL) / MINUTE_US);
}

static void cover(struct marks *marks, const struct id *tenant, int64_t us)
{
    const int64_t minutes[] = { us / MINUTE_US, (us + AHEAD_S * 1000000LL) / MINUTE_US };

    for (int i = 0; i < 2; i++)
        *slot_of(marks, tenant, minutes[i]) = (struct remembered){ *tenant, minutes[i] };
}

/* 0: nothing falls due. */
static int64_t moment_of(const struct due *due, int64_t now_us)
{
    return due->delayed ? now_us + due->delay_ms * 1000 : due->us;
}

static enum op_next insert(struct op *op)
{
    struct note *n = (struct note *)op;
    char moment[CLOCK_TEXT_BYTES];

    n->asked_us = clock_mono_us();
    DB_QUERY(op, n->marks->db, &DB_PUBLIC, SQL_QUERIES_MARK_INSERT, &n->rows, n->tenant.text,
             arena_format(&op->arena, "%d", AHEAD_S), n->due.us ? clock_format(n->due.us, moment) : NULL,
             n->due.delayed ? arena_format(&op->arena, "%lld", (long long)n->due.delay_ms) : NULL);
    return OP_WAIT;
}

/* The better of two answers: the one that took less time, but one that is old is off by as much as clocks drift (1/DRIFTS
 * at the very most), and the database's may have been put right since. */
static void learn(struct marks *marks, int64_t asked_us, int64_t told_us)
{
    int64_t now_us = clock_mono_us(), trip_us = now_us - asked_us;

    if (clock_is_fresh(marks) && trip_us > marks->trip_us + (now_us - marks->asked_us) / DRIFTS)
        return;
    marks->asked_us = asked_us;
    marks->told_us = told_us;
    marks->trip_us = trip_us;
}

static enum op_next remember(struct op *op)
{
    struct note *n = (struct note *)op;
    int64_t now_us = db_int(&n->rows, 0, 0), due_us = moment_of(&n->due, now_us);

    learn(n->marks, n->asked_us, now_us);
    cover(n->marks, &n->tenant, now_us);
    if (due_us)
        cover(n->marks, &n->tenant, due_us);
    if (n->due_us)
        *n->due_us = due_us;
    return OP_DONE;
}

static const struct op_step steps[] = { { "insert", insert }, { "remember", remember }, { 0 } };

static void release(void *op)
{
    op_release(op);
}

static void note(struct op *op, struct marks *marks, const struct id *tenant, struct due due, int64_t *due_us)
{
    int64_t now_us = marks_clock_us(marks), moment_us = moment_of(&due, now_us);

    if (due_us)
        *due_us = moment_us;
    if (clock_is_fresh(marks) && covered(marks, tenant, now_us) && (!moment_us || covered(marks, tenant, moment_us)))
        return;
    struct note *n = ARENA_NEW(&op->arena, struct note);
    op_init(&n->op, "mark", steps, op->loop, NULL);
    n->marks = marks;
    n->tenant = *tenant;
    n->due = due;
    n->due_us = due_us;
    arena_defer(&op->arena, release, &n->op);
    op_call(op, &n->op);
}

void marks_note(struct op *op, struct marks *marks, const struct id *tenant, int64_t due_us)
{
    note(op, marks, tenant, (struct due){ .us = due_us }, NULL);
}

void marks_note_in(struct op *op, struct marks *marks, const struct id *tenant, int64_t delay_ms, int64_t *due_us)
{
    note(op, marks, tenant, (struct due){ .delay_ms = delay_ms, .delayed = true }, due_us);
}
