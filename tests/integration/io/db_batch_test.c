/* db_batch_test.c - writes that travel together: one commit, each answered, only the guilty one fails. */
#include "core/io/db/db_batch.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/db_rig.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

enum { ITEMS = 100 };

struct thing {
    struct db_batch_item item;
    const char *key;
};

struct fixture {
    struct db_rig rig;
    struct pg_tenant a;
    struct db *db;
    struct db_batcher *batcher;
    int batches;
};

/* jobs_accept.sql with what is needed to be let in; `key` NULL: its payload is no JSON. */
enum { COLUMNS = 13, DIGEST = 4 };
static const enum db_array_type types[COLUMNS] = {
    DB_UUIDS, DB_TEXTS, DB_TEXTS, DB_JSONBS, DB_TEXTS, DB_INTS,  DB_INTS,
    DB_UUIDS, DB_TEXTS, DB_INTS,  DB_TEXTS,  DB_TEXTS, DB_TEXTS,
};

static void fill(struct db_batch *batch)
{
    struct fixture *f = db_batcher_context(batch->batcher);

    f->batches++;
    for (int i = 0; i < batch->count; i++) {
        const struct thing *t = (const struct thing *)batch->items[i];
        struct db_array *c = batch->columns;
        db_array_add(&c[0], id_new().text);
        db_array_add(&c[1], "noop");
        db_array_add(&c[2], "normal");
        db_array_add(&c[3], t->key ? "{}" : "{");
        db_array_add(&c[DIGEST], t->key);
        db_array_add_int(&c[5], 1);
        db_array_add_int(&c[6], 1000);
        db_array_add(&c[7], id_new().text);
        db_array_add(&c[8], "token");
        db_array_add_int(&c[9], 1);
        db_array_add(&c[10], NULL);
        db_array_add(&c[11], NULL);
        db_array_add(&c[12], NULL);
    }
}

static void answer(struct db_batch *batch)
{
    (void)batch;
}

static const struct db_batch_kind kind = {
    .name = "things", .in_flight = 1, .columns = COLUMNS, .types = types,
    .fill = fill,     .query = SQL_QUERIES_JOBS_ACCEPT,  .answer = answer,
};

static int setup(void **state)
{
    static struct fixture f;

    db_rig_start(&f.rig);
    pg_server_tenant(&f.rig.server, "A", &f.a);
    f.db = db_rig_pool(&f.rig, "db_batch_test", (struct db_options){ .connections_per_role = 2 });
    f.batcher = db_batcher_new(&f.rig.loop, f.db, &kind, &f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    db_batcher_free(f->batcher);
    db_stop(f->db);
    db_rig_stop(&f->rig);
    return 0;
}

struct adding {
    struct fixture *f;
    struct thing *thing;
};

static void begin(struct op *op, void *what)
{
    struct adding *a = what;
    struct db_scope scope = db_scope_tenant(a->f->a.schema, a->f->a.stripe);
    db_batch_add(op, a->f->batcher, &scope, &a->thing->item);
}

/* Add them all in one turn of the loop, and wait. */
static void add_all(struct fixture *f, struct thing *things, int count)
{
    static struct op_probe probes[ITEMS];
    static struct adding adding[ITEMS];

    memset(probes, 0, sizeof probes);
    for (int i = 0; i < count; i++) {
        adding[i] = (struct adding){ f, &things[i] };
        op_probe_start(&probes[i], &f->rig.loop, begin, &adding[i]);
    }
    for (int i = 0; i < count; i++) {
        assert_true(op_probe_await(&probes[i]));
        op_release(&probes[i].op);
    }
}

static int64_t count_of(struct fixture *f, const char *what, const char *digest)
{
    PGconn *admin = pg_server_connect(&f->rig.server, &f->rig.arena, "postgres");
    return strtoll(sql_value(&f->rig.arena, admin, "select count(%s) from %s.job where plan_digest = '%s'", what,
                             f->a.schema, digest),
                   NULL, 10);
}

static void what_comes_in_one_turn_is_one_transaction(void **state)
{
    struct fixture *f = *state;
    struct thing things[ITEMS] = { 0 };

    for (int i = 0; i < ITEMS; i++)
        things[i].key = "together";
    f->batches = 0;
    add_all(f, things, ITEMS);
    assert_int_equal(f->batches, 1);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(things[i].item.err.code, GOV_OK);
    assert_int_equal(count_of(f, "*", "together"), ITEMS);
    assert_int_equal(count_of(f, "distinct created_at", "together"), 1);
}

static void only_the_guilty_one_fails(void **state)
{
    struct fixture *f = *state;
    struct thing things[10] = { 0 };

    for (int i = 0; i < 10; i++)
        things[i].key = i == 6 ? NULL : "innocent";
    add_all(f, things, 10);
    for (int i = 0; i < 10; i++)
        assert_int_equal(things[i].item.err.code, i == 6 ? GOV_INTERNAL : GOV_OK);
    assert_int_equal(count_of(f, "*", "innocent"), 9);
}

/* Prepared by now; then the table changes under the statement. */
static void a_statement_outlives_a_change_of_its_table(void **state)
{
    struct fixture *f = *state;
    PGconn *admin = pg_server_connect(&f->rig.server, &f->rig.arena, "postgres");

    for (int i = 0; i < 4; i++) {
        struct thing one = { .key = "before" };
        add_all(f, &one, 1);
        assert_int_equal(one.item.err.code, GOV_OK);
    }
    sql_run(admin, "alter table %s.job alter column timeout_ms type bigint", f->a.schema);
    struct thing one = { .key = "after" };
    add_all(f, &one, 1);
    assert_int_equal(one.item.err.code, GOV_OK);
    assert_int_equal(count_of(f, "*", "after"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_in_one_turn_is_one_transaction),
        cmocka_unit_test(only_the_guilty_one_fails),
        cmocka_unit_test(a_statement_outlives_a_change_of_its_table),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
