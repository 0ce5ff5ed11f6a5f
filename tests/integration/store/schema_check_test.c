/* schema_check_test.c - a daemon does not start on a database that is older than it is. */
#include "core/store/schema_check.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/db_rig.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

struct fixture {
    struct db_rig rig;
    struct pg_tenant tenant;
    struct db *db, *lifecycle;
    PGconn *admin;
};

static int setup(void **state)
{
    static struct fixture f;

    db_rig_start(&f.rig);
    pg_server_tenant(&f.rig.server, "A", &f.tenant);
    f.admin = pg_server_connect(&f.rig.server, &f.rig.arena, "postgres");
    f.db = db_rig_pool(&f.rig, "schema", (struct db_options){ 0 });
    f.lifecycle = db_rig_pool(&f.rig, "schema", (struct db_options){ .public_role = "execgov_lifecycle" });
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    db_stop(f->db);
    db_stop(f->lifecycle);
    db_rig_stop(&f->rig);
    return 0;
}

static enum gov_code check(struct fixture *f, struct gov_err *err)
{
    *err = (struct gov_err){ 0 };
    return schema_check(&f->rig.loop, f->db, err) ? GOV_OK : err->code;
}

static void the_present_one_and_a_later_one_will_do(void **state)
{
    struct fixture *f = *state;
    struct gov_err err;

    assert_int_equal(check(f, &err), GOV_OK);
    assert_true(schema_check_public(&f->rig.loop, f->lifecycle, &err));
    sql_run(f->admin, "insert into public.migration (version, name, sha256) values (9999, '9999_future', repeat('0', 64));"
                      "insert into public.tenant_migration (version, name, body, sha256) values (9999, '9999_future', '', "
                      "repeat('0', 64))");
    assert_int_equal(check(f, &err), GOV_OK);
    assert_true(schema_check_public(&f->rig.loop, f->lifecycle, &err));
    sql_run(f->admin, "delete from public.migration where version = 9999;"
                      "delete from public.tenant_migration where version = 9999");
}

/* One version less of `table` than there are. */
static void one_less(struct fixture *f, const char *table)
{
    sql_run(f->admin, "create table public.kept as select * from public.%s order by version desc limit 1;"
                      "delete from public.%s where version = (select version from public.kept)", table, table);
}

static void all_again(struct fixture *f, const char *table)
{
    sql_run(f->admin, "insert into public.%s select * from public.kept; drop table public.kept", table);
}

static void one_version_less_is_refused_with_what_to_do(void **state)
{
    struct fixture *f = *state;
    struct gov_err err;

    one_less(f, "migration");
    assert_int_equal(check(f, &err), GOV_CONFIGURATION);
    assert_non_null(strstr(gov_err_detail(&err, GOV_EN), "execgov migrate up"));
    assert_non_null(strstr(gov_err_detail(&err, GOV_ZH), "execgov migrate up"));
    assert_false(schema_check_public(&f->rig.loop, f->lifecycle, &err));
    assert_int_equal(err.code, GOV_CONFIGURATION);
    all_again(f, "migration");
    one_less(f, "tenant_migration");
    assert_int_equal(check(f, &err), GOV_CONFIGURATION);
    assert_true(schema_check_public(&f->rig.loop, f->lifecycle, &err)); /* has nothing to do with it */
    all_again(f, "tenant_migration");
    assert_int_equal(check(f, &err), GOV_OK);
}

/* One that could not be brought up does not keep the others from being served. */
static void a_tenant_that_is_behind_is_no_reason(void **state)
{
    struct fixture *f = *state;
    struct gov_err err;

    sql_run(f->admin, "update public.tenant set schema_version = schema_version - 1");
    assert_int_equal(check(f, &err), GOV_OK);
    sql_run(f->admin, "update public.tenant set schema_version = schema_version + 1");
}

static void a_database_that_is_away_is_said_to_be_away(void **state)
{
    struct fixture *f = *state;
    struct gov_err err;

    pg_server_pause(&f->rig.server);
    assert_int_equal(check(f, &err), GOV_STORE_UNAVAILABLE);
    pg_server_resume(&f->rig.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_present_one_and_a_later_one_will_do),
        cmocka_unit_test(one_version_less_is_refused_with_what_to_do),
        cmocka_unit_test(a_tenant_that_is_behind_is_no_reason),
        cmocka_unit_test(a_database_that_is_away_is_said_to_be_away),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
