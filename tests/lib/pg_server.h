/* pg_server.h - a private PostgreSQL for one test program: own directory, unix socket only, gone with
 * the program (also when it is killed).
 *
 * The first program makes a cluster and migrates it; the result is kept in the build folder, named by
 * the digest of the migrations, and unpacked by the others: 0.3 s instead of 3.
 *
 * PostgreSQL refuses to run as root: as root, the user postgres (or nobody) runs it.
 * Everything here aborts with a message when it fails: a test without its database proves nothing.
 */
#ifndef TESTS_LIB_PG_SERVER_H
#define TESTS_LIB_PG_SERVER_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <sys/types.h>

#include "core/base/arena.h"
#include "core/base/id.h"

/* Passwords of the login roles in a migrated server. */
#define PG_SERVER_PLATFORM_PASSWORD "platform-password-of-the-tests"
#define PG_SERVER_EGRESS_PASSWORD "egress-password-of-the-tests"
#define PG_SERVER_STRIPE_PASSWORD "stripe-password-of-the-tests"

struct pg_server {
    char dir[64]; /* holds data/, the socket and the server's log */
    pid_t pid;    /* 0: not running */
};

/* A cluster with a migrated database "execgov". */
void pg_server_start(struct pg_server *server);
/* A cluster with an empty database "execgov". */
void pg_server_start_empty(struct pg_server *server);
/* End it and remove its directory. */
void pg_server_stop(struct pg_server *server);
/* For tests of what happens while it is away. */
void pg_server_pause(struct pg_server *server);  /* stop, keep the data */
void pg_server_resume(struct pg_server *server); /* start again on the same data */

/* libpq's conninfo for a role: "postgres" (superuser), "execgov_platform", "execgov_stripe_<n>". */
const char *pg_server_conninfo(const struct pg_server *server, struct arena *arena,
                               const char *role);
/* A connection, closed with `arena`. */
PGconn *pg_server_connect(const struct pg_server *server, struct arena *arena, const char *role);

struct pg_tenant {
    struct id id;
    char schema[24]; /* t_<16 hex>; also the role */
    int stripe;
};

/* Make a tenant as the API does. */
void pg_server_tenant(const struct pg_server *server, const char *name, struct pg_tenant *tenant);
/* A connection of the tenant's stripe that is not in its role yet. */
PGconn *pg_server_stripe(const struct pg_server *server, struct arena *arena,
                         const struct pg_tenant *tenant);
/* The same, after `set role`. */
PGconn *pg_server_enter(const struct pg_server *server, struct arena *arena,
                        const struct pg_tenant *tenant);

/* A person with `role` in `tenant` (NULL: none) and a session that is good for a day. */
struct pg_person {
    struct id id;
    char token_hash[2 + 64 + 1]; /* of the session, as PostgreSQL reads a bytea: \x… */
};
void pg_server_person(const struct pg_server *server, const struct pg_tenant *tenant,
                      const char *role, struct pg_person *person);

#endif
