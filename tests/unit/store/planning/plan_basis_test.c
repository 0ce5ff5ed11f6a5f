/* plan_basis_test.c - what plans are made from is kept for many tenants, within bounds, and gives way piece by piece. */
#include "core/store/planning/plan_basis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/lib/test.h"

enum { MB = 1024 * 1024, KEPT_BYTES_MAX = 24 * MB, PLACES = 4096, BIG = 1 * MB, MANY_BIG = 60 };

/* A row of plan_load.sql with `bytes` in it; no row where `bytes` is 0: there is no such skill. */
static struct plan_basis *basis_of(size_t bytes)
{
    PGresAttDesc columns[BASIS_SIGNING + 1] = { 0 };
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    char *text = malloc(bytes + 1);

    memset(text, 'x', bytes);
    for (int i = 0; i <= BASIS_SIGNING; i++)
        columns[i] = (PGresAttDesc){ .name = "column", .typlen = -1 };
    assert_true(PQsetResultAttrs(result, BASIS_SIGNING + 1, columns));
    if (bytes)
        assert_true(PQsetvalue(result, 0, BASIS_SETTINGS, text, (int)bytes));
    struct db_rows rows = { .result = result, .count = bytes != 0 };
    struct plan_basis *basis = plan_basis_new(&rows);
    PQclear(result);
    free(text);
    return basis;
}

static struct plan_basis_key key_of(int tenant)
{
    struct plan_basis_key key = { .skill = "report", .requester = { "01890000-0000-7000-8000-000000000000" } };

    snprintf(key.schema, sizeof key.schema, "t_%016x", (unsigned)tenant);
    return key;
}

static void keep(struct plan_bases *bases, int tenant, size_t bytes)
{
    struct plan_basis *basis = basis_of(bytes);
    struct plan_basis_key key = key_of(tenant);

    plan_bases_keep(bases, &key, plan_bases_epoch(bases), basis);
    plan_basis_let_go(basis);
}

static bool is_kept(struct plan_bases *bases, int tenant)
{
    struct plan_basis_key key = key_of(tenant);
    struct plan_basis *basis = plan_bases_find(bases, &key);

    plan_basis_let_go(basis);
    return basis != NULL;
}

static int kept(struct plan_bases *bases, int tenants)
{
    int count = 0;

    for (int tenant = 0; tenant < tenants; tenant++)
        count += is_kept(bases, tenant);
    return count;
}

static void a_thousand_tenants_in_turn_find_theirs_again(void **state)
{
    struct plan_bases *bases = plan_bases_new();

    (void)state;
    for (int tenant = 0; tenant < 1000; tenant++)
        keep(bases, tenant, 100);
    assert_in_range(kept(bases, 1000), 800, 1000); /* two with one place: the later one has it */
    plan_bases_free(bases);
}

static void their_number_has_a_bound(void **state)
{
    struct plan_bases *bases = plan_bases_new();

    (void)state;
    for (int tenant = 0; tenant < 5 * PLACES; tenant++)
        keep(bases, tenant, 1);
    assert_in_range(kept(bases, 5 * PLACES), PLACES / 2, PLACES);
    plan_bases_free(bases);
}

/* Each of those that went is held here: what it counts is then this test's alone. */
static void their_memory_has_a_bound_and_what_goes_is_let_go(void **state)
{
    struct plan_bases *bases = plan_bases_new();
    struct plan_basis *all[MANY_BIG];
    size_t bytes = 0;

    (void)state;
    for (int tenant = 0; tenant < MANY_BIG; tenant++) {
        struct plan_basis_key key = key_of(tenant);
        all[tenant] = basis_of(BIG);
        plan_bases_keep(bases, &key, plan_bases_epoch(bases), all[tenant]);
    }
    for (int tenant = 0; tenant < MANY_BIG; tenant++) {
        assert_true(all[tenant]->bytes >= BIG);
        assert_int_equal(all[tenant]->users, is_kept(bases, tenant) ? 2 : 1);
        bytes += all[tenant]->users == 2 ? all[tenant]->bytes : 0;
    }
    assert_in_range(bytes, KEPT_BYTES_MAX / 2, KEPT_BYTES_MAX);
    plan_bases_free(bases);
    for (int tenant = 0; tenant < MANY_BIG; tenant++) {
        assert_int_equal(all[tenant]->users, 1);
        plan_basis_let_go(all[tenant]);
    }
}

/* When it is full, one that comes costs about one that goes, and not all that were there. */
static void it_gives_way_piece_by_piece(void **state)
{
    struct plan_bases *bases = plan_bases_new();
    int64_t begun = clock_mono_us();

    (void)state;
    for (int tenant = 0; tenant < MANY_BIG; tenant++) {
        int before = kept(bases, tenant);
        keep(bases, tenant, BIG);
        int after = kept(bases, tenant + 1);
        if (clock_mono_us() - begun > (int64_t)PLAN_BASIS_FRESH_MS * 1000) {
            plan_bases_free(bases);
            skip(); /* on a machine this slow they grow old on the way, which is another reason to go */
        }
        assert_true(is_kept(bases, tenant));
        assert_in_range(after, before ? before - 1 : 0, before + 1);
    }
    assert_in_range(kept(bases, MANY_BIG), 20, 24);
    plan_bases_free(bases);
}

/* The hand goes on from where it stood: whoever came last is not the next to go. */
static void whoever_came_last_stays_a_while(void **state)
{
    struct plan_bases *bases = plan_bases_new();
    int early = 0;

    (void)state;
    for (int tenant = 0; tenant < 2 * MANY_BIG; tenant++) {
        keep(bases, tenant, BIG);
        early += tenant > 0 && !is_kept(bases, tenant - 1);
    }
    assert_in_range(early, 0, MANY_BIG / 2);
    plan_bases_free(bases);
}

static void one_that_is_too_big_is_not_kept_and_costs_nobody_a_place(void **state)
{
    struct plan_bases *bases = plan_bases_new();

    (void)state;
    keep(bases, 1, 100);
    keep(bases, 2, KEPT_BYTES_MAX / 8 + 1);
    assert_true(is_kept(bases, 1));
    assert_false(is_kept(bases, 2));
    plan_bases_free(bases);
}

/* A caller may ask for names that do not exist as often as he likes. */
static void what_does_not_exist_counts_as_well(void **state)
{
    struct plan_basis *basis = basis_of(0);

    (void)state;
    assert_true(basis->bytes > sizeof *basis);
    plan_basis_let_go(basis);
}

static void what_was_read_before_a_change_is_not_kept_after_it(void **state)
{
    struct plan_bases *bases = plan_bases_new();
    struct plan_basis *basis = basis_of(100);
    struct plan_basis_key key = key_of(1);
    unsigned epoch = plan_bases_epoch(bases);

    (void)state;
    keep(bases, 2, 100);
    plan_bases_drop(bases);
    assert_false(is_kept(bases, 2));
    plan_bases_keep(bases, &key, epoch, basis);
    assert_false(is_kept(bases, 1));
    plan_bases_keep(bases, &key, plan_bases_epoch(bases), basis);
    assert_true(is_kept(bases, 1));
    plan_basis_let_go(basis);
    plan_bases_free(bases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_tenants_in_turn_find_theirs_again),
        cmocka_unit_test(their_number_has_a_bound),
        cmocka_unit_test(their_memory_has_a_bound_and_what_goes_is_let_go),
        cmocka_unit_test(it_gives_way_piece_by_piece),
        cmocka_unit_test(whoever_came_last_stays_a_while),
        cmocka_unit_test(one_that_is_too_big_is_not_kept_and_costs_nobody_a_place),
        cmocka_unit_test(what_does_not_exist_counts_as_well),
        cmocka_unit_test(what_was_read_before_a_change_is_not_kept_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
