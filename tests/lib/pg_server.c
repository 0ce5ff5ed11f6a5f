/* pg_server.c - initdb, postgres and tar as child processes.
 *
 * Templates are tar files in the build folder and not directories: the server's user may have no way
 * into the build folder, and a rename makes a file appear whole or not at all when two programs make
 * the same one.
 */
#include "tests/lib/pg_server.h"

#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/io/db/dbsync.h"
#include "core/io/migrate/migrate.h"
#include "sql_public.h"
#include "sql_tenant.h"

enum { START_S_MAX = 60, PATH_BYTES = 512 };

_Noreturn static void die(const char *what, const char *detail)
{
    fprintf(stderr, "pg_server: %s: %s\n", what, detail);
    abort();
}

/* Become the user that runs PostgreSQL, and end when the test program ends. For a child only. */
static void child_prepare(bool as_server)
{
    const struct passwd *user = getpwnam("postgres");

    if (!user)
        user = getpwnam("nobody");
    if (as_server && geteuid() == 0 &&
        (!user || setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid)))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT); /* after the change of user, which clears it */
}

static pid_t child_start(bool as_server, const char *log, const char *const *argv)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid > 0)
        return pid;
    child_prepare(as_server);
    if (chdir("/") != 0 || !freopen(log, "a", stdout) || dup2(1, 2) < 0)
        _exit(126);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

static void child_run(bool as_server, const char *log, const char *const *argv)
{
    pid_t pid = child_start(as_server, log, argv);
    int status;

    if (waitpid(pid, &status, 0) != pid || status != 0)
        die(argv[0], "failed");
}

/* The newest PostgreSQL that is installed. */
static const char *program(const char *name, char path[PATH_BYTES])
{
    glob_t found;

    snprintf(path, PATH_BYTES, "/usr/lib/postgresql/*/bin/%s", name);
    if (glob(path, 0, NULL, &found) != 0)
        die(name, "PostgreSQL is not installed");
    snprintf(path, PATH_BYTES, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return path;
}

static void path_in(const struct pg_server *server, const char *name, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s", server->dir, name);
}

static void dir_make(struct pg_server *server)
{
    const struct passwd *user = getpwnam("postgres");

    *server = (struct pg_server){ .dir = "/tmp/execgov-pg-XXXXXX" };
    if (!mkdtemp(server->dir))
        die("mkdtemp", server->dir);
    if (!user)
        user = getpwnam("nobody");
    if (geteuid() == 0 && (!user || chown(server->dir, user->pw_uid, user->pw_gid) != 0))
        die("chown", server->dir);
}

static void dir_remove(const struct pg_server *server)
{
    const char *const argv[] = { "/bin/rm", "-rf", server->dir, NULL };

    CHECK(strncmp(server->dir, "/tmp/execgov-pg-", 16) == 0);
    child_run(false, "/dev/null", argv);
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

/* Answers PostgreSQL? Asked until it does; a server that died is seen at once. */
static void ready_wait(const struct pg_server *server)
{
    char conninfo[PATH_BYTES], log[PATH_BYTES];
    int64_t deadline = clock_mono_us() + START_S_MAX * 1000000LL;

    snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=postgres", server->dir);
    path_in(server, "log", log);
    while (PQping(conninfo) != PQPING_OK) {
        if (waitpid(server->pid, NULL, WNOHANG) != 0 || clock_mono_us() > deadline)
            die("postgres did not start, see", log);
        pause_ms(10);
    }
}

void pg_server_resume(struct pg_server *server)
{
    char path[PATH_BYTES], data[PATH_BYTES], log[PATH_BYTES];
    const char *const argv[] = { program("postgres", path), "-D", data, "-k", server->dir,
                                 "-c", "listen_addresses=", "-c", "fsync=off",
                                 "-c", "full_page_writes=off", "-c", "max_connections=200",
                                 "-c", "shared_buffers=64MB", "-c", "max_wal_size=1GB",
                                 "-c", "log_min_messages=fatal", NULL };

    path_in(server, "data", data);
    path_in(server, "log", log);
    server->pid = child_start(true, log, argv);
    ready_wait(server);
}

void pg_server_pause(struct pg_server *server)
{
    if (!server->pid)
        return;
    kill(server->pid, SIGINT); /* fast shutdown: clients are cut off, the data is whole */
    CHECK(waitpid(server->pid, NULL, 0) == server->pid);
    server->pid = 0;
}

void pg_server_stop(struct pg_server *server)
{
    pg_server_pause(server);
    dir_remove(server);
}

/* initdb, with a password asked of everybody but the superuser. */
static void cluster_make(struct pg_server *server)
{
    char path[PATH_BYTES], data[PATH_BYTES], log[PATH_BYTES], hba[PATH_BYTES];
    const char *const argv[] = { program("initdb", path), "-D", data, "-U", "postgres",
                                 "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
                                 "--wal-segsize=4", NULL };
    struct arena arena = { 0 };
    struct gov_err err = { 0 };
    PGconn *conn;
    FILE *out;

    path_in(server, "data", data);
    path_in(server, "log", log);
    path_in(server, "data/pg_hba.conf", hba);
    child_run(true, log, argv);
    out = fopen(hba, "we");
    CHECK(out && fputs("local all postgres trust\nlocal all all scram-sha-256\n", out) >= 0);
    CHECK(fclose(out) == 0);
    pg_server_resume(server);
    conn = dbsync_open(&arena,
                       arena_format(&arena, "host=%s user=postgres dbname=postgres", server->dir),
                       "test", &err);
    if (!conn || !dbsync_script(conn, "create database execgov template template0", &err))
        die("create database", err.cause);
    arena_release(&arena);
}

static void cluster_migrate(const struct pg_server *server)
{
    struct arena arena = { 0 };
    struct gov_err err = { 0 };
    struct migrate_report report;
    struct migrate_options options = { .conninfo = pg_server_conninfo(server, &arena, "postgres"),
                                       .platform_password = PG_SERVER_PLATFORM_PASSWORD,
                                       .egress_password = PG_SERVER_EGRESS_PASSWORD,
                                       .stripe_password = PG_SERVER_STRIPE_PASSWORD };

    if (!migrate_up(&options, &report, &arena, &err))
        die("migrate", err.cause);
    arena_release(&arena);
}

static void digest_add(crypto_generichash_state *state, const struct embedded *files)
{
    for (; files->name; files++) {
        crypto_generichash_update(state, (const unsigned char *)files->name, strlen(files->name) + 1);
        crypto_generichash_update(state, (const unsigned char *)files->text, files->bytes + 1);
    }
}

/* Where the template of this program's migrations is, or has to be. */
static void template_path(bool migrated, char path[PATH_BYTES])
{
    crypto_generichash_state state;
    unsigned char hash[16];
    char hex[33] = "empty";

    if (migrated) {
        crypto_generichash_init(&state, NULL, 0, sizeof hash);
        digest_add(&state, sql_public);
        digest_add(&state, sql_tenant);
        crypto_generichash_final(&state, hash, sizeof hash);
        sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    }
    snprintf(path, PATH_BYTES, BINARY_DIR "/pg-template-%s.tar", hex);
}

static void template_make(bool migrated, const char *path)
{
    struct pg_server server;
    char made[PATH_BYTES + 16];
    const char *const argv[] = { "/bin/tar", "-C", server.dir, "-cf", made, "data", NULL };

    snprintf(made, sizeof made, "%s.%d", path, (int)getpid());
    dir_make(&server);
    cluster_make(&server);
    if (migrated)
        cluster_migrate(&server);
    pg_server_pause(&server);
    child_run(false, "/dev/null", argv);
    if (rename(made, path) != 0)
        die("rename", made);
    pg_server_stop(&server);
}

static void start_from(struct pg_server *server, bool migrated)
{
    char path[PATH_BYTES];
    const char *const argv[] = { "/bin/tar", "-C", server->dir, "-xf", path, NULL };

    template_path(migrated, path);
    if (access(path, R_OK) != 0)
        template_make(migrated, path);
    dir_make(server);
    child_run(false, "/dev/null", argv);
    pg_server_resume(server);
}

void pg_server_start(struct pg_server *server)
{
    start_from(server, true);
}

void pg_server_start_empty(struct pg_server *server)
{
    start_from(server, false);
}

const char *pg_server_conninfo(const struct pg_server *server, struct arena *arena,
                               const char *role)
{
    const char *password = strncmp(role, "execgov_stripe_", 15) == 0 ? PG_SERVER_STRIPE_PASSWORD :
                           strcmp(role, "execgov_egress") == 0 ? PG_SERVER_EGRESS_PASSWORD :
                                                                 PG_SERVER_PLATFORM_PASSWORD;

    return arena_format(arena, "host=%s dbname=execgov user=%s password=%s", server->dir, role,
                        password);
}

PGconn *pg_server_connect(const struct pg_server *server, struct arena *arena, const char *role)
{
    struct gov_err err = { 0 };
    PGconn *conn = dbsync_open(arena, pg_server_conninfo(server, arena, role), "test", &err);

    if (!conn)
        die("connect", err.cause);
    return conn;
}

static PGresult *query(struct arena *arena, PGconn *conn, const char *sql, int count,
                       const char *const *values)
{
    struct gov_err err = { 0 };
    PGresult *result = dbsync_query(arena, conn, sql, count, values, &err);

    if (!result)
        die(sql, err.cause);
    return result;
}

void pg_server_tenant(const struct pg_server *server, const char *name, struct pg_tenant *tenant)
{
    struct arena arena = { 0 };
    PGconn *conn = pg_server_connect(server, &arena, "execgov_platform");
    PGresult *made;

    *tenant = (struct pg_tenant){ .id = id_new() };
    made = query(&arena, conn,
                 "select schema, stripe from public.tenant_create($1, $2, 'team', 'UTC', 'en', null)",
                 2, (const char *const[]){ tenant->id.text, name });
    snprintf(tenant->schema, sizeof tenant->schema, "%s", PQgetvalue(made, 0, 0));
    tenant->stripe = atoi(PQgetvalue(made, 0, 1));
    arena_release(&arena);
}

PGconn *pg_server_stripe(const struct pg_server *server, struct arena *arena,
                         const struct pg_tenant *tenant)
{
    return pg_server_connect(server, arena,
                             arena_format(arena, "execgov_stripe_%d", tenant->stripe));
}

PGconn *pg_server_enter(const struct pg_server *server, struct arena *arena,
                        const struct pg_tenant *tenant)
{
    PGconn *conn = pg_server_stripe(server, arena, tenant);

    query(arena, conn, arena_format(arena, "set role %s", tenant->schema), 0, NULL);
    return conn;
}

void pg_server_person(const struct pg_server *server, const struct pg_tenant *tenant,
                      const char *role, struct pg_person *person)
{
    struct arena arena = { 0 };
    PGconn *conn = pg_server_connect(server, &arena, "execgov_platform");
    unsigned char hash[32];
    struct id session = id_new();

    *person = (struct pg_person){ .id = id_new(), .token_hash = "\\x" };
    randombytes_buf(hash, sizeof hash);
    sodium_bin2hex(person->token_hash + 2, sizeof person->token_hash - 2, hash, sizeof hash);
    query(&arena, conn,
          "insert into public.app_user (id, email, name) values ($1, $2, $3)", 3,
          (const char *const[]){ person->id.text,
                                 arena_format(&arena, "%s@example.org", person->id.text),
                                 role ? role : "nobody" });
    if (tenant && role)
        query(&arena, conn,
              "insert into public.membership (tenant_id, user_id, role) values ($1, $2, $3)", 3,
              (const char *const[]){ tenant->id.text, person->id.text, role });
    query(&arena, conn,
          "insert into public.session (token_hash, id, user_id, tenant_id, expires_at) "
          "values ($1, $2, $3, $4, now() + interval '1 day')",
          4,
          (const char *const[]){ person->token_hash, session.text, person->id.text,
                                 tenant ? tenant->id.text : NULL });
    arena_release(&arena);
}
