/* scan_reads_test.c - a scan reads each row that is due once, and the safety brake only what could end, also in a table that was just
 * filled and of which the server has no statistics: a plan that sorts what is due for each page reads it as often as there are pages. */
#include "tests/lib/test.h"

#include <stdlib.h>

#include "tests/lib/scan_rig.h"
#include "tests/lib/sql.h"

enum { ROWS = 12000, BATCH = 1000, ENDED = 7 };

static int64_t entries_read(struct scan_rig *f, const char *index)
{
    return atoll(sql_value(&f->arena, f->admin, "select idx_tup_read from pg_stat_all_indexes where indexrelid = 'public.%s'::regclass",
                           index));
}

static void each_due_row_is_read_once_without_statistics(void **state)
{
    struct scan_rig *f = *state;

    sql_run(f->admin, "alter table public.subscription set (autovacuum_enabled = off)");
    scan_rig_subscriptions(f, ROWS, 12, "Asia/Shanghai");
    sql_run(f->admin, "update public.subscription set paid_until_at = public.lifecycle_now() - interval '1 hour', paid_until_date = "
            "current_date where id in (select id from public.subscription order by id limit %d)", ENDED);
    int64_t due = entries_read(f, "subscription_due"), ends = entries_read(f, "subscription_ends");
    struct scan_report report = scan_rig_scan(f->conn, (struct scan_options){ .batch = BATCH, .run = "01900000-0000-7000-8000-0000000000ab" });

    assert_int_equal(SCAN_DONE, report.state);
    assert_int_equal(ROWS, report.counts.rows);
    sql_run(f->conn, "select pg_stat_force_next_flush()");
    due = entries_read(f, "subscription_due") - due;
    ends = entries_read(f, "subscription_ends") - ends;
    print_message("%d rows due: %lld entries read, %lld of what ends\n", ROWS, (long long)due, (long long)ends);
    assert_true(due >= ROWS && due < ROWS + ROWS / 4);
    assert_true(ends >= ENDED && ends < ROWS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_due_row_is_read_once_without_statistics) };

    return cmocka_run_group_tests(tests, scan_rig_setup, scan_rig_teardown);
}
