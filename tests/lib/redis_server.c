#include "tests/lib/redis_server.h"

#include <fcntl.h>
#include <ftw.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/clock.h"

enum { START_MS = 10000, PROBE_MS = 5 };

static void run_server(const struct redis_server *server, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, 1);
    dup2(log, 2);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", server->socket, "--dir",
           server->dir, "--save", "", "--appendonly", server->append_only ? "yes" : "no",
           "--maxmemory-policy", "noeviction", "--enable-debug-command", "yes", "--cluster-enabled",
           server->cluster ? "yes" : "no", (char *)NULL);
    _exit(127);
}

/* Does the server answer `command` with something that begins with `expected`? */
static bool server_answers(const struct redis_server *server, const char *command,
                           const char *expected)
{
    redisContext *context = redisConnectUnix(server->socket);
    bool ok = false;

    if (context && !context->err) {
        redisReply *reply = redisCommand(context, command);
        ok = reply && reply->str && strncmp(reply->str, expected, strlen(expected)) == 0;
        if (reply)
            freeReplyObject(reply);
    }
    if (context)
        redisFree(context);
    return ok;
}

static void server_await(const struct redis_server *server, const char *command,
                         const char *expected)
{
    int64_t until = clock_mono_us() + START_MS * 1000;

    while (!server_answers(server, command, expected)) {
        CHECK(clock_mono_us() < until);
        nanosleep(&(struct timespec){ 0, PROBE_MS * 1000000 }, NULL);
    }
}

void redis_server_again(struct redis_server *server)
{
    pid_t parent = getpid();

    server->pid = fork();
    CHECK(server->pid >= 0);
    if (server->pid == 0) {
        CHECK(chdir(server->dir) == 0);
        run_server(server, parent);
    }
    server_await(server, "PING", "PONG");
}

static void start_in_new_folder(struct redis_server *server)
{
    snprintf(server->dir, sizeof server->dir, "/tmp/execgov-redis-XXXXXX");
    CHECK(mkdtemp(server->dir));
    snprintf(server->socket, sizeof server->socket, "%s/socket", server->dir);
    snprintf(server->address, sizeof server->address, "unix:%s", server->socket);
    redis_server_again(server);
}

void redis_server_start(struct redis_server *server, bool append_only)
{
    memset(server, 0, sizeof *server);
    server->append_only = append_only;
    start_in_new_folder(server);
}

void redis_server_start_cluster(struct redis_server *server)
{
    memset(server, 0, sizeof *server);
    server->cluster = true;
    start_in_new_folder(server);
    server_await(server, "CLUSTER ADDSLOTSRANGE 0 16383", "OK");
    server_await(server, "CLUSTER INFO", "cluster_state:ok");
}

void redis_server_kill(struct redis_server *server)
{
    if (!server->pid)
        return;
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

void redis_server_stop(struct redis_server *server)
{
    redis_server_kill(server);
    if (server->dir[0])
        nftw(server->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    server->dir[0] = 0;
}
