/* server.h - the socket: who may connect, and messages in and out.
 *
 * A connection owns what it started: its end, for any reason, ends that. A message that does not
 * decode ends the connection, because a peer that speaks wrongly is broken or hostile; a job that
 * is only impossible is answered with REFUSED.
 */
#ifndef WORKER_SANDBOX_DAEMON_SERVER_H
#define WORKER_SANDBOX_DAEMON_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "worker/sandbox/daemon/host.h"

struct script;
struct package;
struct outgoing;

struct server {
    struct host *host;
    int listener;
    struct watch *watch;
    struct connection *connections;
};

struct connection {
    struct connection *next;
    struct server *server;
    int fd;
    struct watch *watch;
    struct outgoing *first, *last; /* not sent yet */
    size_t queued;
    struct script *scripts;   /* started over it, not finished */
    struct package *packages; /* being opened for it */
    bool closing;
};

/* Listen at options.socket_path (mode 0660, the group of --allow-uid's user may connect; the peer's
 * uid is checked in any case). A socket file nobody listens on is replaced. */
bool server_start(struct server *server, struct host *host, struct gov_err *err);
void server_stop(struct server *server);

/* Queue a message; the descriptors are closed after sending, or if the connection breaks. */
void connection_send(struct connection *connection, const void *message, size_t bytes,
                     const int *fds, int fd_count);
void connection_refuse(struct connection *connection, uint64_t job, const struct gov_err *err);

#endif
