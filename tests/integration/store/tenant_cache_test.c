/* tenant_cache_test.c - tenants by schema: right, remembered, and never somebody else's. Besides,
 * incarnation.h. */
#include "core/store/tenant_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/store/queue/incarnation.h"
#include "tests/lib/db_rig.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

enum { ROWS = 6000, PAIRS = 100 };

struct fixture {
    struct db_rig rig;
    struct db *db;
    PGconn *admin;
    struct pg_tenant tenant;
};

static int setup(void **state)
{
    static struct fixture f;

    db_rig_start(&f.rig);
    f.admin = pg_server_connect(&f.rig.server, &f.rig.arena, "postgres");
    pg_server_tenant(&f.rig.server, "A", &f.tenant);
    f.db = db_rig_pool(&f.rig, "cache", (struct db_options){ 0 });
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

struct getting {
    struct tenant_cache *cache;
    const char *schema;
    struct tenant_info info;
};

static void get(struct op *op, void *arguments)
{
    struct getting *g = arguments;
    tenant_cache_get(op, g->cache, g->schema, &g->info);
}

static bool got(struct fixture *f, struct getting *g)
{
    struct op_probe probe = { 0 };
    bool good = op_probe_run(&probe, &f->rig.loop, get, g);

    op_release(&probe.op);
    return good;
}

static void a_tenant_is_told_as_its_row_has_it(void **state)
{
    struct fixture *f = *state;
    struct getting g = { tenant_cache_new(f->db), f->tenant.schema };

    assert_true(got(f, &g));
    assert_true(g.info.known && g.info.active && !g.info.paused);
    assert_string_equal(g.info.id.text, f->tenant.id.text);
    assert_string_equal(g.info.scope.schema, f->tenant.schema);
    assert_int_equal(g.info.scope.stripe, f->tenant.stripe);
    assert_string_equal(g.info.timezone, "UTC");
    assert_string_equal(g.info.locale, "en");
    assert_true(g.info.weight > 0 && g.info.concurrency_limit > 0);
    tenant_cache_free(g.cache);
}

static void it_is_remembered_and_a_new_cache_reads_again(void **state)
{
    struct fixture *f = *state;
    struct getting g = { tenant_cache_new(f->db), f->tenant.schema };

    assert_true(got(f, &g));
    sql_run(f->admin, "update public.tenant set paused = true where id = '%s'", f->tenant.id.text);
    assert_true(got(f, &g));
    assert_false(g.info.paused);
    tenant_cache_free(g.cache);
    g.cache = tenant_cache_new(f->db);
    assert_true(got(f, &g));
    assert_true(g.info.paused);
    sql_run(f->admin, "update public.tenant set paused = false where id = '%s'", f->tenant.id.text);
    tenant_cache_free(g.cache);
}

static void an_unknown_schema_is_not_known_and_is_asked_for_again(void **state)
{
    struct fixture *f = *state;
    struct getting g = { tenant_cache_new(f->db), "t_0123456789abcdef" };

    g.info.known = true; /* what lay there before says nothing */
    assert_true(got(f, &g));
    assert_false(g.info.known);
    sql_run(f->admin, "update public.tenant set schema = 't_0123456789abcdef' where id = '%s'",
            f->tenant.id.text);
    bool good = got(f, &g);
    sql_run(f->admin, "update public.tenant set schema = '%s' where id = '%s'", f->tenant.schema,
            f->tenant.id.text);
    assert_true(good && g.info.known);
    tenant_cache_free(g.cache);
}

static void a_failed_read_fails_the_op_and_is_not_remembered(void **state)
{
    struct fixture *f = *state;
    struct getting g = { tenant_cache_new(f->db), f->tenant.schema };

    sql_run(f->admin, "revoke select on public.tenant from execgov_platform");
    assert_false(got(f, &g));
    sql_run(f->admin, "grant select on public.tenant to execgov_platform");
    assert_true(got(f, &g));
    assert_true(g.info.known);
    tenant_cache_free(g.cache);
}

/* More tenants than places, in schemas that crowd the same ones. */
static void no_tenant_gets_anothers_row(void **state)
{
    struct fixture *f = *state;
    struct tenant_cache *cache = tenant_cache_new(f->db);
    struct getting *all = calloc(ROWS, sizeof *all);
    struct op_probe *probes = calloc(ROWS, sizeof *probes);
    char (*schemas)[20] = calloc(ROWS, sizeof *schemas);

    for (int i = 0; i < ROWS; i++)
        snprintf(schemas[i], sizeof schemas[i], "t_%013d%03x", i % 3000, (i % 3000) % 5);
    sql_run(f->admin,
            "insert into public.tenant (id, schema, stripe, name, kind, timezone, locale) "
            "select gen_random_uuid(), 't_' || lpad(i::text, 13, '0') || lpad(to_hex(i %% 5), 3, '0'), "
            "%d, 'n' || i, 'team', 'UTC', 'en' from generate_series(0, 2999) i", f->tenant.stripe);
    for (int i = 0; i < ROWS; i++) {
        all[i] = (struct getting){ cache, schemas[i] };
        op_probe_start(&probes[i], &f->rig.loop, get, &all[i]);
    }
    for (int i = 0; i < ROWS; i++) {
        assert_true(op_probe_await(&probes[i]));
        op_release(&probes[i].op);
        assert_true(all[i].info.known);
        assert_string_equal(all[i].info.scope.schema, schemas[i]);
    }
    for (int i = 0; i + 1 < PAIRS; i++)
        for (int j = i; j <= i + 1; j++) { /* each is read while the other is remembered */
            struct getting g = { cache, schemas[5 * j] };
            assert_true(got(f, &g) && g.info.known);
            assert_string_equal(g.info.scope.schema, schemas[5 * j]);
        }
    free(all);
    free(probes);
    free(schemas);
    tenant_cache_free(cache);
}

static void the_incarnation_is_the_same_until_the_database_is_another(void **state)
{
    struct fixture *f = *state;
    char first[INCARNATION_BYTES], second[INCARNATION_BYTES];
    struct gov_err err;

    assert_true(incarnation_read(&f->rig.loop, f->db, 5000, first, &err));
    assert_int_equal(strspn(first, "0123456789abcdef"), 32);
    assert_true(incarnation_read(&f->rig.loop, f->db, 5000, second, &err));
    assert_string_equal(first, second);
}

static void the_incarnation_is_waited_for_but_not_for_ever(void **state)
{
    struct fixture *f = *state;
    char text[INCARNATION_BYTES];
    struct gov_err err = { 0 };
    int64_t begun_us = clock_mono_us();

    pg_server_pause(&f->rig.server);
    assert_false(incarnation_read(&f->rig.loop, f->db, 600, text, &err));
    assert_int_equal(err.code, GOV_STORE_UNAVAILABLE);
    assert_in_range(clock_mono_us() - begun_us, 500000, 20000000);
    pg_server_resume(&f->rig.server);
    assert_true(incarnation_read(&f->rig.loop, f->db, 5000, text, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tenant_is_told_as_its_row_has_it),
        cmocka_unit_test(it_is_remembered_and_a_new_cache_reads_again),
        cmocka_unit_test(an_unknown_schema_is_not_known_and_is_asked_for_again),
        cmocka_unit_test(a_failed_read_fails_the_op_and_is_not_remembered),
        cmocka_unit_test(no_tenant_gets_anothers_row),
        cmocka_unit_test(the_incarnation_is_the_same_until_the_database_is_another),
        cmocka_unit_test(the_incarnation_is_waited_for_but_not_for_ever),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
