/* db.c - the pool: roles, their connections, and groups on their way.
 *
 *     db_group_send -> role.waiting -> conn.in_flight -> answer after Sync
 *
 * A role opens a second connection only when every open one is busy: with
 * pipelining one connection carries many groups, and each backend costs memory.
 */
#include "core/io/db/db.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/io/db/db_internal.h"
#include "core/io/db/db_plant.h"

const struct db_scope DB_PUBLIC = { .schema = "", .stripe = -1 };

struct db_scope db_scope_tenant(const char *schema, int stripe)
{
    struct db_scope scope = { .stripe = stripe };
    CHECK(strlen(schema) == 18 && memcmp(schema, "t_", 2) == 0);
    CHECK(strspn(schema + 2, "0123456789abcdef") == 16 && stripe >= 0);
    memcpy(scope.schema, schema, 19);
    return scope;
}

/* --- pool --- */

static void conn_check(struct db_conn *conn, int64_t now_us)
{
    int64_t quiet_ms = (now_us - conn->progress_us) / 1000;

    if (conn->state == CONN_CONNECTING && quiet_ms > DB_CONNECT_MS)
        db_conn_close(conn, "connecting took too long");
    else if (conn->state == CONN_READY && conn->in_flight_count > 0 && quiet_ms > DB_SILENCE_MS)
        db_conn_close(conn, "no answer came");
    else if (conn->state == CONN_READY && conn->in_flight_count == 0 &&
             quiet_ms > conn->role->db->options.idle_close_ms)
        db_conn_close(conn, "idle");
}

static void on_tick(uv_timer_t *timer)
{
    struct db *db = timer->data;
    int64_t now_us = clock_mono_us();

    for (struct db_role *role = db->roles; role; role = role->next) {
        for (int i = 0; i < db->options.connections_per_role; i++)
            conn_check(&role->conns[i], now_us);
        /* A daemon that is not ready is sent no work, and so would never find out by itself. */
        if (!db->reachable && role->failed_us && !db_role_open(role))
            db_conn_open(&role->conns[0]);
    }
}

struct db *db_new(struct loop *loop, const struct db_options *options)
{
    struct db *db = calloc(1, sizeof *db);
    CHECK(db);
    arena_init(&db->arena);
    db->loop = loop;
    db->options = *options;
    db->options.conninfo = arena_text(&db->arena, options->conninfo);
    db->options.application = arena_text(&db->arena, options->application);
    db->options.public_role =
        arena_text(&db->arena, options->public_role ? options->public_role : "execgov_platform");
    if (db->options.connections_per_role < 1)
        db->options.connections_per_role = 1;
    if (db->options.waiting_max < 1)
        db->options.waiting_max = 10000;
    if (db->options.statement_ms < 1)
        db->options.statement_ms = DB_STATEMENT_MS;
    if (db->options.idle_close_ms < 1)
        db->options.idle_close_ms = DB_IDLE_CLOSE_MS;
    if (db->options.life_ms < 1)
        db->options.life_ms = DB_LIFE_MS;
    db->reachable = true;
    db->tick = calloc(1, sizeof *db->tick);
    CHECK(db->tick);
    uv_timer_init(&loop->uv, db->tick);
    db->tick->data = db;
    uv_timer_start(db->tick, on_tick, DB_TICK_MS, DB_TICK_MS);
    uv_unref((uv_handle_t *)db->tick);
    return db;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void db_stop(struct db *db)
{
    for (struct db_role *role = db->roles; role; role = role->next) {
        db_role_fail_waiting(role, "the pool was stopped");
        for (int i = 0; i < db->options.connections_per_role; i++)
            db_conn_close(&role->conns[i], "the pool was stopped");
    }
    uv_close((uv_handle_t *)db->tick, free_handle);
    arena_release(&db->arena);
    free(db);
}

bool db_reachable(const struct db *db)
{
    return db->reachable;
}

static struct db_role *role_of(struct db *db, int stripe)
{
    for (struct db_role *role = db->roles; role; role = role->next)
        if (role->stripe == stripe)
            return role;
    struct db_role *role = ARENA_NEW(&db->arena, struct db_role);
    role->db = db;
    role->stripe = stripe;
    role->conns = ARENA_ARRAY(&db->arena, struct db_conn, (size_t)db->options.connections_per_role);
    for (int i = 0; i < db->options.connections_per_role; i++) {
        role->conns[i].role = role;
        list_init(&role->conns[i].in_flight);
        db_prepared_init(&role->conns[i].prepared);
    }
    list_init(&role->waiting);
    role->next = db->roles;
    db->roles = role;
    return role;
}

bool db_role_open(const struct db_role *role)
{
    for (int i = 0; i < role->db->options.connections_per_role; i++)
        if (role->conns[i].state != CONN_CLOSED)
            return true;
    return false;
}

static bool failed_just_now(const struct db_role *role)
{
    return role->failed_us && clock_mono_us() - role->failed_us < (int64_t)DB_RECONNECT_MS * 1000;
}

/* Where a tenant's groups go if nothing speaks against it: a backend that has prepared a tenant's statements, and has
 * its tables in its caches, has them for nothing; each has them for its part of the stripe's tenants. */
static struct db_conn *home_of(const struct db_role *role, const struct db_scope *scope)
{
    uint64_t places = (uint64_t)role->db->options.connections_per_role;
    return &role->conns[text_hash(TEXT_HASH, scope->schema) % places];
}

static bool has_in_flight(const struct db_conn *conn, const char *schema)
{
    for (struct list *link = conn->in_flight.next; link != &conn->in_flight; link = link->next)
        if (strcmp(LIST_ITEM(link, struct db_group, link)->scope.schema, schema) == 0)
            return true;
    return false;
}

/* An old one gets no more than it has under way, so that it comes to an end. */
static int most_of(const struct db_conn *conn)
{
    return db_conn_is_old(conn) ? 1 : DB_IN_FLIGHT_MAX;
}

/* Nobody waits there while another connection is idle. Where all are busy it waits behind others for a little, but not
 * behind its own: what a tenant has on its way at once goes side by side. */
static bool home_will_do(const struct db_conn *home, const struct db_conn *least, const struct db_scope *scope)
{
    int ahead = least->in_flight_count ? DB_HOME_AHEAD : 0;

    return home->state == CONN_READY && home->in_flight_count <= least->in_flight_count + ahead &&
           home->in_flight_count < most_of(home) && !has_in_flight(home, scope->schema);
}

/* The tenant's home, or the ready connection with the least to do; another is opened when all are busy. */
static struct db_conn *conn_pick(struct db_role *role, const struct db_scope *scope)
{
    struct db_conn *home = home_of(role, scope), *least = NULL, *closed = NULL;
    bool connecting = false;

    for (int i = 0; i < role->db->options.connections_per_role; i++) {
        struct db_conn *conn = &role->conns[i];
        if (conn->state == CONN_CLOSED && (!closed || conn == home))
            closed = conn;
        else if (conn->state == CONN_CONNECTING)
            connecting = true;
        else if (conn->state == CONN_READY && conn->in_flight_count < most_of(conn) &&
                 (!least || conn->in_flight_count < least->in_flight_count))
            least = conn;
    }
    bool all_busy = !least || least->in_flight_count > 0;
    if (all_busy && closed && !connecting && !failed_just_now(role))
        db_conn_open(closed);
    return least && *scope->schema && home_will_do(home, least, scope) ? home : least;
}

void db_role_pump(struct db_role *role)
{
    while (!list_empty(&role->waiting)) {
        struct db_group *group = LIST_ITEM(list_first(&role->waiting), struct db_group, link);
        struct db_conn *conn = conn_pick(role, &group->scope);
        if (!conn)
            return;
        list_remove(&group->link);
        role->waiting_count--;
        if (!db_conn_send(conn, group))
            return;
    }
}

void db_role_fail_waiting(struct db_role *role, const char *cause)
{
    while (!list_empty(&role->waiting)) {
        struct db_group *group = LIST_ITEM(list_first(&role->waiting), struct db_group, link);
        list_remove(&group->link);
        role->waiting_count--;
        gov_fail_cause(&group->err, GOV_STORE_UNAVAILABLE, "%s", cause);
        db_group_end(group);
    }
}

/* --- groups --- */

struct db_group *db_group_new(struct op *op, struct db *db, const struct db_scope *scope)
{
    struct db_group *group = ARENA_NEW(&op->arena, struct db_group);
    group->op = op;
    group->db = db;
    group->scope = *scope;
    list_init(&group->link);
    return group;
}

static struct db_statement *statement_add(struct db_group *group, struct db_rows *rows)
{
    struct db_statement *s = ARENA_NEW(&group->op->arena, struct db_statement);

    s->query = DB_UTILITY;
    s->rows = rows;
    if (rows)
        *rows = (struct db_rows){ 0 };
    if (group->last)
        group->last->next = s;
    else
        group->first = s;
    group->last = s;
    return s;
}

/* The one place where a schema's name enters a statement; it was checked in db_scope_tenant. */
const char *db_statement_text(struct db_group *group, struct db_statement *statement)
{
    struct buf out = { 0 };
    const char *hole;

    if (statement->text)
        return statement->text;
    const char *text =
        planted_text(sql_queries[statement->query].name, sql_queries[statement->query].text);
    while ((hole = strstr(text, "{{t}}"))) {
        CHECK(*group->scope.schema);
        buf_add(&out, text, (size_t)(hole - text));
        buf_add_text(&out, group->scope.schema);
        text = hole + 5;
    }
    buf_add_text(&out, text);
    statement->text = arena_copy(&group->op->arena, out.data, out.length);
    buf_release(&out);
    return statement->text;
}

/* Before the group's first statement. */
static void enter(struct db_group *group)
{
    if (!group->first && *group->scope.schema)
        statement_add(group, NULL)->text =
            arena_format(&group->op->arena, "set role %s", group->scope.schema);
}

void db_group_add(struct db_group *group, enum sql_queries query, struct db_rows *rows, int count,
                  const char *const *params)
{
    struct arena *arena = &group->op->arena;
    const char **copies = ARENA_ARRAY(arena, const char *, (size_t)count + 1);

    enter(group);
    for (int i = 0; i < count; i++)
        copies[i] = arena_text(arena, params[i]);
    struct db_statement *s = statement_add(group, rows);
    s->query = (int)query;
    s->param_count = count;
    s->params = copies;
}

void db_group_add_params(struct db_group *group, enum sql_queries query, struct db_rows *rows,
                         int count, const struct db_param *params)
{
    struct arena *arena = &group->op->arena;
    const char **data = ARENA_ARRAY(arena, const char *, (size_t)count + 1);
    int *numbers = ARENA_ARRAY(arena, int, 2 * (size_t)count + 1);

    enter(group);
    for (int i = 0; i < count; i++) {
        data[i] = params[i].bytes ? params[i].data : arena_text(arena, params[i].data);
        numbers[i] = params[i].bytes;
        numbers[count + i] = params[i].bytes != 0;
    }
    struct db_statement *s = statement_add(group, rows);
    s->query = (int)query;
    s->param_count = count;
    s->params = data;
    s->lengths = numbers;
    s->formats = numbers + count;
}

void db_group_tolerate(struct db_group *group, struct gov_err *err)
{
    group->tolerated = err;
    memset(err, 0, sizeof *err);
}

static void enqueue(struct db_group *group)
{
    struct db_role *role = role_of(group->db, group->scope.stripe);

    if (role->waiting_count >= group->db->options.waiting_max) {
        gov_fail_cause(&group->err, GOV_OVERLOADED, "%d groups wait for a connection",
                       role->waiting_count);
        db_group_end(group);
        return;
    }
    list_append(&role->waiting, &group->link);
    role->waiting_count++;
    if (!db_role_open(role) && failed_just_now(role)) {
        db_role_fail_waiting(role, "the database could not be reached a moment ago");
        return;
    }
    db_role_pump(role);
}

void db_group_send(struct db_group *group)
{
    CHECK(group->first);
    if (*group->scope.schema)
        statement_add(group, NULL)->text = "reset role";
    op_io_begin(group->op);
    enqueue(group);
}

void db_group_end(struct db_group *group)
{
    if (group->retry && group->retries < DB_RETRIES) {
        group->retries++;
        group->retry = group->prepare_again = false;
        memset(&group->err, 0, sizeof group->err);
        enqueue(group);
        return;
    }
    if (group->tolerated) {
        *group->tolerated = group->err;
        op_io_end(group->op, NULL);
    } else {
        op_io_end(group->op, group->err.code ? &group->err : NULL);
    }
}

void db_query(struct op *op, struct db *db, const struct db_scope *scope, enum sql_queries query,
              struct db_rows *rows, int count, const char *const *params)
{
    struct db_group *group = db_group_new(op, db, scope);
    db_group_add(group, query, rows, count, params);
    db_group_send(group);
}

static void release_kept(void *result)
{
    PQclear(result);
}

struct db_rows db_rows_keep(const struct db_rows *rows, struct arena *arena)
{
    struct db_rows kept = *rows;
    PGresult *copy = PQcopyResult(rows->result, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES);

    CHECK(copy);
    arena_defer(arena, release_kept, copy);
    kept.result = copy;
    return kept;
}

/* --- cells --- */

const char *db_text(const struct db_rows *rows, int row, int column)
{
    CHECK(row < rows->count && column < PQnfields(rows->result));
    return PQgetisnull(rows->result, row, column) ? NULL : PQgetvalue(rows->result, row, column);
}

int64_t db_int(const struct db_rows *rows, int row, int column)
{
    const char *text = db_text(rows, row, column);
    return text ? strtoll(text, NULL, 10) : 0;
}

bool db_bool(const struct db_rows *rows, int row, int column)
{
    const char *text = db_text(rows, row, column);
    return text && *text == 't';
}

struct id db_id(const struct db_rows *rows, int row, int column)
{
    struct id id;
    id_parse(db_text(rows, row, column), &id);
    return id;
}

/* jsonb writes the real 1e20 as 100000000000000000000, which jansson takes for an integer that is too
 * great: whole numbers of 19 digits and more get the "e0" that makes them reals again. */
static const char *reals_again(const char *text, struct arena *arena)
{
    enum { DIGITS_SURE = 18 };
    struct buf out = { 0 };
    bool quoted = false;

    for (const char *at = text; *at;) {
        size_t n = quoted || (at > text && strchr(".eE+", at[-1])) ? 0 : strspn(at, "0123456789");
        if (!n) {
            quoted = *at == '"' ? !quoted : quoted;
            size_t step = *at == '\\' && at[1] ? 2 : 1;
            buf_add(&out, at, step);
            at += step;
            continue;
        }
        buf_add(&out, at, n);
        at += n;
        if (n > DIGITS_SURE && (!*at || !strchr(".eE", *at)))
            buf_add_text(&out, "e0");
    }
    const char *copy = arena_text(arena, buf_text(&out));
    buf_release(&out);
    return copy;
}

json_t *db_json(const struct db_rows *rows, int row, int column, struct arena *arena)
{
    const char *text = db_text(rows, row, column);
    json_error_t fault;

    if (!text)
        return NULL;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &fault);
    if (!json && json_error_code(&fault) == json_error_numeric_overflow)
        json = json_loads(reals_again(text, arena), JSON_DECODE_ANY, &fault);
    return json_own(arena, json);
}
