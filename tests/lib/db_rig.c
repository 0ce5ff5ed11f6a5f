#include "tests/lib/db_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/check.h"
#include "core/io/crypto/crypto.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

void db_rig_start(struct db_rig *rig)
{
    struct gov_err err;

    CHECK(crypto_init(&err));
    arena_init(&rig->arena);
    loop_init(&rig->loop);
    pg_server_start(&rig->server);
    const char *path = arena_format(&rig->arena, "%s/passwords", rig->server.dir);
    FILE *file = fopen(path, "we");
    CHECK(file && chmod(path, 0600) == 0);
    fprintf(file,
            "*:*:*:execgov_platform:%s\n*:*:*:execgov_lifecycle:%s\n*:*:*:execgov_egress:%s\n*:*:*:*:%s\n",
            PG_SERVER_PLATFORM_PASSWORD, PG_SERVER_PLATFORM_PASSWORD, PG_SERVER_EGRESS_PASSWORD, PG_SERVER_STRIPE_PASSWORD);
    CHECK(fclose(file) == 0);
    rig->conninfo = arena_format(&rig->arena, "host=%s dbname=execgov passfile=%s",
                                 rig->server.dir, path);
}

void db_rig_stop(struct db_rig *rig)
{
    arena_release(&rig->arena);
    pg_server_stop(&rig->server);
    assert_int_equal(rig->loop.ops, 0);
    assert_true(loop_release(&rig->loop));
}

struct db *db_rig_pool(struct db_rig *rig, const char *application, struct db_options options)
{
    options.conninfo = rig->conninfo;
    options.application = application;
    return db_new(&rig->loop, &options);
}

int db_rig_backends(struct db_rig *rig, const char *application)
{
    struct arena arena = { 0 };
    PGconn *admin = pg_server_connect(&rig->server, &arena, "postgres");
    int count = atoi(sql_value(&arena, admin,
                               "select count(*) from pg_stat_activity where application_name = '%s'",
                               application));

    arena_release(&arena);
    return count;
}

void db_rig_turn(struct db_rig *rig)
{
    uv_run(&rig->loop.uv, UV_RUN_NOWAIT);
}
