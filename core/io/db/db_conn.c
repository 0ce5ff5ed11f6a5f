/* db_conn.c - one libpq connection in pipeline mode on the loop.
 *
 *     CLOSED -> CONNECTING -> READY -> CLOSED
 *
 * The statements up to a Sync are one implicit transaction: COMMAND_OK means
 * nothing until PIPELINE_SYNC has come. A result of class 57P arrives before
 * the socket closes and is a lost connection, not a failed statement.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/io/db/db_internal.h"
#include "core/io/db/db_refused.h"

static void on_poll(uv_poll_t *poll, int status, int events);

/* --- watching the socket --- */

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void watch(struct db_conn *conn, int events)
{
    if (conn->poll && conn->events == events)
        return;
    if (!conn->poll) {
        conn->poll = calloc(1, sizeof *conn->poll);
        CHECK(conn->poll);
        CHECK(uv_poll_init_socket(&conn->role->db->loop->uv, conn->poll, PQsocket(conn->pg)) == 0);
        conn->poll->data = conn;
    }
    conn->events = events;
    uv_poll_start(conn->poll, events, on_poll);
}

static void unwatch(struct db_conn *conn)
{
    if (!conn->poll)
        return;
    uv_poll_stop(conn->poll);
    uv_close((uv_handle_t *)conn->poll, free_handle);
    conn->poll = NULL;
    conn->events = 0;
}

/* An idle connection must not keep the loop of a one-shot program alive. */
static void hold_loop(struct db_conn *conn)
{
    if (!conn->poll)
        return;
    if (conn->state == CONN_READY && conn->in_flight_count == 0)
        uv_unref((uv_handle_t *)conn->poll);
    else
        uv_ref((uv_handle_t *)conn->poll);
}

/* --- opening and closing --- */

void db_conn_open(struct db_conn *conn)
{
    struct db *db = conn->role->db;
    char user[40], server_options[100];

    CHECK(conn->state == CONN_CLOSED);
    if (conn->role->stripe < 0)
        snprintf(user, sizeof user, "%s", conn->role->db->options.public_role);
    else
        snprintf(user, sizeof user, "execgov_stripe_%d", conn->role->stripe);
    snprintf(server_options, sizeof server_options,
             "-c statement_timeout=%d -c plan_cache_mode=force_generic_plan", db->options.statement_ms);
    const char *keys[] = { "dbname", "user", "application_name", "client_encoding", "options", NULL };
    const char *values[] = { db->options.conninfo, user,          db->options.application,
                             "UTF8",               server_options, NULL };
    conn->pg = PQconnectStartParams(keys, values, 1);
    conn->state = CONN_CONNECTING;
    conn->born_us = conn->progress_us = clock_mono_us();
    /* NULL where there was no memory for it, which all of libpq takes for a bad connection. */
    if (PQstatus(conn->pg) == CONNECTION_BAD || PQsocket(conn->pg) < 0) {
        db_conn_close(conn, PQerrorMessage(conn->pg));
        return;
    }
    watch(conn, UV_WRITABLE);
}

bool db_conn_is_old(const struct db_conn *conn)
{
    return clock_mono_us() - conn->born_us > (int64_t)conn->role->db->options.life_ms * 1000;
}

void db_conn_close(struct db_conn *conn, const char *cause)
{
    struct db_role *role = conn->role;
    bool was_connecting = conn->state == CONN_CONNECTING;
    char words[200];

    if (conn->state == CONN_CLOSED)
        return;
    snprintf(words, sizeof words, "postgres: %.180s", cause);
    unwatch(conn); /* before PQfinish: the descriptor's number is used again */
    PQfinish(conn->pg);
    conn->pg = NULL;
    conn->state = CONN_CLOSED;
    conn->in_flight_count = 0;
    db_prepared_release(&conn->prepared);
    while (!list_empty(&conn->in_flight)) {
        struct db_group *group = LIST_ITEM(list_first(&conn->in_flight), struct db_group, link);
        list_remove(&group->link);
        gov_fail_cause(&group->err, GOV_STORE_UNAVAILABLE, "%s", words);
        group->retry = false; /* its outcome is unknown: the caller decides */
        db_group_end(group);
    }
    if (was_connecting) {
        role->db->reachable = false;
        role->failed_us = clock_mono_us();
    }
    /* What waits was not sent yet: another connection takes it, or nobody can. */
    if (was_connecting && !db_role_open(role))
        db_role_fail_waiting(role, words);
    else if (!was_connecting)
        db_role_pump(role);
}

static void connect_on(struct db_conn *conn)
{
    switch (PQconnectPoll(conn->pg)) {
    case PGRES_POLLING_READING:
        unwatch(conn); /* with several hosts the socket may have changed */
        watch(conn, UV_READABLE);
        return;
    case PGRES_POLLING_WRITING:
        unwatch(conn);
        watch(conn, UV_WRITABLE);
        return;
    case PGRES_POLLING_OK:
        break;
    default:
        db_conn_close(conn, PQerrorMessage(conn->pg));
        return;
    }
    if (PQsetnonblocking(conn->pg, 1) != 0 || PQenterPipelineMode(conn->pg) != 1) {
        db_conn_close(conn, PQerrorMessage(conn->pg));
        return;
    }
    unwatch(conn);
    conn->state = CONN_READY;
    conn->progress_us = clock_mono_us();
    conn->role->db->reachable = true;
    conn->role->failed_us = 0;
    watch(conn, UV_READABLE);
    hold_loop(conn);
    db_role_pump(conn->role);
}

/* --- sending --- */

static bool flush(struct db_conn *conn)
{
    int left = PQflush(conn->pg);
    if (left < 0) {
        db_conn_close(conn, PQerrorMessage(conn->pg));
        return false;
    }
    watch(conn, left ? UV_READABLE | UV_WRITABLE : UV_READABLE);
    return true;
}

static bool send_text(struct db_conn *conn, const struct db_statement *s, const char *text)
{
    return PQsendQueryParams(conn->pg, text, s->param_count, NULL, s->params, s->lengths, s->formats, 0);
}

static bool deallocate(struct db_conn *conn, struct db_statement *s, const char *name)
{
    char text[DB_PREPARED_NAME_BYTES + 16];

    snprintf(text, sizeof text, "deallocate %s", name);
    s->extra++;
    return PQsendQueryParams(conn->pg, text, 0, NULL, NULL, NULL, NULL, 0);
}

static bool send_statement(struct db_conn *conn, struct db_group *group, struct db_statement *s)
{
    char name[DB_PREPARED_NAME_BYTES], dropped[DB_PREPARED_NAME_BYTES];

    s->extra = 0;
    s->preparing = false;
    if (s->query == DB_UTILITY || conn->role->db->options.unprepared)
        return send_text(conn, s, db_statement_text(group, s));
    enum db_prepared_state state =
        db_prepared_use(&conn->prepared, s->query, group->scope.schema, name, dropped);
    if (*dropped && !deallocate(conn, s, dropped))
        return false;
    if (state == DB_PREPARED_NOT)
        return send_text(conn, s, db_statement_text(group, s));
    if (state == DB_PREPARED_NOW) {
        s->extra++;
        s->preparing = true;
        if (!PQsendPrepare(conn->pg, name, db_statement_text(group, s), 0, NULL))
            return false;
    }
    return PQsendQueryPrepared(conn->pg, name, s->param_count, s->params, s->lengths, s->formats, 0);
}

bool db_conn_send(struct db_conn *conn, struct db_group *group)
{
    if (conn->in_flight_count == 0)
        conn->progress_us = clock_mono_us();
    list_append(&conn->in_flight, &group->link);
    conn->in_flight_count++;
    group->reading = group->first;
    hold_loop(conn);
    for (struct db_statement *s = group->first; s; s = s->next)
        if (!send_statement(conn, group, s)) {
            db_conn_close(conn, PQerrorMessage(conn->pg));
            return false;
        }
    if (!PQpipelineSync(conn->pg)) {
        db_conn_close(conn, PQerrorMessage(conn->pg));
        return false;
    }
    return flush(conn);
}

/* --- reading --- */

static void release_result(void *result)
{
    PQclear(result);
}

static const char *query_name(const struct db_statement *statement)
{
    return statement && statement->query != DB_UTILITY ? sql_queries[statement->query].name : "a statement";
}

static void read_error(struct db_group *group, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);

    if (group->err.code)
        return; /* the first failure is the cause of the rest */
    state = state ? state : "-----";
    message = message ? message : PQresultErrorMessage(result);
    if (strcmp(state, "40P01") == 0 || strcmp(state, "40001") == 0) {
        group->retry = true;
        gov_fail_cause(&group->err, GOV_OVERLOADED, "postgres: %s", message);
        group->err.contended = true;
    } else if (strcmp(state, "26000") == 0 || strcmp(state, "0A000") == 0) {
        /* What another group was to prepare is not there, or its table has changed under it. */
        group->retry = group->prepare_again = true;
        gov_fail_cause(&group->err, GOV_OVERLOADED, "postgres: %s", message);
    } else if (strcmp(state, "23505") == 0 || strcmp(state, "23P01") == 0) {
        gov_fail_cause(&group->err, GOV_CONFLICT, "postgres: %s", message);
        snprintf(group->err.item, sizeof group->err.item, "%s", constraint ? constraint : "");
    } else if (strcmp(state, "57014") == 0) {
        gov_fail_cause(&group->err, GOV_DEADLINE, "postgres: %s", message);
    } else if (strcmp(state, "55P03") == 0) {
        gov_fail(&group->err, GOV_STORE_UNAVAILABLE, "another transaction holds what this needs, and was waited for; nothing was changed: try again",
                 "所需数据正被另一事务占用，等待已超时，未作任何更改：请稍后重试");
        snprintf(group->err.cause, sizeof group->err.cause, "postgres: %.400s", message);
        group->err.contended = true;
    } else if (strncmp(state, "53", 2) == 0 || strcmp(state, "25006") == 0) {
        /* no room, a standby or read-only: it goes away without us */
        gov_fail_cause(&group->err, GOV_STORE_UNAVAILABLE, "postgres: %s", message);
    } else if (!db_refused(result, query_name(group->reading), &group->err)) {
        gov_fail_cause(&group->err, GOV_INTERNAL, "postgres %s: %s in: %.120s", state, message,
                       group->reading ? db_statement_text(group, group->reading) : "-");
    }
}

static bool connection_lost(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return state && strncmp(state, "57P", 3) == 0;
}

static void read_rows(struct db_group *group, PGresult *result)
{
    struct db_statement *s = group->reading;
    struct db_rows *rows = s->rows;

    if (s->extra == 1)
        s->preparing = false; /* it is there now */
    if (s->extra || !rows) {
        PQclear(result);
        return;
    }
    rows->result = result;
    rows->count = PQntuples(result);
    rows->affected = atoi(PQcmdTuples(result));
    arena_defer(&group->op->arena, release_result, result);
}

/* What was to be prepared in a transaction that failed before it, is not. */
static void forget_failed(struct db_conn *conn, struct db_group *group)
{
    for (struct db_statement *s = group->first; group->err.code && s; s = s->next)
        if (s->preparing || (group->prepare_again && s->query != DB_UTILITY))
            db_prepared_forget(&conn->prepared, s->query, group->scope.schema);
}

/* One result. False: the connection was closed. */
static bool read_result(struct db_conn *conn, PGresult *result)
{
    struct db_group *group = LIST_ITEM(list_first(&conn->in_flight), struct db_group, link);

    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        PQclear(result);
        forget_failed(conn, group);
        list_remove(&group->link);
        conn->in_flight_count--;
        db_group_end(group);
        return true;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
        if (!group->reading) {
            PQclear(result);
            db_conn_close(conn, "the server sent a result that nobody asked for");
            return false;
        }
        read_rows(group, result);
        return true;
    case PGRES_PIPELINE_ABORTED:
        PQclear(result);
        return true;
    default:
        if (connection_lost(result)) {
            PQclear(result);
            db_conn_close(conn, "the server closed the connection");
            return false;
        }
        read_error(group, result);
        PQclear(result);
        return true;
    }
}

static void read_on(struct db_conn *conn)
{
    bool ended = false;

    if (!PQconsumeInput(conn->pg)) {
        db_conn_close(conn, PQerrorMessage(conn->pg));
        return;
    }
    if (conn->in_flight_count > 0)
        conn->progress_us = clock_mono_us();
    while (!list_empty(&conn->in_flight) && !PQisBusy(conn->pg)) {
        struct db_group *group = LIST_ITEM(list_first(&conn->in_flight), struct db_group, link);
        PGresult *result = PQgetResult(conn->pg);
        if (!result) {
            /* The end of one statement, or of a commit that failed (then `reading` is NULL already);
             * two in a row mean that nothing has come yet. */
            if (ended)
                break;
            ended = true;
            if (group->reading && group->reading->extra)
                group->reading->extra--;
            else if (group->reading)
                group->reading = group->reading->next;
            continue;
        }
        ended = false;
        if (!read_result(conn, result))
            return;
    }
    if (PQstatus(conn->pg) == CONNECTION_BAD) {
        db_conn_close(conn, PQerrorMessage(conn->pg));
        return;
    }
    if (conn->in_flight_count == 0 && db_conn_is_old(conn)) {
        db_conn_close(conn, "old");
        return;
    }
    hold_loop(conn);
    db_role_pump(conn->role);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct db_conn *conn = poll->data;

    if (conn->state == CONN_CONNECTING) {
        connect_on(conn);
        return;
    }
    if (status < 0) {
        db_conn_close(conn, uv_strerror(status));
        return;
    }
    if ((events & UV_WRITABLE) && !flush(conn))
        return;
    if (events & UV_READABLE)
        read_on(conn);
}
