/* http_peer.h - an HTTP client of raw sockets, which sends what a proper client would not. */
#ifndef TESTS_LIB_HTTP_PEER_H
#define TESTS_LIB_HTTP_PEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

struct peer {
    int fd;
    struct buf in;
};

struct peer_reply {
    int status;
    char head[4096]; /* status line and headers */
    struct buf body;
    bool closed; /* the server closed instead of answering, or in the middle */
};

struct peer peer_open(int port);
void peer_close(struct peer *p);
void peer_send(struct peer *p, const char *text);
/* False: the server has closed or reset the connection before it took everything. */
bool peer_send_bytes(struct peer *p, const void *data, size_t bytes);
/* The next answer; `head_only` for answers to HEAD. Reset first with peer_reply_release. */
void peer_read(struct peer *p, struct peer_reply *reply, bool head_only);
/* Value of a header of the reply in a static buffer; NULL if absent. */
const char *peer_header(const struct peer_reply *reply, const char *name);
void peer_reply_release(struct peer_reply *reply);
/* Has the server closed (nothing more to read)? Waits for it up to the socket's timeout. */
bool peer_closed(struct peer *p);
/* Read until `text` has come; false if the connection ends before. */
bool peer_wait_text(struct peer *p, const char *text);

/* One request on a connection of its own: returns the status. `reply` may be NULL. */
int peer_once(int port, const char *request, struct peer_reply *reply);

/* Wait (by condition, 10 s at most) until *counter is at least `wanted`. */
bool peer_wait_count(const atomic_int *counter, int wanted);

#endif
