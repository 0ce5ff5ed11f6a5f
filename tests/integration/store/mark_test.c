/* mark_test.c - a mark is there before the work it announces, and is written once.
 *
 * The database's clock is this test's: the platform's role finds a now() of ours before PostgreSQL's own, off from it by
 * as much as the test says. */
#include "core/store/queue/mark.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/lib/db_rig.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

enum { MANY = 5000, WAVE = 500, MINUTE_US = 60 * 1000000 };

struct fixture {
    struct db_rig rig;
    struct db *db;
    PGconn *admin;
};

static int setup(void **state)
{
    static struct fixture f;

    db_rig_start(&f.rig);
    f.admin = pg_server_connect(&f.rig.server, &f.rig.arena, "postgres");
    sql_run(f.admin, "create schema clock;"
                     "create table clock.off (by interval not null); insert into clock.off values ('0 s');"
                     "create function clock.now() returns timestamptz language sql stable as "
                     "'select pg_catalog.now() + by from clock.off';"
                     "grant usage on schema clock to execgov_platform; grant select on clock.off to execgov_platform;"
                     "alter role execgov_platform set search_path = clock, pg_catalog");
    f.db = db_rig_pool(&f.rig, "marks", (struct db_options){ 0 });
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    db_stop(f->db);
    db_rig_stop(&f->rig);
    return 0;
}

/* The database's minute is so many seconds old from now on. */
static void clock_set(struct fixture *f, double second)
{
    sql_run(f->admin, "update clock.off set by = make_interval(secs => %f) + "
                      "(date_trunc('minute', now(), 'UTC') + interval '1 hour' - now())", second);
}

struct noting {
    struct marks *marks;
    struct id tenant;
    int64_t due_us;
    int64_t delay_ms; /* 0: none */
    int64_t told_us;  /* out: when a delay is over */
};

static void note(struct op *op, void *arguments)
{
    struct noting *n = arguments;
    if (n->delay_ms)
        marks_note_in(op, n->marks, &n->tenant, n->delay_ms, &n->told_us);
    else
        marks_note(op, n->marks, &n->tenant, n->due_us);
}

static bool noted(struct fixture *f, struct noting *n)
{
    struct op_probe probe = { 0 };
    bool good = op_probe_run(&probe, &f->rig.loop, note, n);

    op_release(&probe.op);
    return good;
}

static int count(struct fixture *f, const struct id *tenant)
{
    return atoi(sql_value(&f->rig.arena, f->admin,
                          "select count(*) from public.mark where tenant_id = '%s'", tenant->text));
}

/* Of its marks, which minutes of the database's they are from the present one on: "0 1". */
static const char *minutes(struct fixture *f, const struct id *tenant)
{
    return sql_value(&f->rig.arena, f->admin, "select string_agg((extract(epoch from m.minute - date_trunc('minute', now() + "
                     "c.by, 'UTC')) / 60)::integer::text, ' ' order by m.minute) from public.mark m, clock.off c where "
                     "m.tenant_id = '%s'", tenant->text);
}

static void the_present_minute_and_the_one_of_the_work_are_marked(void **state)
{
    struct fixture *f = *state;
    struct noting n = { .marks = marks_new(f->db), .tenant = id_new() };
    char due[CLOCK_TEXT_BYTES];

    clock_set(f, 5);
    assert_true(noted(f, &n));
    assert_string_equal(minutes(f, &n.tenant), "0");
    n.due_us = clock_now_us() + 90LL * MINUTE_US;
    assert_true(noted(f, &n));
    clock_format(n.due_us, due);
    assert_string_equal("1", sql_value(&f->rig.arena, f->admin,
                                       "select count(*) from public.mark where tenant_id = '%s' and "
                                       "minute = date_trunc('minute', timestamptz '%s', 'UTC')",
                                       n.tenant.text, due));
    marks_free(n.marks);
}

/* The row is taken away behind its back: only a second write could bring it back. */
static void what_this_process_marked_it_does_not_mark_again(void **state)
{
    struct fixture *f = *state;
    struct noting n = { .marks = marks_new(f->db), .tenant = id_new() };

    clock_set(f, 5);
    assert_true(noted(f, &n));
    sql_run(f->admin, "delete from public.mark");
    assert_true(noted(f, &n));
    assert_int_equal(count(f, &n.tenant), 0);
    marks_forget(n.marks);
    assert_true(noted(f, &n));
    assert_int_equal(count(f, &n.tenant), 1);
    marks_free(n.marks);
}

static bool late_enough(void *until_us)
{
    return clock_mono_us() > *(int64_t *)until_us;
}

static void time_passes(struct fixture *f, int ms)
{
    int64_t until_us = clock_mono_us() + ms * 1000LL;
    loop_until(&f->rig.loop, late_enough, &until_us, 10 * ms);
}

/* By this host's clock it may be the same minute as before. */
static void a_minute_is_the_databases_and_the_next_is_marked_before_it_begins(void **state)
{
    struct fixture *f = *state;
    struct noting n = { .marks = marks_new(f->db), .tenant = id_new() };

    clock_set(f, 40);
    assert_true(noted(f, &n));
    assert_string_equal(minutes(f, &n.tenant), "0");
    time_passes(f, 5200); /* what is written from now on may be written in the next one */
    assert_true(noted(f, &n));
    assert_string_equal(minutes(f, &n.tenant), "0 1");
    marks_free(n.marks);
}

static void a_delay_is_counted_by_the_databases_clock(void **state)
{
    struct fixture *f = *state;
    struct noting n = { .marks = marks_new(f->db), .tenant = id_new(), .delay_ms = 80000 };
    char told[CLOCK_TEXT_BYTES];

    clock_set(f, 5);
    for (int i = 0; i < 2; i++) { /* told by the database, and then by what is remembered of it */
        assert_true(noted(f, &n));
        assert_string_equal(minutes(f, &n.tenant), "0 1");
        assert_string_equal("t", sql_value(&f->rig.arena, f->admin, "select timestamptz '%s' - (now() + by) between "
                                           "interval '60 s' and interval '81 s' from clock.off",
                                           clock_format(n.told_us, told)));
        assert_in_range(n.told_us - marks_clock_us(n.marks), 60 * 1000000, 80 * 1000000);
    }
    n.delay_ms = 140000;
    assert_true(noted(f, &n));
    assert_string_equal(minutes(f, &n.tenant), "0 1 2");
    marks_free(n.marks);
}

static void a_mark_that_failed_is_not_believed(void **state)
{
    struct fixture *f = *state;
    struct noting n = { .marks = marks_new(f->db), .tenant = id_new() };

    clock_set(f, 5);
    sql_run(f->admin, "revoke insert on public.mark from execgov_platform");
    assert_false(noted(f, &n));
    sql_run(f->admin, "grant insert on public.mark to execgov_platform");
    assert_true(noted(f, &n));
    assert_int_equal(count(f, &n.tenant), 1);
    marks_free(n.marks);
}

/* More tenants than it remembers: forgetting costs a write, never a mark. */
static void no_tenant_is_taken_for_another(void **state)
{
    struct fixture *f = *state;
    struct marks *marks = marks_new(f->db);
    struct noting *all = calloc(MANY, sizeof *all);
    struct op_probe *probes = calloc(MANY, sizeof *probes);

    sql_run(f->admin, "delete from public.mark");
    for (int wave = 0; wave < MANY; wave += WAVE) { /* the later ones meet what is remembered */
        for (int i = wave; i < wave + WAVE; i++) {
            all[i] = (struct noting){ .marks = marks, .tenant = id_new() };
            op_probe_start(&probes[i], &f->rig.loop, note, &all[i]);
        }
        for (int i = wave; i < wave + WAVE; i++) {
            assert_true(op_probe_await(&probes[i]));
            op_release(&probes[i].op);
        }
    }
    assert_int_equal(MANY, atoi(sql_value(&f->rig.arena, f->admin,
                                          "select count(distinct tenant_id) from public.mark")));
    free(all);
    free(probes);
    marks_free(marks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_present_minute_and_the_one_of_the_work_are_marked),
        cmocka_unit_test(what_this_process_marked_it_does_not_mark_again),
        cmocka_unit_test(a_minute_is_the_databases_and_the_next_is_marked_before_it_begins),
        cmocka_unit_test(a_delay_is_counted_by_the_databases_clock),
        cmocka_unit_test(a_mark_that_failed_is_not_believed),
        cmocka_unit_test(no_tenant_is_taken_for_another),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
