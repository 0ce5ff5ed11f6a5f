/* db_array_test.c - arrays in binary arrive as what was added, and answers as they are stored come back. */
#include "core/io/db/db_array.h"

#include <string.h>

#include "core/io/db/dbsync.h"
#include "tests/lib/db_rig.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

struct fixture {
    struct db_rig rig;
    PGconn *conn;
};

static int setup(void **state)
{
    static struct fixture f;

    db_rig_start(&f.rig);
    f.conn = pg_server_connect(&f.rig.server, &f.rig.arena, "postgres");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    db_rig_stop(&f->rig);
    return 0;
}

/* What the server makes of it, as text. */
static const char *as_text(struct fixture *f, const char *type, struct db_array *array)
{
    struct gov_err err = { 0 };
    struct db_param param = db_array_end(array);
    PGresult *r = dbsync_query_params(&f->rig.arena, f->conn, arena_format(&f->rig.arena, "select ($1::%s[])::text", type), 1, &param,
                                      false, &err);

    if (!r)
        fail_msg("%s", err.cause);
    const char *text = arena_text(&f->rig.arena, PQgetvalue(r, 0, 0));
    db_array_release(array);
    return text;
}

static void each_type_arrives_as_it_was_added(void **state)
{
    struct fixture *f = *state;
    struct db_array ids = { .type = DB_UUIDS }, texts = { .type = DB_TEXTS }, ints = { .type = DB_INTS }, jsons = { .type = DB_JSONBS };

    db_array_add(&ids, "01900000-0000-7000-8000-0000000000fe");
    db_array_add_null(&ids);
    assert_string_equal(as_text(f, "uuid", &ids), "{01900000-0000-7000-8000-0000000000fe,NULL}");
    db_array_add(&texts, "a \"b\", {c}");
    db_array_add(&texts, "");
    db_array_add(&texts, NULL);
    assert_string_equal(as_text(f, "text", &texts), "{\"a \\\"b\\\", {c}\",\"\",NULL}");
    db_array_add_int(&ints, INT32_MIN);
    db_array_add_int(&ints, 0);
    db_array_add_int(&ints, INT32_MAX);
    assert_string_equal(as_text(f, "integer", &ints), "{-2147483648,0,2147483647}");
    db_array_add(&jsons, "{\"a\": [1]}");
    assert_string_equal(as_text(f, "jsonb", &jsons), "{\"{\\\"a\\\": [1]}\"}");
}

static void moments_are_microseconds_since_1970_and_infinity_stays_it(void **state)
{
    struct fixture *f = *state;
    struct db_array moments = { .type = DB_MOMENTS };

    sql_run(f->conn, "set timezone = 'UTC'");
    db_array_add_int(&moments, 0);
    db_array_add_int(&moments, -1);
    db_array_add_int(&moments, 1790000000123456);
    db_array_add_null(&moments);
    db_array_add_int(&moments, INT64_MAX);
    db_array_add_int(&moments, INT64_MIN);
    assert_string_equal(as_text(f, "timestamptz", &moments), "{\"1970-01-01 00:00:00+00\",\"1969-12-31 23:59:59.999999+00\","
                        "\"2026-09-21 14:13:20.123456+00\",NULL,infinity,-infinity}");
}

static void an_empty_array_is_one_without_elements(void **state)
{
    static const struct { enum db_array_type type; const char *name; } all[] = { { DB_UUIDS, "uuid" }, { DB_TEXTS, "text" },
        { DB_INTS, "integer" }, { DB_MOMENTS, "timestamptz" }, { DB_JSONBS, "jsonb" } };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct db_array array = { .type = all[i].type };

        assert_string_equal(as_text(*state, all[i].name, &array), "{}");
    }
}

static void texts_go_beside_arrays_and_a_stored_answer_is_bytes(void **state)
{
    struct fixture *f = *state;
    struct db_array ints = { .type = DB_INTS };
    struct gov_err err = { 0 };

    db_array_add_int(&ints, 7);
    struct db_param params[] = { { "258", 0 }, db_array_end(&ints), { NULL, 0 } };
    PGresult *r = dbsync_query_params(&f->rig.arena, f->conn, "select $1::integer, ($2::integer[])[1], $3::text", 3, params, true, &err);
    assert_non_null(r);
    assert_int_equal(PQgetlength(r, 0, 0), 4);
    assert_memory_equal(PQgetvalue(r, 0, 0), "\0\0\1\2", 4);
    assert_memory_equal(PQgetvalue(r, 0, 1), "\0\0\0\7", 4);
    assert_true(PQgetisnull(r, 0, 2));
    db_array_release(&ints);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_arrives_as_it_was_added),
        cmocka_unit_test(moments_are_microseconds_since_1970_and_infinity_stays_it),
        cmocka_unit_test(an_empty_array_is_one_without_elements),
        cmocka_unit_test(texts_go_beside_arrays_and_a_stored_answer_is_bytes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
