/* db_internal.h - shared by db.c (groups, pool) and db_conn.c (one connection). */
#ifndef CORE_IO_DB_DB_INTERNAL_H
#define CORE_IO_DB_DB_INTERNAL_H

#include "core/io/db/db.h"
#include "core/io/db/db_prepared.h"

enum {
    DB_IN_FLIGHT_MAX = 32,
    DB_HOME_AHEAD = 4, /* so many groups more than elsewhere a tenant's home may have on their way */
    DB_RETRIES = 3,
    DB_IDLE_CLOSE_MS = 60000, /* default of idle_close_ms */
    DB_LIFE_MS = 60 * 60 * 1000, /* default of life_ms: what a backend has cached of its tenants grows and never goes */
    DB_RECONNECT_MS = 200,
    DB_CONNECT_MS = 5000,  /* a connect that takes longer has failed */
    DB_SILENCE_MS = 20000, /* in flight and not a byte for so long: the connection is lost */
    DB_STATEMENT_MS = 10000, /* default of statement_ms */
    DB_TICK_MS = 2000
};

enum { DB_UTILITY = -1 }; /* instead of a query: `text` is all there is */

struct db_statement {
    int query;
    const char *text; /* NULL until somebody needs it, see db_statement_text */
    int param_count;
    const char *const *params;
    const int *lengths, *formats; /* NULL: all are text */
    int extra;      /* answers that come before its own: deallocate, prepare */
    bool preparing; /* ... and the prepare's is not in yet */
    struct db_rows *rows; /* NULL: nobody wants them */
    struct db_statement *next;
};

struct db_group {
    struct op *op;
    struct db *db;
    struct db_scope scope;
    struct db_statement *first, *last;
    struct db_statement *reading; /* whose answer is read next */
    struct gov_err *tolerated;
    struct gov_err err;           /* first failure; GOV_OK while none */
    int retries;
    bool retry;
    bool prepare_again;           /* nothing its statements had prepared is believed */
    struct list link;             /* in the role's `waiting` or the connection's `in_flight` */
};

enum db_conn_state { CONN_CLOSED, CONN_CONNECTING, CONN_READY };

struct db_conn {
    struct db_role *role;
    enum db_conn_state state;
    PGconn *pg;
    uv_poll_t *poll;
    int events;
    struct list in_flight; /* struct db_group */
    int in_flight_count;
    struct db_prepared prepared;
    int64_t born_us;       /* monotonic: connect begun */
    int64_t progress_us;   /* monotonic: connect begun, first group sent, last bytes */
};

struct db_role {
    struct db *db;
    int stripe; /* -1: options.public_role */
    struct db_conn *conns;
    struct list waiting;
    int waiting_count;
    int64_t failed_us; /* monotonic, last failed connect */
    struct db_role *next;
};

struct db {
    struct loop *loop;
    struct db_options options;
    struct arena arena;
    struct db_role *roles;
    uv_timer_t *tick;
    bool reachable;
};

/* db.c */
const char *db_statement_text(struct db_group *group, struct db_statement *statement);
void db_role_pump(struct db_role *role);                       /* waiting groups -> connections */
void db_group_end(struct db_group *group);                     /* answer the op, or retry */
void db_role_fail_waiting(struct db_role *role, const char *cause);
bool db_role_open(const struct db_role *role);                 /* is a connection ready or being made? */

/* db_conn.c */
void db_conn_open(struct db_conn *conn);
bool db_conn_is_old(const struct db_conn *conn); /* it closes when what is under way has ended */
void db_conn_close(struct db_conn *conn, const char *cause);   /* in-flight groups fail */
bool db_conn_send(struct db_conn *conn, struct db_group *group);

#endif
