/* sql.c - see sql.h. */
#include "tests/lib/sql.h"

#include <string.h>

#include "core/base/buf.h"
#include "tests/lib/test.h"

char *sql_expand(struct arena *arena, const char *text, const char *schema)
{
    struct buf out = { 0 };
    const char *mark;
    char *expanded;

    while ((mark = strstr(text, "{{t}}"))) {
        buf_add(&out, text, (size_t)(mark - text));
        buf_add_text(&out, schema);
        text = mark + 5;
    }
    buf_add_text(&out, text);
    expanded = arena_text(arena, buf_text(&out));
    buf_release(&out);
    return expanded;
}

static PGresult *run(struct arena *arena, PGconn *conn, const char *format, va_list args)
{
    return PQexec(conn, arena_vformat(arena, format, args));
}

static void done_assert(PGconn *conn, const PGresult *result, const char *format)
{
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        fail_msg("%s: %s", format, PQerrorMessage(conn));
}

const char *sql_value(struct arena *arena, PGconn *conn, const char *format, ...)
{
    const char *value = NULL;
    PGresult *result;
    va_list args;

    va_start(args, format);
    result = run(arena, conn, format, args);
    va_end(args);
    done_assert(conn, result, format);
    if (PQntuples(result) > 0 && !PQgetisnull(result, 0, 0))
        value = arena_text(arena, PQgetvalue(result, 0, 0));
    PQclear(result);
    return value;
}

void sql_run(PGconn *conn, const char *format, ...)
{
    struct arena arena = { 0 };
    PGresult *result;
    va_list args;

    va_start(args, format);
    result = run(&arena, conn, format, args);
    va_end(args);
    done_assert(conn, result, format);
    PQclear(result);
    arena_release(&arena);
}

const char *sql_state(struct arena *arena, PGconn *conn, const char *format, ...)
{
    PGresult *result;
    const char *state;
    va_list args;

    va_start(args, format);
    result = run(arena, conn, format, args);
    va_end(args);
    state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    state = arena_text(arena, state ? state : "00000");
    PQclear(result);
    return state;
}
