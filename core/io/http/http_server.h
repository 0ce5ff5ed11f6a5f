/* http_server.h - an HTTP/1.1 server on a libuv loop: llhttp parses, we mind the connections.
 *
 *     accept -> on_head -> [body] -> on_request -> http_reply -> next request or close
 *
 * One request is in work per connection; pipelined ones wait and are answered
 * in order. After on_head exactly one thing happens: the handler answers
 * (http_reply.h), or on_gone says that nobody waits for it any more. Faults of
 * the request itself are worded by on_error. TLS and HTTP/2 belong to a proxy
 * in front. Nothing here blocks, and everything runs on the loop's thread.
 *
 * Refused besides what llhttp refuses: anything that two servers could read in
 * two ways (RFC 9112, 6.3 and 11.2) - see head.c.
 */
#ifndef CORE_IO_HTTP_HTTP_SERVER_H
#define CORE_IO_HTTP_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/list.h"
#include "core/io/http/http_metrics.h"
#include "core/io/http/http_request.h"

/* Zero means the default in brackets. */
struct http_options {
    const char *address;     /* numeric IPv4 or IPv6; NULL: no TCP listener */
    int port;                /* 0: any free one */
    bool reuse_port;         /* several processes share the port */
    const char *socket_path; /* unix socket as well; NULL: none. A dead process's is replaced */
    int socket_mode;         /* permissions of the unix socket [0660] */

    int header_timeout_ms; /* first byte to end of header [10 s]: 408 */
    int body_timeout_ms;   /* for every 1024 bytes of body [30 s]: 408 */
    int idle_timeout_ms;   /* between requests [75 s] */
    int write_timeout_ms;  /* a reader that takes nothing [30 s] */
    int linger_ms;         /* reading on after an error answer [10 s] */
    int drain_ms;          /* http_server_stop waits this long [10 s] */

    int connections_max;   /* [20,000]; more are answered 503 */
    size_t body_bytes_max; /* of one buffered body [1 MB] */
    /* Of all buffered bodies and all waiting input together [256 MB]; more is answered 503. */
    size_t buffered_bytes_max;
    size_t header_bytes_max; /* [32 KB] */
    size_t uri_bytes_max;    /* [8 KB] */
    int header_count_max;    /* [100] */
    size_t queue_bytes_max;  /* a stream's unread output [1 MB]; a slower reader is cut off */
};

struct http_handlers {
    /* The header is complete and valid. Choose how the body comes (http_request.h), or answer. May
     * be NULL: bodies are buffered. */
    void (*on_head)(struct http_request *r, void *ctx);
    /* The request is complete; its body is in r->body. */
    void (*on_request)(struct http_request *r, void *ctx);
    /* The client left, or broke off its own body, before the answer was begun or, for a stream,
     * complete: cancel the work. Not called once http_reply, http_reply_file or http_stream_end
     * was. May be NULL. */
    void (*on_gone)(struct http_request *r, void *ctx);
    /* Word a fault the server found; must answer before it returns. NULL: problem+json. `r` may
     * have no method, path and headers: "" and NULL. */
    void (*on_error)(struct http_request *r, const struct gov_err *err, void *ctx);
    /* For an access log: the answer is on the wire, or failed to get there. May be NULL. */
    void (*on_done)(struct http_request *r, int64_t us, void *ctx);
};

/* What a connection's deadline is about; one list each. */
enum http_wait {
    HTTP_WAIT_NONE,
    HTTP_WAIT_IDLE,
    HTTP_WAIT_HEADER,
    HTTP_WAIT_BODY,
    HTTP_WAIT_WRITE,
    HTTP_WAIT_LINGER,
    HTTP_WAIT_BROKEN,
    HTTP_WAIT_COUNT
};

/* Wants a fixed address while it runs. */
struct http_server {
    uv_loop_t *loop;
    struct http_options options;
    struct http_handlers handlers;
    void *ctx;
    struct http_metrics metrics;

    /* From here on the server's own. */
    uv_tcp_t tcp;
    uv_pipe_t unix_socket;
    uv_timer_t timer;
    bool has_tcp, has_unix, stopping;
    int handles_open;
    struct list connections;
    struct list waiting[HTTP_WAIT_COUNT]; /* oldest first */
    size_t buffered_bytes;
    int64_t stop_deadline_ms;
    void (*on_stopped)(struct http_server *server);
    char *read_buffer;
    struct buf scratch;
    int64_t date_s;
    char date[32];
};

/* Listen. SIGPIPE is ignored from now on. False: CONFIGURATION, nothing is left running (close
 * callbacks still want a turn of the loop). */
bool http_server_start(struct http_server *server, uv_loop_t *loop,
                       const struct http_options *options, const struct http_handlers *handlers,
                       void *ctx, struct gov_err *err);

/* Accept no more, close what is idle, let what runs be answered, cut off what is left after
 * drain_ms. `on_stopped` (may be NULL) is called when nothing is left; the struct may be freed
 * there. */
void http_server_stop(struct http_server *server, void (*on_stopped)(struct http_server *server));

/* The TCP port that was bound; 0 without one. */
int http_server_port(const struct http_server *server);

#endif
