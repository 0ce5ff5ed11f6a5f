/* helper.h - a short-lived child of sandboxd that does one piece of work beside the loop.
 *
 * The harvester and the sealer: they walk folders, hash and copy, which would stop the loop. A
 * helper has no namespaces of its own; it may become another uid first. It keeps only the
 * descriptors it is given, ends with sandboxd, and answers in wire messages over a socket.
 */
#ifndef WORKER_SANDBOX_DAEMON_HELPER_H
#define WORKER_SANDBOX_DAEMON_HELPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "worker/sandbox/daemon/host.h"
#include "worker/sandbox/wire.h"

enum { HELPER_SECONDS_MAX = 120 };

struct helper_events {
    /* False: enough, end it. Descriptors set to -1 were taken. */
    bool (*message)(void *user, const union wire_message *message, int *fds, int fd_count);
    void (*ended)(void *user); /* it is gone; may release the helper's owner */
};

struct helper {
    struct host *host;
    pid_t pid;
    int pidfd;
    int socket;
    struct watch *pid_watch, *socket_watch;
    struct helper_events events;
    void *user;
};

void helper_init(struct helper *helper);
/* Fork; the child becomes `uid` (unless (uid_t)-1), runs work(user, socket) and exits with its
 * answer. One that is `held` waits for helper_go before it does either. */
bool helper_start(struct helper *helper, bool held, struct host *host, uid_t uid, const int *keep,
                  int keep_count, int (*work)(void *user, int socket),
                  const struct helper_events *events, void *user);
void helper_go(struct helper *helper);
void helper_kill(struct helper *helper);
void helper_release(struct helper *helper); /* ends it if it runs; no event comes */

#endif
