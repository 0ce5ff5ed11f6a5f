/* db_rig.h - a migrated PostgreSQL, a loop, and pools of core/io/db on it, for one test program. */
#ifndef TESTS_LIB_DB_RIG_H
#define TESTS_LIB_DB_RIG_H

#include "core/io/db/db.h"
#include "tests/lib/pg_server.h"

struct db_rig {
    struct pg_server server;
    struct arena arena;
    struct loop loop;
    const char *conninfo; /* without user, as db.h wants it */
};

void db_rig_start(struct db_rig *rig);
/* Fails the test if a handle was left open. */
void db_rig_stop(struct db_rig *rig);
/* A pool; its connections carry `application`. Zeros in `options` mean the defaults. */
struct db *db_rig_pool(struct db_rig *rig, const char *application, struct db_options options);
/* How many backends of `application` the server has now. */
int db_rig_backends(struct db_rig *rig, const char *application);
/* Turn the loop for a moment, so that what is closed goes. */
void db_rig_turn(struct db_rig *rig);

#endif
