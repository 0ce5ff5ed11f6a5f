/* rights_test.c - who may what in the database: see docs/decisions/0102-rights-in-the-database.md. */
#include "tests/lib/test.h"

#include <string.h>

#include "core/io/migrate/migrate.h"
#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"

/* One server, two tenants of the same stripe, one of another. */
struct fixture {
    struct pg_server server;
    struct arena arena;
    struct pg_tenant mine, neighbour, far;
    struct pg_person owner;
};

static int setup(void **state)
{
    static struct fixture f;
    struct pg_tenant skipped;

    pg_server_start(&f.server);
    pg_server_tenant(&f.server, "mine", &f.mine);
    pg_server_tenant(&f.server, "far", &f.far);
    pg_server_tenant(&f.server, "third", &skipped);
    pg_server_tenant(&f.server, "fourth", &skipped);
    pg_server_tenant(&f.server, "neighbour", &f.neighbour);
    pg_server_person(&f.server, &f.mine, "owner", &f.owner);
    *state = &f;
    return f.neighbour.stripe == f.mine.stripe && f.far.stripe != f.mine.stripe ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    arena_release(&f->arena);
    pg_server_stop(&f->server);
    return 0;
}

static void refused(struct fixture *f, PGconn *conn, const char *const *statements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *sql = sql_expand(&f->arena, statements[i], f->mine.schema);
        const char *got = sql_state(&f->arena, conn, "%s", sql);

        /* 42501 insufficient_privilege */
        if (strcmp(got, "42501") != 0)
            fail_msg("%s: SQLSTATE %s: %s", sql, got, PQerrorMessage(conn));
    }
}
#define REFUSED(f, conn, statements)                                                               \
    refused((f), (conn), (statements), sizeof(statements) / sizeof *(statements))

static void tenant_role_cannot_change_the_database(void **state)
{
    struct fixture *f = *state;
    PGconn *conn = pg_server_enter(&f->server, &f->arena, &f->mine);
    static const char *const statements[] = {
        "create table {{t}}.x (a int)",
        "create table public.x (a int)",
        "create temp table x (a int)",
        "create view {{t}}.x as select 1",
        "create schema x",
        "create function {{t}}.f() returns int language sql as 'select 1'",
        "create function public.f() returns int language sql as 'select 1'",
        "create role x",
        "create extension dblink",
        "create index x on {{t}}.job (lane)",
        "create trigger x before insert on {{t}}.job execute function {{t}}.job_guard_{{t}}()",
        "alter table {{t}}.job add column x int",
        "alter table {{t}}.job disable trigger job_needs_confirmation",
        "alter role {{t}} login",
        "alter schema {{t}} rename to x",
        "truncate {{t}}.job",
        "truncate {{t}}.job_live",
        "drop table {{t}}.job",
        "drop function {{t}}.job_guard_{{t}}() cascade",
        "comment on table {{t}}.job is 'x'",
        "lock table {{t}}.audit_event in access exclusive mode",
        "grant gov_owner to {{t}}",
        "set session_replication_role = replica",
        "copy {{t}}.job to program 'true'",
        "copy {{t}}.job from '/etc/passwd'",
    };

    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        const char *sql = sql_expand(&f->arena, statements[i], f->mine.schema);
        const char *got = sql_state(&f->arena, conn, "begin; %s", sql);

        if (strcmp(got, "42501") != 0)
            fail_msg("%s: SQLSTATE %s: %s", sql, got, PQerrorMessage(conn));
        sql_run(conn, "rollback");
    }
}

static void tenant_role_cannot_give_its_rights_away(void **state)
{
    struct fixture *f = *state;
    PGconn *conn = pg_server_enter(&f->server, &f->arena, &f->mine);
    PGconn *other = pg_server_enter(&f->server, &f->arena, &f->neighbour);

    /* PostgreSQL only warns where some right is held without grant option; what counts is after. */
    sql_state(&f->arena, conn, "grant select on %s.job to public", f->mine.schema);
    sql_state(&f->arena, conn, "grant usage on schema %s to public", f->mine.schema);
    assert_string_equal("42501", sql_state(&f->arena, other, "select * from %s.job", f->mine.schema));
    assert_string_equal("42501", sql_state(&f->arena, conn, "grant execute on function "
                        "%s.confirmation_close_%s(uuid, text, uuid, text) to public", f->mine.schema, f->mine.schema));
}

static void tenant_role_only_adds_facts(void **state)
{
    struct fixture *f = *state;
    PGconn *conn = pg_server_enter(&f->server, &f->arena, &f->mine);
    static const char *const statements[] = {
        "update {{t}}.audit_event set kind = 'x'",
        "delete from {{t}}.audit_event",
        "update {{t}}.job set lane = 'x'",
        "delete from {{t}}.job",
        "update {{t}}.job_outcome set state = 'succeeded'",
        "delete from {{t}}.job_outcome",
        "update {{t}}.plan set risk = 'low'",
        "delete from {{t}}.plan",
        "update {{t}}.request set created_by = id",
        "update {{t}}.request_event set kind = 'x'",
        "update {{t}}.run_log set body = 'x'",
        "update {{t}}.file set sha256 = 'x'",
        "update {{t}}.skill_version set digest = 'x'",
        "update {{t}}.skill_version set package_file = id",
        "update {{t}}.confirmation set state = 'confirmed'",
        "update {{t}}.confirmation set decided_by = requester",
        "update {{t}}.confirmation set expires_at = now()",
        "delete from {{t}}.confirmation",
        "insert into {{t}}.confirmation (id, request_id, plan_id, digest, requester, expires_at, "
        "state) select id, id, id, '', id, now(), 'confirmed' from {{t}}.plan",
        "select {{t}}.confirmation_close_{{t}}(null, 'expired', null, null)",
    };

    REFUSED(f, conn, statements);
}

static void expressions_cannot_become_statements(void **state)
{
    struct fixture *f = *state;
    PGconn *conn = pg_server_enter(&f->server, &f->arena, &f->mine);
    static const char *const statements[] = {
        "select set_config('role', 'none', false)",
        "do $$ begin perform 1; end $$",
        "select query_to_xml('select 1', true, true, '')",
        "select query_to_xmlschema('select 1', true, true, '')",
        "select table_to_xml('pg_class', true, true, '')",
        "select database_to_xml(true, true, '')",
        "select ts_stat('select 1')",
        "select lo_create(0)",
        "select lo_from_bytea(0, 'x')",
        "select lo_import('/etc/passwd')",
        "select lo_get(1)",
        "select pg_read_file('/etc/passwd')",
        "select pg_ls_dir('/')",
        "select pg_advisory_lock(1)",
        "select pg_try_advisory_xact_lock(1)",
        "select pg_notify('x', 'y')",
        "select pg_sleep(0)",
        "select pg_terminate_backend(1)",
        "select pg_reload_conf()",
    };

    REFUSED(f, conn, statements);
    /* not there at all, which is as good */
    assert_string_equal("42883", sql_state(&f->arena, conn, "select dblink('', 'select 1')"));
}

static void tenant_role_has_no_right_on_public_tables(void **state)
{
    struct fixture *f = *state;
    PGconn *admin = pg_server_connect(&f->server, &f->arena, "postgres");
    PGconn *conn = pg_server_enter(&f->server, &f->arena, &f->mine);
    PGresult *tables = PQexec(admin, "select relname from pg_catalog.pg_class where relkind = 'r' "
                                     "and relnamespace = 'public'::regnamespace");

    assert_true(PQntuples(tables) > 10);
    for (int i = 0; i < PQntuples(tables); i++)
        for (const char *const *right = (const char *const[]){ "select", "insert", "update",
                                                               "delete", "truncate", NULL };
             *right; right++)
            assert_string_equal("f", sql_value(&f->arena, conn,
                                               "select has_table_privilege('public.%s', '%s')",
                                               PQgetvalue(tables, i, 0), *right));
    PQclear(tables);
    assert_string_equal("42501", sql_state(&f->arena, conn, "select * from public.tenant"));
    assert_string_equal("42501", sql_state(&f->arena, conn, "select * from public.session"));
    assert_string_equal("42501", sql_state(&f->arena, conn, "select public.tenant_create("
                                           "'%s', 'x', 'team', 'UTC', 'en', null)", f->far.id.text));
    assert_string_equal("42501", sql_state(&f->arena, conn, "select public.tenant_migrate('%s')",
                                           f->far.schema));
}

static void tenant_role_sees_its_own_rows_in_my_views(void **state)
{
    struct fixture *f = *state;
    PGconn *mine = pg_server_enter(&f->server, &f->arena, &f->mine);
    PGconn *far = pg_server_enter(&f->server, &f->arena, &f->far);
    PGconn *login = pg_server_stripe(&f->server, &f->arena, &f->mine);

    assert_string_equal(f->mine.id.text,
                        sql_value(&f->arena, mine, "select string_agg(id::text, ',') from "
                                                   "public.my_tenant"));
    assert_string_equal(f->owner.id.text,
                        sql_value(&f->arena, mine, "select string_agg(user_id::text, ',') from "
                                                   "public.my_members"));
    assert_string_equal("0", sql_value(&f->arena, far, "select count(*) from public.my_members"));
    assert_string_equal("0", sql_value(&f->arena, login, "select count(*) from public.my_tenant"));
    assert_string_equal("0", sql_value(&f->arena, login, "select count(*) from public.my_members"));
}

static void login_role_without_set_role_reads_no_tenant_table(void **state)
{
    struct fixture *f = *state;
    PGconn *admin = pg_server_connect(&f->server, &f->arena, "postgres");
    PGconn *conn = pg_server_stripe(&f->server, &f->arena, &f->mine);
    PGresult *tables = PQexec(admin, arena_format(&f->arena, "select relname from "
                                     "pg_catalog.pg_class where relkind in ('r', 'v') and "
                                     "relnamespace = '%s'::regnamespace", f->mine.schema));

    assert_true(PQntuples(tables) >= 20);
    for (int i = 0; i < PQntuples(tables); i++)
        assert_string_equal("42501", sql_state(&f->arena, conn, "select * from %s.%s",
                                               f->mine.schema, PQgetvalue(tables, i, 0)));
    PQclear(tables);
    assert_string_equal("42501", sql_state(&f->arena, conn, "select * from public.tenant"));
    /* and after it has been in the role and left it */
    sql_run(conn, "set role %s", f->mine.schema);
    assert_string_equal("0", sql_value(&f->arena, conn, "select count(*) from %s.job",
                                       f->mine.schema));
    sql_run(conn, "reset role");
    assert_string_equal("42501", sql_state(&f->arena, conn, "select * from %s.job", f->mine.schema));
}

static void stripe_cannot_enter_another_stripes_tenant(void **state)
{
    struct fixture *f = *state;
    PGconn *conn = pg_server_stripe(&f->server, &f->arena, &f->mine);

    assert_string_equal("42501", sql_state(&f->arena, conn, "set role %s", f->far.schema));
    assert_string_equal("42501", sql_state(&f->arena, conn, "set role gov_owner"));
    assert_string_equal("42501", sql_state(&f->arena, conn, "set role execgov_platform"));
    assert_string_equal("42501", sql_state(&f->arena, conn, "set session authorization postgres"));
    assert_string_equal("00000", sql_state(&f->arena, conn, "set role %s", f->neighbour.schema));
    assert_string_equal("42501", sql_state(&f->arena, conn, "select * from %s.job", f->mine.schema));
}

static void platform_role_enters_no_tenant_and_owns_nothing(void **state)
{
    struct fixture *f = *state;
    PGconn *conn = pg_server_connect(&f->server, &f->arena, "execgov_platform");
    static const char *const statements[] = {
        "set role {{t}}",
        "set role gov_owner",
        "select * from {{t}}.job",
        "insert into public.tenant (id, schema, stripe, name, kind) "
        "select id, 't_0000000000000000', 0, 'x', 'team' from public.tenant",
        "update public.tenant set schema = 't_0000000000000000'",
        "update public.tenant set stripe = 1",
        "delete from public.tenant",
        "update public.platform_audit set kind = 'x'",
        "delete from public.platform_audit",
        "select * from public.login_secret",
        "select body from public.tenant_migration",
        "update public.tenant_migration set body = ''",
        "select public.stripe_make(9)",
        "select public.tenant_migrate('{{t}}')",
        "select public.login_password_set('stripe', 'x')",
        "create table public.x (a int)",
        "create schema x",
        "create temp table x (a int)",
        "truncate public.mark",
        "select set_config('role', 'none', false)",
    };

    REFUSED(f, conn, statements);
}

/* The one who opens credentials enters no tenant and changes no configuration; the one who takes them in
 * cannot read what is sealed. */
static void egress_and_platform_have_each_their_half_of_credentials(void **state)
{
    struct fixture *f = *state;
    PGconn *egress = pg_server_connect(&f->server, &f->arena, "execgov_egress");
    PGconn *platform = pg_server_connect(&f->server, &f->arena, "execgov_platform");
    static const char *const egress_may_not[] = {
        "select * from {{t}}.job",
        "set role {{t}}",
        "select * from public.app_user",
        "select * from public.session",
        "select * from public.login_secret",
        "insert into public.credential (id, name) values (gen_random_uuid(), 'x')",
        "update public.credential set version = 2",
        "update public.credential_value set value = '\\x00'",
        "delete from public.credential_value",
        "update public.egress_key set chosen_at = now()",
        "create table public.x (a int)",
    };
    static const char *const platform_may_not[] = {
        "select value from public.credential_value",
        "select wrapped_key from public.credential_value",
        "select nonce from public.credential_value",
        "update public.credential_value set key_id = 'x'",
        "insert into public.egress_key (id, public_key) values ('x', '\\x00')",
        "update public.egress_key set public_key = '\\x00'",
    };

    REFUSED(f, egress, egress_may_not);
    REFUSED(f, platform, platform_may_not);
    sql_run(egress, "select value from public.credential_value");
    sql_run(platform, "select key_id from public.credential_value");
}

static void passwords_are_asked_for_and_kept_as_scram(void **state)
{
    struct fixture *f = *state;
    PGconn *admin = pg_server_connect(&f->server, &f->arena, "postgres");
    PGconn *conn = PQconnectdb(arena_format(&f->arena, "host=%s dbname=execgov "
                                            "user=execgov_platform password=guess", f->server.dir));

    assert_int_equal(CONNECTION_BAD, PQstatus(conn));
    PQfinish(conn);
    assert_string_equal("7", sql_value(&f->arena, admin, "select count(*) from pg_authid where "
                                       "rolname like 'execgov%%' and rolpassword like 'SCRAM-%%'"));
}

static void login_roles_carry_the_planner_settings(void **state)
{
    struct fixture *f = *state;
    PGconn *logins[] = { pg_server_stripe(&f->server, &f->arena, &f->mine),
                         pg_server_connect(&f->server, &f->arena, "execgov_platform"),
                         pg_server_connect(&f->server, &f->arena, "execgov_egress") };

    for (size_t i = 0; i < 3; i++) {
        assert_string_equal("off", sql_value(&f->arena, logins[i], "show enable_seqscan"));
        assert_string_equal("off", sql_value(&f->arena, logins[i], "show enable_hashjoin"));
        assert_string_equal("off", sql_value(&f->arena, logins[i], "show enable_mergejoin"));
        assert_string_equal("off", sql_value(&f->arena, logins[i], "show jit"));
        assert_string_equal("pg_catalog", sql_value(&f->arena, logins[i], "show search_path"));
    }
}

/* The checks of `migrate verify` look for the same things in production: they must find nothing here,
 * and something when a right is planted. */
static size_t faults_count(struct fixture *f)
{
    const struct migrate_fault *faults;
    struct gov_err err = { 0 };
    size_t count = 0;

    if (!migrate_verify(pg_server_conninfo(&f->server, &f->arena, "postgres"), &faults, &count,
                        &f->arena, &err))
        fail_msg("%s", err.cause);
    for (size_t i = 0; i < count; i++)
        print_message("%s: %s %s\n", faults[i].check, faults[i].subject, faults[i].problem);
    return count;
}

static void verify_finds_each_planted_fault(void **state)
{
    struct fixture *f = *state;
    PGconn *admin = pg_server_connect(&f->server, &f->arena, "postgres");
    static const char *const plants[][2] = {
        { "grant update on {{t}}.audit_event to {{t}}", "revoke update on {{t}}.audit_event from {{t}}" },
        { "grant create on schema {{t}} to {{t}}", "revoke create on schema {{t}} from {{t}}" },
        { "grant select on {{t}}.job to public", "revoke select on {{t}}.job from public" },
        { "grant select on public.tenant to {{t}}", "revoke select on public.tenant from {{t}}" },
        { "alter table {{t}}.job owner to postgres", "alter table {{t}}.job owner to gov_owner" },
        { "grant execute on function pg_catalog.set_config(text, text, boolean) to public",
          "revoke execute on function pg_catalog.set_config(text, text, boolean) from public" },
        { "alter function public.gov_must(boolean, text) security definer",
          "alter function public.gov_must(boolean, text) security invoker" },
        { "grant execute on function public.tenant_migrate(text) to public",
          "revoke execute on function public.tenant_migrate(text) from public" },
        { "grant usage on language plpgsql to public", "revoke usage on language plpgsql from public" },
        { "grant gov_owner to execgov_platform", "revoke gov_owner from execgov_platform" },
        { "grant {{t}} to execgov_platform", "revoke {{t}} from execgov_platform" },
        { "alter role execgov_stripe_0 inherit", "alter role execgov_stripe_0 noinherit" },
        { "alter role {{t}} login", "alter role {{t}} nologin" },
        { "grant temp on database execgov to public", "revoke temp on database execgov from public" },
        { "alter table {{t}}.job disable trigger job_needs_confirmation",
          "alter table {{t}}.job enable trigger job_needs_confirmation" },
        { "alter view public.my_tenant set (security_barrier = false)",
          "alter view public.my_tenant set (security_barrier = true)" },
        { "alter function {{t}}.job_guard_{{t}}() reset search_path",
          "alter function {{t}}.job_guard_{{t}}() set search_path = pg_catalog, pg_temp" },
    };

    assert_int_equal(0, faults_count(f));
    for (size_t i = 0; i < sizeof plants / sizeof *plants; i++) {
        sql_run(admin, "%s", sql_expand(&f->arena, plants[i][0], f->mine.schema));
        if (faults_count(f) == 0)
            fail_msg("not found: %s", plants[i][0]);
        sql_run(admin, "%s", sql_expand(&f->arena, plants[i][1], f->mine.schema));
        if (faults_count(f) != 0)
            fail_msg("still found: %s", plants[i][0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tenant_role_cannot_change_the_database),
        cmocka_unit_test(tenant_role_cannot_give_its_rights_away),
        cmocka_unit_test(tenant_role_only_adds_facts),
        cmocka_unit_test(expressions_cannot_become_statements),
        cmocka_unit_test(tenant_role_has_no_right_on_public_tables),
        cmocka_unit_test(tenant_role_sees_its_own_rows_in_my_views),
        cmocka_unit_test(login_role_without_set_role_reads_no_tenant_table),
        cmocka_unit_test(stripe_cannot_enter_another_stripes_tenant),
        cmocka_unit_test(platform_role_enters_no_tenant_and_owns_nothing),
        cmocka_unit_test(egress_and_platform_have_each_their_half_of_credentials),
        cmocka_unit_test(passwords_are_asked_for_and_kept_as_scram),
        cmocka_unit_test(login_roles_carry_the_planner_settings),
        cmocka_unit_test(verify_finds_each_planted_fault),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
