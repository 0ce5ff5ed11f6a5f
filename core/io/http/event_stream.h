/* event_stream.h - server-sent events (HTML living standard, 9.2) to thousands of idle readers.
 *
 * A hub holds the streams of one server and one timer. A stream that has had
 * nothing for `beat_ms` gets a comment, so that proxies keep it open and a dead
 * reader is found. Streams are kept in order of their last message, so a
 * tick looks only at the ones that are due.
 *
 *     event_stream_begin(&mine->stream, hub, r);
 *     http_request_trim(r);                         once nothing in r->arena is needed
 *     event_stream_send(&mine->stream, "42", "run.state", json, bytes);
 *
 * When the client leaves, the stream is off its hub before the server's and its own on_gone are called.
 */
#ifndef CORE_IO_HTTP_EVENT_STREAM_H
#define CORE_IO_HTTP_EVENT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "core/base/buf.h"
#include "core/io/http/http_request.h"
#include "core/io/http/http_server.h"

struct event_hub {
    uv_timer_t timer;
    struct list streams; /* longest silent first */
    size_t count;
    int beat_ms;
    struct buf scratch;
    void (*on_closed)(struct event_hub *hub);
};

struct event_stream {
    struct list link;      /* first */
    struct event_hub *hub; /* NULL: not running */
    struct http_request *request;
    uint64_t silent_since_ms;
    /* The hub has stopped and ended this stream: forget it. May be NULL. */
    void (*on_stopped)(struct event_stream *stream);
    /* The client left; the stream is off its hub. May be NULL. */
    void (*on_gone)(struct event_stream *stream);
};

/* `beat_ms` 0: 15 s. */
void event_hub_start(struct event_hub *hub, uv_loop_t *loop, int beat_ms);
/* End every stream (clients reconnect elsewhere), then close the timer; on_closed may be NULL. */
void event_hub_stop(struct event_hub *hub, void (*on_closed)(struct event_hub *hub));

/* Answer `r` with an open stream. `stream` is the caller's memory, zeroed or with its callbacks set,
 * and stays until event_stream_end, on_gone or on_stopped. */
void event_stream_begin(struct event_stream *stream, struct event_hub *hub, struct http_request *r);
/* One event. `id` and `event` may be NULL and must not hold line ends (those bytes are dropped);
 * data of several lines is framed as such. False: the reader is gone or too slow. */
bool event_stream_send(struct event_stream *stream, const char *id, const char *event,
                       const char *data, size_t bytes);
/* How long (ms) a client shall wait before it comes back. */
bool event_stream_retry(struct event_stream *stream, int ms);
void event_stream_end(struct event_stream *stream);

/* The id the client saw last: Last-Event-ID, or ?last_event_id= for clients that cannot set it;
 * NULL if none. In r's arena: read it before http_request_trim. */
const char *event_stream_last_id(struct http_request *r);

#endif
