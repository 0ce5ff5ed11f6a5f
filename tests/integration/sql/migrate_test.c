/* migrate_test.c - the migrator: from nothing, interrupted anywhere, two at once, half-done tenants. */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/io/migrate/migrate.h"
#include "core/io/migrate/migrate_file.h"
#include "sql_public.h"
#include "sql_tenant.h"
#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"

enum { NOT_DONE = 255 }; /* as a child's status; else it is how many it applied */

struct fixture {
    struct pg_server server;
    struct arena arena;
};

static int setup_empty(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    pg_server_start_empty(&f->server);
    *state = f;
    return 0;
}

static int setup_migrated(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    pg_server_start(&f->server);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    arena_release(&f->arena);
    pg_server_stop(&f->server);
    free(f);
    return 0;
}

static struct migrate_options options_of(struct fixture *f)
{
    return (struct migrate_options){ .conninfo = pg_server_conninfo(&f->server, &f->arena,
                                                                    "postgres") };
}

static struct migrate_report up(struct fixture *f)
{
    struct migrate_options options = options_of(f);
    struct migrate_report report;
    struct gov_err err = { 0 };

    if (!migrate_up(&options, &report, &f->arena, &err))
        fail_msg("%s", err.cause);
    return report;
}

static void whole_assert(struct fixture *f)
{
    const struct migrate_fault *faults;
    struct migrate_status status;
    struct gov_err err = { 0 };
    size_t count;

    assert_true(migrate_status_read(options_of(f).conninfo, &status, &err));
    assert_int_equal(migrate_file_last(sql_public), status.public_have);
    assert_int_equal(migrate_file_last(sql_tenant), status.tenant_stored);
    assert_int_equal(0, status.tenants_behind);
    assert_true(migrate_verify(options_of(f).conninfo, &faults, &count, &f->arena, &err));
    if (count)
        fail_msg("%s: %s %s", faults[0].check, faults[0].subject, faults[0].problem);
}

/* Make the database forget what tenants from `version` on are, as if this program were newer. */
static void texts_forget(struct fixture *f, int version)
{
    PGconn *admin = pg_server_connect(&f->server, &f->arena, "postgres");

    sql_run(admin, "delete from public.tenant_migration where version >= %d", version);
}

/* How many files of public and of tenants are missing, and tenants behind; else why it is refused. */
static int plan_counts(struct fixture *f, size_t counts[3])
{
    struct migrate_plan plan;
    struct gov_err err = { 0 };

    if (!migrate_plan_read(options_of(f).conninfo, &plan, &f->arena, &err))
        return err.code;
    memset(counts, 0, 3 * sizeof *counts);
    while (plan.public_files[counts[0]])
        counts[0]++;
    while (plan.tenant_files[counts[1]])
        counts[1]++;
    counts[2] = plan.tenants;
    return GOV_OK;
}

static void status_and_verify_know_an_empty_database(void **state)
{
    struct fixture *f = *state;
    const struct migrate_fault *faults;
    struct migrate_status status;
    struct gov_err err = { 0 };
    size_t count;

    assert_true(migrate_status_read(options_of(f).conninfo, &status, &err));
    assert_int_equal(0, status.public_have);
    assert_true(migrate_verify(options_of(f).conninfo, &faults, &count, &f->arena, &err));
    assert_int_equal(1, count);
    for (int i = 0; i < 2; i++) { /* asking what `up` would do does nothing */
        size_t counts[3];
        assert_int_equal(plan_counts(f, counts), GOV_OK);
        assert_int_equal(counts[0], SQL_PUBLIC_COUNT);
        assert_int_equal(counts[1], SQL_TENANT_COUNT);
        assert_int_equal(counts[2], 0);
    }
}

static void up_from_nothing_then_again_changes_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(SQL_PUBLIC_COUNT, up(f).public_applied);
    whole_assert(f);
    assert_int_equal(0, up(f).public_applied);
    whole_assert(f);
}

static void exit_when_counted_down(void *self, const char *what, size_t done, size_t total)
{
    int *left = self;

    (void)what;
    (void)done;
    (void)total;
    if (--*left == 0)
        _exit(9);
}

/* A child that runs `up` and dies in the middle, like a killed process: nothing is rolled back or
 * closed by it. */
static void up_interrupted(struct fixture *f, int after)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct migrate_options options = options_of(f);
        struct migrate_report report;
        struct gov_err err = { 0 };

        options.progress = exit_when_counted_down;
        options.progress_self = &after;
        migrate_up(&options, &report, &f->arena, &err);
        _exit(1);
    }
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_true(WIFEXITED(status));
    assert_int_equal(9, WEXITSTATUS(status));
}

static void up_resumes_after_an_interruption_of_public(void **state)
{
    struct fixture *f = *state;

    up_interrupted(f, 3);
    assert_int_equal(SQL_PUBLIC_COUNT - 3, up(f).public_applied);
    whole_assert(f);
}

static void up_resumes_after_an_interruption_among_tenants(void **state)
{
    struct fixture *f = *state;
    int last = migrate_file_last(sql_tenant);
    struct pg_tenant tenant;
    struct migrate_status status;
    struct gov_err err = { 0 };

    texts_forget(f, last - 1);
    for (int i = 0; i < 12; i++)
        pg_server_tenant(&f->server, "behind", &tenant);
    up_interrupted(f, 5);
    assert_true(migrate_status_read(options_of(f).conninfo, &status, &err));
    assert_int_equal(12, status.tenants);
    assert_in_range(status.tenants_behind, 1, 7);
    assert_in_range(up(f).tenants_applied, 1, 7);
    whole_assert(f);
}

static void two_migrators_at_once_do_each_thing_once(void **state)
{
    struct fixture *f = *state;
    int total = 0;
    pid_t pids[2];

    for (int i = 0; i < 2; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct migrate_options options = options_of(f);
            struct migrate_report report;
            struct gov_err err = { 0 };

            _exit(migrate_up(&options, &report, &f->arena, &err) ? (int)report.public_applied : NOT_DONE);
        }
    }
    for (int i = 0; i < 2; i++) {
        int status;

        assert_int_equal(pids[i], waitpid(pids[i], &status, 0));
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) != NOT_DONE);
        total += WEXITSTATUS(status);
    }
    assert_int_equal(SQL_PUBLIC_COUNT, total);
    whole_assert(f);
}

/* sql/migrations/tenant/0009_state.sql, which makes the view request_state. */
enum { STATE_VIEWS = 9 };

static void a_tenant_that_fails_is_named_and_the_others_are_up(void **state)
{
    struct fixture *f = *state;
    PGconn *admin = pg_server_connect(&f->server, &f->arena, "postgres");
    struct migrate_options options = options_of(f);
    struct migrate_report report;
    struct pg_tenant tenants[6];
    struct gov_err err = { 0 };

    texts_forget(f, STATE_VIEWS);
    for (int i = 0; i < 6; i++)
        pg_server_tenant(&f->server, "behind", &tenants[i]);
    sql_run(admin, "create table %s.request_state (in_the_way int)", tenants[2].schema);

    assert_false(migrate_up(&options, &report, &f->arena, &err));
    assert_int_equal(5, report.tenants_applied);
    assert_int_equal(1, report.tenants_failed);
    assert_non_null(strstr(report.failures[0], tenants[2].schema));
    assert_non_null(strstr(report.failures[0], "already exists"));

    sql_run(admin, "drop table %s.request_state", tenants[2].schema);
    assert_int_equal(1, up(f).tenants_applied);
    whole_assert(f);
}

/* Running work holds locks; the migrator waits its turn instead of making everybody wait behind it. */
static void a_locked_tenant_is_tried_again(void **state)
{
    struct fixture *f = *state;
    PGconn *admin = pg_server_connect(&f->server, &f->arena, "postgres");
    struct pg_tenant tenant;
    const char *waits = "select query_start::text from pg_stat_activity where application_name = "
                        "'execgov migrate' and wait_event_type = 'Lock'";
    const char *first = NULL, *now = NULL;
    int status;
    pid_t pid;

    texts_forget(f, migrate_file_last(sql_tenant));
    pg_server_tenant(&f->server, "busy", &tenant);
    /* Its row: every migration of a tenant begins there, whatever the last one touches. */
    sql_run(admin, "begin; select from public.tenant where schema = '%s' for update", tenant.schema);
    pid = fork();
    if (pid == 0) {
        struct migrate_options options = options_of(f);
        struct migrate_report report;
        struct gov_err err = { 0 };

        _exit(migrate_up(&options, &report, &f->arena, &err) ? (int)report.tenants_applied : NOT_DONE);
    }
    /* until it waits, and then until another try of it waits */
    while (!now || strcmp(first, now) == 0) {
        sql_run(admin, "select pg_stat_clear_snapshot(), pg_sleep(0.01)");
        now = sql_value(&f->arena, admin, "%s", waits);
        first = first ? first : now;
    }
    sql_run(admin, "commit");
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_int_equal(1, WEXITSTATUS(status));
    whole_assert(f);
}

static void an_edited_migration_is_refused_and_found(void **state)
{
    struct fixture *f = *state;
    PGconn *admin = pg_server_connect(&f->server, &f->arena, "postgres");
    struct migrate_options options = options_of(f);
    const struct migrate_fault *faults;
    struct migrate_report report;
    struct gov_err err = { 0 };
    size_t count;

    sql_run(admin, "update public.migration set sha256 = repeat('0', 64) where version = 3");
    sql_run(admin, "update public.tenant_migration set sha256 = repeat('0', 64) where version = 2");
    assert_false(migrate_up(&options, &report, &f->arena, &err));
    assert_int_equal(GOV_CONFLICT, err.code);
    assert_non_null(strstr(err.cause, "0003_tenant"));
    assert_true(migrate_verify(options.conninfo, &faults, &count, &f->arena, &err));
    assert_int_equal(2, count);
}

static void only_what_is_missing_would_be_done(void **state)
{
    struct fixture *f = *state;
    PGconn *admin = pg_server_connect(&f->server, &f->arena, "postgres");
    struct pg_tenant tenant;
    size_t counts[3];

    pg_server_tenant(&f->server, "A", &tenant);
    assert_int_equal(plan_counts(f, counts), GOV_OK);
    assert_int_equal(counts[0] + counts[1] + counts[2], 0);
    texts_forget(f, migrate_file_last(sql_tenant));
    sql_run(admin, "update public.tenant set schema_version = schema_version - 1");
    assert_int_equal(plan_counts(f, counts), GOV_OK);
    assert_int_equal(counts[0], 0);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counts[2], 1);
    sql_run(admin, "update public.migration set sha256 = repeat('0', 64) where version = 3");
    assert_int_equal(plan_counts(f, counts), GOV_CONFLICT); /* as up would say */
}

static void a_newer_database_is_left_alone(void **state)
{
    struct fixture *f = *state;
    PGconn *admin = pg_server_connect(&f->server, &f->arena, "postgres");

    sql_run(admin, "insert into public.migration (version, name, sha256) "
                   "values (9999, '9999_future', repeat('0', 64))");
    assert_int_equal(0, up(f).public_applied);
}

static void an_unreachable_database_is_said_to_be_one(void **state)
{
    struct fixture *f = *state;
    struct migrate_options options = { .conninfo = "host=/nonexistent dbname=execgov" };
    struct migrate_report report;
    struct gov_err err = { 0 };

    assert_false(migrate_up(&options, &report, &f->arena, &err));
    assert_int_equal(GOV_STORE_UNAVAILABLE, err.code);
}

static void a_restored_copy_has_another_incarnation(void **state)
{
    struct fixture *f = *state;
    PGconn *platform = pg_server_connect(&f->server, &f->arena, "execgov_platform");
    PGconn *admin = pg_server_connect(&f->server, &f->arena, "postgres");
    const char *before = sql_value(&f->arena, platform, "select public.database_incarnation()");

    assert_true(strlen(before) > 36 + 10 + 8);
    sql_run(admin, "select pg_switch_wal(); checkpoint");
    assert_string_equal(before, sql_value(&f->arena, platform,
                                          "select public.database_incarnation()"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(status_and_verify_know_an_empty_database, setup_empty,
                                        teardown),
        cmocka_unit_test_setup_teardown(up_from_nothing_then_again_changes_nothing, setup_empty,
                                        teardown),
        cmocka_unit_test_setup_teardown(up_resumes_after_an_interruption_of_public, setup_empty,
                                        teardown),
        cmocka_unit_test_setup_teardown(up_resumes_after_an_interruption_among_tenants,
                                        setup_migrated, teardown),
        cmocka_unit_test_setup_teardown(only_what_is_missing_would_be_done, setup_migrated, teardown),
        cmocka_unit_test_setup_teardown(two_migrators_at_once_do_each_thing_once, setup_empty,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_tenant_that_fails_is_named_and_the_others_are_up,
                                        setup_migrated, teardown),
        cmocka_unit_test_setup_teardown(a_locked_tenant_is_tried_again, setup_migrated, teardown),
        cmocka_unit_test_setup_teardown(an_edited_migration_is_refused_and_found, setup_migrated,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_newer_database_is_left_alone, setup_migrated, teardown),
        cmocka_unit_test_setup_teardown(an_unreachable_database_is_said_to_be_one, setup_migrated,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_restored_copy_has_another_incarnation, setup_migrated,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
