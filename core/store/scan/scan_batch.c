#include "core/store/scan/scan_batch.h"

#include <string.h>

/* Actions fill the first seven arrays and A_DAY, rows the others. */
enum { A_ID, A_PERIOD, A_ACTION, A_WINDOW, A_STATUS, A_DUE, A_SEND, R_ID, R_VERSION, R_STATE, R_ENTERED, R_SHUTDOWN,
       R_FINAL, R_TERMINATION, R_DONE, R_NEXT, A_DAY, R_BEFORE };

static const enum db_array_type types[SCAN_BATCH_ARRAYS] = {
    DB_UUIDS, DB_INTS, DB_TEXTS, DB_TEXTS, DB_TEXTS, DB_MOMENTS, DB_MOMENTS, DB_UUIDS, DB_INTS, DB_TEXTS, DB_MOMENTS, DB_MOMENTS,
    DB_MOMENTS, DB_MOMENTS, DB_INTS, DB_MOMENTS, DB_INTS, DB_TEXTS,
};

void scan_batch_init(struct scan_batch *b)
{
    memset(b, 0, sizeof *b);
    for (int i = 0; i < SCAN_BATCH_ARRAYS; i++)
        b->arrays[i].type = types[i];
}

void scan_batch_release(struct scan_batch *b)
{
    for (int i = 0; i < SCAN_BATCH_ARRAYS; i++)
        db_array_release(&b->arrays[i]);
}

static void text(struct scan_batch *b, int array, const char *value)
{
    db_array_add(&b->arrays[array], value);
}

static void number(struct scan_batch *b, int array, int64_t value)
{
    db_array_add_int(&b->arrays[array], value);
}

/* 0: none. */
static void moment_or_null(struct scan_batch *b, int array, int64_t us)
{
    if (us)
        number(b, array, us);
    else
        db_array_add_null(&b->arrays[array]);
}

const char *scan_status(const struct lifecycle_action *action)
{
    return action->kind == LIFECYCLE_SUPERSEDE ? "skipped_superseded" : "done";
}

static void action_add(struct scan_batch *b, const struct scan_row *row, int64_t day, const struct lifecycle_action *a)
{
    char code[WINDOW_CODE_BYTES + 4];

    text(b, A_ID, row->id);
    number(b, A_PERIOD, row->period_no);
    text(b, A_ACTION, lifecycle_kind_name(a->kind));
    text(b, A_WINDOW, lifecycle_window_code(row->policy, a->window, a->round, code));
    text(b, A_STATUS, scan_status(a));
    number(b, A_DUE, a->due_us);
    number(b, A_SEND, a->send_us);
    number(b, A_DAY, day);
}

void scan_batch_add(struct scan_batch *b, const struct scan_row *row, int64_t as_of_us, const struct lifecycle_decision *d)
{
    const struct lifecycle_facts *f = &d->after;
    int64_t day = d->count ? calendar_day(f->zone, as_of_us) : 0;

    b->rows++;
    for (size_t i = 0; i < d->count; i++)
        action_add(b, row, day, &d->actions[i]);
    text(b, R_ID, row->id);
    number(b, R_VERSION, row->version);
    text(b, R_STATE, sub_state_name(f->state));
    number(b, R_ENTERED, f->state_entered_us);
    moment_or_null(b, R_SHUTDOWN, f->shutdown_due_us);
    moment_or_null(b, R_FINAL, f->final_notice_us);
    moment_or_null(b, R_TERMINATION, f->termination_notice_us);
    number(b, R_DONE, (int32_t)f->done);
    moment_or_null(b, R_NEXT, d->next_us);
    text(b, R_BEFORE, sub_state_name(row->facts.state));
    scan_count(&b->counts, d);
}

void scan_batch_params(struct scan_batch *b, struct db_param params[SCAN_BATCH_ARRAYS])
{
    for (int i = 0; i < SCAN_BATCH_ARRAYS; i++)
        params[i] = db_array_end(&b->arrays[i]);
}

bool scan_shuts(const struct lifecycle_decision *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->actions[i].kind == LIFECYCLE_SHUTDOWN || d->actions[i].kind == LIFECYCLE_CANCEL)
            return true;
    return false;
}

void scan_count(struct scan_counts *c, const struct lifecycle_decision *d)
{
    c->rows++;
    for (size_t i = 0; i < d->count; i++) {
        enum lifecycle_kind kind = d->actions[i].kind;

        c->prefills += kind == LIFECYCLE_PREFILL;
        c->reminders += kind == LIFECYCLE_REMIND;
        c->superseded += kind == LIFECYCLE_SUPERSEDE;
        c->graces += kind == LIFECYCLE_GRACE;
        c->shutdowns += kind == LIFECYCLE_SHUTDOWN;
        c->cancels += kind == LIFECYCLE_CANCEL;
        c->proposals += kind == LIFECYCLE_PROPOSE;
        c->untold += kind == LIFECYCLE_UNTOLD;
    }
}

char *scan_counts_json(const struct scan_counts *c, struct arena *arena)
{
    return arena_format(arena, "{\"rows\": %lld, \"prefills\": %lld, \"reminders\": %lld, \"superseded\": %lld, "
                        "\"graces\": %lld, \"shutdowns\": %lld, \"cancels\": %lld, \"proposals\": %lld, \"untold\": %lld}",
                        (long long)c->rows, (long long)c->prefills, (long long)c->reminders, (long long)c->superseded,
                        (long long)c->graces, (long long)c->shutdowns, (long long)c->cancels, (long long)c->proposals,
                        (long long)c->untold);
}
