/* redis_server.h - a private redis-server on a unix socket, for as long as a test wants it.
 *
 * It lives in a directory of its own and dies with the test program, whatever happens to that.
 */
#ifndef TESTS_LIB_REDIS_SERVER_H
#define TESTS_LIB_REDIS_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct redis_server {
    pid_t pid; /* 0: not running */
    char dir[64];
    char socket[96];
    char address[104]; /* "unix:" and the socket: what the programs' settings take */
    bool append_only;
    bool cluster;
};

/* Start and wait until it answers. `append_only` keeps data over a restart. Fails the test if it
 * does not come up. */
void redis_server_start(struct redis_server *server, bool append_only);
/* A cluster of one node that owns every slot. */
void redis_server_start_cluster(struct redis_server *server);
/* Kill it (SIGKILL), keep its directory. */
void redis_server_kill(struct redis_server *server);
/* After redis_server_kill: the same address again. */
void redis_server_again(struct redis_server *server);
/* Kill it and remove its directory. */
void redis_server_stop(struct redis_server *server);

#endif
