/* mark_test.c - a mark is there before the work it announces, and is written once. */
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

struct noting {
    struct marks *marks;
    struct id tenant;
    int64_t due_us;
};

static void note(struct op *op, void *arguments)
{
    struct noting *n = arguments;
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

static void the_present_minute_and_the_one_of_the_work_are_marked(void **state)
{
    struct fixture *f = *state;
    struct noting n = { marks_new(f->db), id_new(), 0 };
    char due[CLOCK_TEXT_BYTES];

    assert_true(noted(f, &n));
    assert_in_range(count(f, &n.tenant), 1, 1);
    assert_string_equal("t", sql_value(&f->rig.arena, f->admin,
                                       "select minute between now() - interval '2 min' and now() "
                                       "from public.mark where tenant_id = '%s'", n.tenant.text));
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
    struct noting n = { marks_new(f->db), id_new(), 0 };
    int again = 1;

    for (int i = 0; i < 3 && again; i++) { /* a minute may end in between: then once more */
        int64_t minute = clock_now_us() / MINUTE_US;
        n.tenant = id_new();
        assert_true(noted(f, &n));
        sql_run(f->admin, "delete from public.mark");
        assert_true(noted(f, &n));
        again = count(f, &n.tenant);
        if (clock_now_us() / MINUTE_US == minute)
            break;
    }
    assert_int_equal(again, 0);
    marks_free(n.marks);
}

static void a_mark_that_failed_is_not_believed(void **state)
{
    struct fixture *f = *state;
    struct noting n = { marks_new(f->db), id_new(), 0 };

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
            all[i] = (struct noting){ marks, id_new(), 0 };
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
        cmocka_unit_test(a_mark_that_failed_is_not_believed),
        cmocka_unit_test(no_tenant_is_taken_for_another),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
