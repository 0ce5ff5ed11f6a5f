/* tenant_create_test.c - making a tenant: whole or not at all, and in the right stripe. What it costs:
 * bench/scale --only tenants. */
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"

struct fixture {
    struct pg_server server;
    struct arena arena;
    PGconn *platform, *admin;
};

static int setup(void **state)
{
    static struct fixture f;

    pg_server_start(&f.server);
    f.platform = pg_server_connect(&f.server, &f.arena, "execgov_platform");
    f.admin = pg_server_connect(&f.server, &f.arena, "postgres");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    arena_release(&f->arena);
    pg_server_stop(&f->server);
    return 0;
}

static const char *create(struct fixture *f, PGconn *conn, const char *owner)
{
    return sql_value(&f->arena, conn, "select schema from public.tenant_create('%s', 'A', "
                     "'personal', 'Asia/Shanghai', 'zh-CN', %s)", id_new().text,
                     owner ? arena_format(&f->arena, "'%s'", owner) : "null");
}

static void tenant_create_rolled_back_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    const char *schema;
    static const char *const leftovers[] = {
        "select count(*) from pg_namespace where nspname = '%s'",
        "select count(*) from pg_roles where rolname = '%s'",
        "select count(*) from public.tenant where schema = '%s'",
    };

    for (int commit = 0; commit < 2; commit++) {
        sql_run(f->platform, "begin");
        schema = create(f, f->platform, NULL);
        sql_run(f->platform, commit ? "commit" : "rollback");
        for (size_t i = 0; i < sizeof leftovers / sizeof *leftovers; i++) {
            char sql[200];

            snprintf(sql, sizeof sql, "%.*s'%s'", (int)(strchr(leftovers[i], '\'') - leftovers[i]),
                     leftovers[i], schema);
            assert_string_equal(commit ? "1" : "0", sql_value(&f->arena, f->admin, "%s", sql));
        }
    }
}

static void tenant_create_makes_its_owner_a_member_and_is_audited(void **state)
{
    struct fixture *f = *state;
    struct pg_person person;
    const char *schema;

    pg_server_person(&f->server, NULL, NULL, &person);
    schema = create(f, f->platform, person.id.text);
    assert_string_equal("owner", sql_value(&f->arena, f->platform,
        "select m.role from public.membership m join public.tenant t on t.id = m.tenant_id "
        "where t.schema = '%s' and m.user_id = '%s'", schema, person.id.text));
    assert_string_equal(person.id.text, sql_value(&f->arena, f->platform,
        "select a.actor::text from public.platform_audit a join public.tenant t "
        "on a.tenant_id = t.id where t.schema = '%s' and a.action = 'tenant.created'", schema));
    assert_string_equal("personal Asia/Shanghai zh-CN active", sql_value(&f->arena, f->platform,
        "select concat_ws(' ', kind, timezone, locale, state) from public.tenant "
        "where schema = '%s'", schema));
}

static void tenant_create_refuses_what_does_not_fit(void **state)
{
    struct fixture *f = *state;

    assert_string_equal("23514", sql_state(&f->arena, f->platform, "select public.tenant_create("
        "gen_random_uuid(), '', 'team', 'UTC', 'en', null)"));
    assert_string_equal("23514", sql_state(&f->arena, f->platform, "select public.tenant_create("
        "gen_random_uuid(), 'x', 'horde', 'UTC', 'en', null)"));
    assert_string_equal("23503", sql_state(&f->arena, f->platform, "select public.tenant_create("
        "gen_random_uuid(), 'x', 'team', 'UTC', 'en', gen_random_uuid())"));
}

static void only_a_schema_name_is_ever_pasted(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = { "t_0", "t_0000000000000000; drop table public.tenant",
                                         "T_0000000000000000", "t_000000000000000g", "public", "" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal("22023", sql_state(&f->arena, f->admin,
                                               "select public.tenant_migrate('%s')", names[i]));
    assert_string_equal("22023", sql_state(&f->arena, f->admin,
                                           "select public.tenant_migrate(E't_0000000000000000\\n')"));
    assert_string_equal("22023", sql_state(&f->arena, f->admin, "select public.tenant_migrate(null)"));
    assert_string_equal("P0002", sql_state(&f->arena, f->admin,
                                           "select public.tenant_migrate('t_0000000000000000')"));
}

static void tenants_spread_over_stripes_and_full_ones_get_another(void **state)
{
    struct fixture *f = *state;
    const char *spread = "select max(c) - min(c) from (select s.stripe, count(t.id) c from "
                         "public.stripe s left join public.tenant t on t.stripe = s.stripe "
                         "group by s.stripe) x";
    struct pg_tenant tenant;
    PGconn *login;

    for (int i = 0; i < 8; i++)
        create(f, f->platform, NULL);
    assert_in_range(atoi(sql_value(&f->arena, f->platform, "%s", spread)), 0, 1);

    /* Rows alone make a stripe full; their schemas do not matter here. */
    sql_run(f->admin, "insert into public.tenant (id, schema, stripe, name, kind) "
                      "select gen_random_uuid(), 't_' || lpad(to_hex(s.stripe * 1000 + n), 16, '0'), "
                      "s.stripe, 'filler', 'team' from public.stripe s, generate_series(1, 999) n");
    pg_server_tenant(&f->server, "one too many", &tenant);
    assert_int_equal(4, tenant.stripe);
    login = pg_server_enter(&f->server, &f->arena, &tenant); /* the password is the others' */
    assert_string_equal("1", sql_value(&f->arena, login, "select count(*) from public.my_tenant"));
    assert_string_equal("off", sql_value(&f->arena, login, "show enable_seqscan"));
}

/* What is looked up by name is found among one; see 0690. */
static void a_tenants_functions_carry_its_name(void **state)
{
    struct fixture *f = *state;
    const char *schema = create(f, f->platform, NULL);

    assert_int_not_equal(0, atoi(sql_value(&f->arena, f->admin,
        "select count(*) from pg_proc where pronamespace = '%s'::regnamespace", schema)));
    assert_string_equal("", sql_value(&f->arena, f->admin,
        "select coalesce(string_agg(proname, ' '), '') from pg_proc where pronamespace = '%s'::regnamespace "
        "and proname not like '%%\\_%s'", schema, schema));
    assert_string_equal("", sql_value(&f->arena, f->admin,
        "select coalesce(string_agg(p.proname || ' calls ' || m[1], ' '), '') from pg_proc p, "
        "regexp_matches(p.prosrc, '%s\\.([a-z0-9_]+)\\(', 'g') m where p.pronamespace = '%s'::regnamespace "
        "and m[1] not like '%%\\_%s' and to_regclass('%s.' || m[1]) is null", schema, schema, schema, schema));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tenant_create_rolled_back_leaves_nothing),
        cmocka_unit_test(a_tenants_functions_carry_its_name),
        cmocka_unit_test(tenant_create_makes_its_owner_a_member_and_is_audited),
        cmocka_unit_test(tenant_create_refuses_what_does_not_fit),
        cmocka_unit_test(only_a_schema_name_is_ever_pasted),
        cmocka_unit_test(tenants_spread_over_stripes_and_full_ones_get_another),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
