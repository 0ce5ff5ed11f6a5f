/* http_fixture.h - a real HTTP server in a thread, with a small site.
 *
 *     GET  /hello               "hello"
 *     GET  /head                the header lines as seen, one "name=value" a line, then path and
 * query POST /echo                the body POST /echo?limit=N        the body, if it has at most N
 * bytes GET  /later?ms=N          "later <query>" after N ms GET  /never               no answer;
 * counts on_gone POST /refused             401 in on_head POST /refused-later       401 20 ms after
 * on_head, the body paused meanwhile POST /count               streams the body: "<bytes> <sum of
 * bytes>" POST /count-slowly        the same, paused 1 ms after every piece GET  /pieces?n=N N
 * pieces of 1000 bytes, waiting for the reader GET  /flood               writes 64 KB at every turn
 * of the loop without waiting GET  /events              event stream; its first event tells
 * Last-Event-ID GET  /file                the fixture's file, ranges taken GET  /reply-header tries
 * to smuggle a header into the answer
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
    atomic_size_t buffered_most; /* input that the server held at once, seen at chunks of /count */
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

#endif
