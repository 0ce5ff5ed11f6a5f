/* http_fixture.h - a real HTTP server in a thread with a small site, and a client of raw sockets.
 *
 *     GET  /hello               "hello"
 *     GET  /head                the header lines as seen, one "name=value" a line, then path and query
 *     POST /echo                the body
 *     POST /echo?limit=N        the body, if it has at most N bytes
 *     GET  /later?ms=N          "later <query>" after N ms
 *     GET  /never               no answer; counts on_gone
 *     POST /refused             401 in on_head
 *     POST /refused-later       401 20 ms after on_head, the body paused meanwhile
 *     POST /count               streams the body: "<bytes> <sum of bytes>"
 *     POST /count-slowly        the same, paused 1 ms after every piece
 *     GET  /pieces?n=N          N pieces of 1000 bytes, waiting for the reader
 *     GET  /flood               writes 64 KB at every turn of the loop without waiting
 *     GET  /events              event stream; its first event tells Last-Event-ID
 *     GET  /file                the fixture's file, ranges taken
 *     GET  /reply-header        tries to smuggle a header into the answer
 */
#ifndef TESTS_LIB_HTTP_FIXTURE_H
#define TESTS_LIB_HTTP_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "core/base/buf.h"
#include "core/io/http/event_stream.h"
#include "core/io/http/http_server.h"

struct http_fixture {
    struct http_options options; /* set before http_fixture_start; address is filled in */
    int port;
    atomic_int gone, done, chunks, begun, cut_chunks_after_pause;
    atomic_bool stopped;
    char file[64]; /* path of the file served */

    pthread_t thread;
    uv_loop_t loop;
    uv_async_t stop;
    struct http_server server;
    struct event_hub hub;
    int beat_ms;
};

void http_fixture_start(struct http_fixture *f);
/* Ask the server to stop; returns at once. */
void http_fixture_drain(struct http_fixture *f);
/* Stop (if not asked before), wait for the end, release everything. */
void http_fixture_stop(struct http_fixture *f);

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

struct peer peer_open(const struct http_fixture *f);
void peer_close(struct peer *p);
void peer_send(struct peer *p, const char *text);
void peer_send_bytes(struct peer *p, const void *data, size_t bytes);
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
int peer_once(const struct http_fixture *f, const char *request, struct peer_reply *reply);

/* Wait (by condition, 10 s at most) until *counter is at least `wanted`. */
bool peer_wait_count(const atomic_int *counter, int wanted);

#endif
