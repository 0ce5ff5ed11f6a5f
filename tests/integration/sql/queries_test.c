/* queries_test.c - every file of sql/queries: it prepares, its role may run it, no plan scans a table.
 *
 * The first line says whose it is: "-- scope: tenant" (the tenant's role, {{t}} is its schema),
 * "-- scope: public" (execgov_platform), "-- scope: egress" (execgov_egress) or "-- scope: migrate" (the operator). A later comment line
 * "-- scan TABLE, TABLE: why" allows a plan that reads those tables whole, and no other.
 */
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/text.h"
#include "sql_queries.h"
#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"

struct fixture {
    struct pg_server server;
    struct arena arena;
    struct pg_tenant tenant;
    PGconn *role, *platform, *lifecycle, *operator, *egress;
};

static int setup(void **state)
{
    static struct fixture f;
    PGconn **conns[] = { &f.role, &f.platform, &f.lifecycle, &f.operator, &f.egress };

    pg_server_start(&f.server);
    pg_server_tenant(&f.server, "A", &f.tenant);
    f.role = pg_server_enter(&f.server, &f.arena, &f.tenant);
    f.platform = pg_server_connect(&f.server, &f.arena, "execgov_platform");
    f.lifecycle = pg_server_connect(&f.server, &f.arena, "execgov_lifecycle");
    f.operator = pg_server_connect(&f.server, &f.arena, "postgres");
    f.egress = pg_server_connect(&f.server, &f.arena, "execgov_egress");
    for (size_t i = 0; i < 5; i++)
        sql_run(*conns[i], "set plan_cache_mode = force_generic_plan");
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

static PGconn *conn_of(struct fixture *f, const struct embedded *file)
{
    if (text_starts(file->text, "-- scope: tenant\n"))
        return f->role;
    if (text_starts(file->text, "-- scope: public\n"))
        return f->platform;
    if (text_starts(file->text, "-- scope: egress\n"))
        return f->egress;
    if (text_starts(file->text, "-- scope: lifecycle\n"))
        return f->lifecycle;
    if (text_starts(file->text, "-- scope: migrate\n"))
        return f->operator;
    fail_msg("%s.sql: the first line does not say its scope", file->name);
    return NULL;
}

static bool plannable(const char *text)
{
    static const char *const words[] = { "select", "insert", "update", "delete", "with", "values" };

    while (text_starts(text, "--") || *text == '\n')
        text = strchr(text, '\n') + 1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_starts(text, words[i]))
            return true;
    return false;
}

/* The statement was prepared as `name`; rights are checked when its plan starts, so explain starts it. */
static PGresult *explain(struct fixture *f, PGconn *conn, const char *name)
{
    PGresult *described = PQdescribePrepared(conn, name);
    int count = PQnparams(described);
    const char *arguments = "";

    PQclear(described);
    for (int i = 0; i < count; i++)
        arguments = arena_format(&f->arena, "%s%snull", arguments, i ? ", " : "");
    return PQexec(conn, arena_format(&f->arena, "explain execute \"%s\"%s%s%s", name,
                                     count ? "(" : "", arguments, count ? ")" : ""));
}

enum { EXCUSED_MAX = 8, NAME_BYTES = 64 };

/* The tables that a file says are read whole. */
static int excused(const struct embedded *file, char names[EXCUSED_MAX][NAME_BYTES])
{
    const char *at = strstr(file->text, "\n-- scan");
    int count = 0, read;

    if (!at)
        return 0;
    for (at += strlen("\n-- scan"); count < EXCUSED_MAX && sscanf(at, " %63[a-z_0-9]%n", names[count], &read) == 1; count++) {
        at += read;
        if (*at == ',')
            at++;
    }
    if (*at != ':')
        fail_msg("%s.sql: \"-- scan TABLE, TABLE: why\" names the tables that are read whole", file->name);
    return count;
}

/* How many tables its plan reads whole without saying so, and how many it says so of that it does not. */
static int scans_judge(const struct embedded *file, const PGresult *plan)
{
    char names[EXCUSED_MAX][NAME_BYTES], table[NAME_BYTES];
    bool met[EXCUSED_MAX] = { false };
    int count = excused(file, names), faults = 0;

    for (int row = 0; row < PQntuples(plan); row++) {
        const char *scan = strstr(PQgetvalue(plan, row, 0), "Seq Scan on ");
        bool allowed = false;
        if (!scan || sscanf(scan, "Seq Scan on %63s", table) != 1)
            continue;
        for (int i = 0; i < count; i++)
            if (strcmp(names[i], table) == 0)
                allowed = met[i] = true;
        if (!allowed)
            print_error("%s.sql: its plan reads %s whole\n", file->name, table);
        faults += !allowed;
    }
    for (int i = 0; i < count; i++)
        if (!met[i]) {
            print_error("%s.sql: its plan does not read %s whole, as it says\n", file->name, names[i]);
            faults++;
        }
    return faults;
}

static void every_query_prepares_and_its_role_may_run_it(void **state)
{
    struct fixture *f = *state;
    int faults = 0;

    for (const struct embedded *file = sql_queries; file->name; file++) {
        PGconn *conn = conn_of(f, file);
        const char *text = sql_expand(&f->arena, file->text, f->tenant.schema);
        PGresult *result = PQprepare(conn, file->name, text, 0, NULL);
        bool prepared = PQresultStatus(result) == PGRES_COMMAND_OK;

        PQclear(result);
        if (!prepared) {
            print_error("%s.sql: %s", file->name, PQerrorMessage(conn));
            faults++;
            continue;
        }
        if (!plannable(file->text))
            continue;
        result = explain(f, conn, file->name);
        if (PQresultStatus(result) != PGRES_TUPLES_OK) {
            print_error("%s.sql: %s", file->name, PQerrorMessage(conn));
            faults++;
        }
        if (conn != f->operator)
            faults += scans_judge(file, result);
        PQclear(result);
    }
    assert_int_equal(0, faults);
}

/* PostgreSQL's own names say nothing in an error message and differ between versions. */
static void every_constraint_has_a_name_of_ours(void **state)
{
    struct fixture *f = *state;

    assert_null(sql_value(&f->arena, f->operator, "select string_agg(conrelid::regclass || '.' || "
        "conname, ', ') from pg_constraint where connamespace in ('public'::regnamespace, "
        "'%s'::regnamespace) and contype <> 'n' and conname ~ '_(pkey|fkey|key|check)[0-9]*$'",
        f->tenant.schema));
    assert_true(atoi(sql_value(&f->arena, f->operator, "select count(*) from pg_constraint where "
        "connamespace = '%s'::regnamespace", f->tenant.schema)) > 50);
}

static const char *query(const char *name)
{
    for (const struct embedded *file = sql_queries; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return file->text;
    fail_msg("no query %s", name);
    return NULL;
}

/* More tenants are marked than a visit sees: the next one goes on behind the last. */
static void visits_go_round_through_all_marked_tenants(void **state)
{
    struct fixture *f = *state;
    struct pg_tenant more[2];
    const char *arguments[2] = { "2", NULL };

    pg_server_tenant(&f->server, "B", &more[0]);
    pg_server_tenant(&f->server, "C", &more[1]);
    sql_run(f->operator, "insert into public.mark (tenant_id, minute) select id, "
                         "date_trunc('minute', now(), 'UTC') from public.tenant on conflict do nothing");
    const char *all = sql_value(&f->arena, f->operator,
                                "select string_agg(id::text, ' ' order by id) from public.tenant");
    struct buf seen = { 0 };
    for (int rows = 2; rows == 2;) {
        PGresult *r = PQexecParams(f->platform, query("mark_due"), 2, NULL, arguments, NULL, NULL, 0);
        assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
        rows = PQntuples(r);
        for (int i = 0; i < rows; i++)
            buf_addf(&seen, "%s%s", seen.length ? " " : "", PQgetvalue(r, i, 2));
        if (rows)
            arguments[1] = arena_text(&f->arena, PQgetvalue(r, rows - 1, 2));
        PQclear(r);
    }
    assert_string_equal(buf_text(&seen), all);
    buf_release(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(visits_go_round_through_all_marked_tenants),
        cmocka_unit_test(every_constraint_has_a_name_of_ours),
        cmocka_unit_test(every_query_prepares_and_its_role_may_run_it),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
