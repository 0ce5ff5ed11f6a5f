/* scan_row.c - two readers of the same columns: texts, and what PostgreSQL stores. The second is for whoever reads all of
 * them: half of a dry run's time was texts that one side wrote and the other read. */
#include "core/store/scan/scan_row.h"

#include <stdlib.h>
#include <string.h>

#include "core/io/db/db_array.h"

/* Columns of lifecycle_due.sql and of lifecycle_one.sql. */
enum {
    D_ID, D_PERIOD, D_VERSION, D_STATE, D_ENTERED, D_FROM, D_END_DAY, D_END, D_SHUTDOWN, D_FINAL, D_TERMINATION, D_HOLD,
    D_DONE, D_CANCEL, D_GRACE, D_MIN_GRACE, D_RETENTION, D_ZONE, D_POLICY, D_NEXT, D_UNREACHABLE, D_SINCE
};

static int64_t number(const PGresult *rows, int row, int column)
{
    return PQgetisnull(rows, row, column) ? 0 : strtoll(PQgetvalue(rows, row, column), NULL, 10);
}

static bool truth(const PGresult *rows, int row, int column)
{
    return PQgetvalue(rows, row, column)[0] == 't';
}

void scan_context_init(struct scan_context *c, const PGresult *policies, struct arena *arena)
{
    memset(c, 0, sizeof *c);
    c->arena = arena;
    for (int row = 0; row < PQntuples(policies) && row < SCAN_POLICIES_MAX; row++) {
        struct lifecycle_policy *p = &c->policies[c->policy_count];
        char *at = arena_text(arena, PQgetvalue(policies, row, 1)), *since = arena_text(arena, PQgetvalue(policies, row, 7));

        for (int i = 0; i < LIFECYCLE_BEFORE_MAX && *at; i++) {
            p->before_days[i] = (int)strtol(at, &at, 10);
            p->before_since_us[i] = strtoll(since, &since, 10);
        }
        p->prefill_days = (int)number(policies, row, 2);
        p->send_from = (int)number(policies, row, 3);
        p->send_to = (int)number(policies, row, 4);
        p->shutdown_on_workday = truth(policies, row, 5);
        c->codes[c->policy_count] = arena_text(arena, PQgetvalue(policies, row, 0));
        c->calendars[c->policy_count++] = arena_text(arena, PQgetvalue(policies, row, 6));
    }
}

void scan_context_workdays(struct scan_context *c, const char *calendar, const PGresult *days)
{
    size_t count = (size_t)PQntuples(days);
    struct workday *items = ARENA_ARRAY(c->arena, struct workday, count + 1);
    struct workdays *table = ARENA_NEW(c->arena, struct workdays);

    for (size_t i = 0; i < count; i++)
        items[i] = (struct workday){ number(days, (int)i, 0), truth(days, (int)i, 1) };
    *table = (struct workdays){ items, count };
    for (int i = 0; i < c->policy_count; i++)
        if (strcmp(c->calendars[i], calendar) == 0)
            c->policies[i].workdays = table;
}

/* Most rows have the zone of the one before; a list is enough for the few hundred there are. */
static bool zone_of(struct scan_context *c, const char *name, const struct zone **zone)
{
    for (int i = c->zone_count - 1; i >= 0; i--)
        if (strcmp(c->zones[i].name, name) == 0) {
            *zone = c->zones[i].zone;
            return true;
        }
    if (!zone_known(name) || c->zone_count == SCAN_ZONES_MAX)
        return false;
    *zone = zone_read(name, c->arena);
    if (!*zone && strcmp(name, "UTC") != 0)
        return false;
    c->zones[c->zone_count++] = (struct scan_zone){ arena_text(c->arena, name), *zone };
    return true;
}

/* NULL: one that was not read. Another one's days would be wrong for this customer. */
static const struct lifecycle_policy *policy_of(const struct scan_context *c, const char *code)
{
    if (!*code)
        return &lifecycle_policy_default;
    for (int i = 0; i < c->policy_count; i++)
        if (strcmp(c->codes[i], code) == 0)
            return &c->policies[i];
    return NULL;
}

bool scan_row_read(struct scan_context *c, const PGresult *rows, int row, struct scan_row *into)
{
    struct lifecycle_facts *f = &into->facts;

    into->id = PQgetvalue(rows, row, D_ID);
    into->state = PQgetvalue(rows, row, D_STATE);
    into->period_no = (int)number(rows, row, D_PERIOD);
    into->version = (int)number(rows, row, D_VERSION);
    into->next_us = number(rows, row, D_NEXT);
    into->policy = policy_of(c, PQgetvalue(rows, row, D_POLICY));
    *f = (struct lifecycle_facts){ .state_entered_us = number(rows, row, D_ENTERED),
                                   .period_start_us = number(rows, row, D_FROM),
                                   .end_day = number(rows, row, D_END_DAY),
                                   .end_us = number(rows, row, D_END),
                                   .shutdown_due_us = number(rows, row, D_SHUTDOWN),
                                   .final_notice_us = number(rows, row, D_FINAL),
                                   .termination_notice_us = number(rows, row, D_TERMINATION),
                                   .hold_until_us = number(rows, row, D_HOLD),
                                   .policy_since_us = number(rows, row, D_SINCE),
                                   .done = (uint32_t)number(rows, row, D_DONE),
                                   .cancel_at_period_end = truth(rows, row, D_CANCEL),
                                   .grace_days = (int)number(rows, row, D_GRACE),
                                   .min_grace_days = (int)number(rows, row, D_MIN_GRACE),
                                   .retention_days = (int)number(rows, row, D_RETENTION),
                                   .unreachable = truth(rows, row, D_UNREACHABLE) };
    return into->policy && sub_state_parse(PQgetvalue(rows, row, D_STATE), &f->state) &&
           zone_of(c, PQgetvalue(rows, row, D_ZONE), &f->zone);
}

/* --- as it is stored --- */

enum { DAYS_1970_2000 = 10957 };

/* An integer of whatever width the column has, the highest byte first; NULL is 0. */
static int64_t stored(const PGresult *rows, int row, int column)
{
    const unsigned char *at = (const unsigned char *)PQgetvalue(rows, row, column);
    int bytes = PQgetlength(rows, row, column);
    uint64_t value = bytes && at[0] & 0x80 ? UINT64_MAX : 0;

    for (int i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return (int64_t)value;
}

/* Infinity stays what it is. */
static int64_t stored_moment(const PGresult *rows, int row, int column)
{
    int64_t us = stored(rows, row, column);

    if (PQgetisnull(rows, row, column))
        return 0;
    return us == INT64_MAX || us == INT64_MIN ? us : us + DB_2000_US;
}

static void stored_id(const PGresult *rows, int row, struct id *id)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *at = (const unsigned char *)PQgetvalue(rows, row, D_ID);
    char *to = id->text;

    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        *to++ = digits[at[i] >> 4];
        *to++ = digits[at[i] & 15];
    }
    *to = '\0';
}

bool scan_row_read_stored(struct scan_context *c, const PGresult *rows, int row, struct scan_row *into)
{
    struct lifecycle_facts *f = &into->facts;

    stored_id(rows, row, &into->own);
    into->id = into->own.text;
    into->state = PQgetvalue(rows, row, D_STATE);
    into->period_no = (int)stored(rows, row, D_PERIOD);
    into->version = (int)stored(rows, row, D_VERSION);
    into->next_us = stored_moment(rows, row, D_NEXT);
    into->policy = policy_of(c, PQgetvalue(rows, row, D_POLICY));
    *f = (struct lifecycle_facts){ .state_entered_us = stored_moment(rows, row, D_ENTERED),
                                   .period_start_us = stored_moment(rows, row, D_FROM),
                                   .end_day = PQgetisnull(rows, row, D_END_DAY) ? 0 : stored(rows, row, D_END_DAY) + DAYS_1970_2000,
                                   .end_us = stored_moment(rows, row, D_END),
                                   .shutdown_due_us = stored_moment(rows, row, D_SHUTDOWN),
                                   .final_notice_us = stored_moment(rows, row, D_FINAL),
                                   .termination_notice_us = stored_moment(rows, row, D_TERMINATION),
                                   .hold_until_us = stored_moment(rows, row, D_HOLD),
                                   .policy_since_us = stored_moment(rows, row, D_SINCE),
                                   .done = (uint32_t)stored(rows, row, D_DONE),
                                   .cancel_at_period_end = stored(rows, row, D_CANCEL) != 0,
                                   .grace_days = (int)stored(rows, row, D_GRACE),
                                   .min_grace_days = (int)stored(rows, row, D_MIN_GRACE),
                                   .retention_days = (int)stored(rows, row, D_RETENTION),
                                   .unreachable = stored(rows, row, D_UNREACHABLE) != 0 };
    return into->policy && sub_state_parse(into->state, &f->state) && zone_of(c, PQgetvalue(rows, row, D_ZONE), &f->zone);
}
