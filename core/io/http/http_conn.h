/* http_conn.h - inside the server: one connection, and who does what with it.
 *
 *     http_conn.c    life of a connection, input, the order of its requests
 *     http_parse.c   bytes -> llhttp -> request
 *     http_head.c    what llhttp leaves to the program to check
 *     http_output.c  writing and the queue
 *     http_wait.c    deadlines
 *
 * Not for use outside core/io/http.
 */
#ifndef CORE_IO_HTTP_HTTP_CONN_H
#define CORE_IO_HTTP_HTTP_CONN_H

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "core/base/err.h"
#include "core/base/list.h"
#include "core/io/http/http_request.h"
#include "core/io/http/http_server.h"

enum {
    HTTP_READ_BYTES = 64 * 1024,
    HTTP_STASH_BYTES = 64 * 1024,   /* reading stops when this much waits for its turn */
    HTTP_DISCARD_BYTES = 64 * 1024, /* an unread body this short is read to keep the connection */
    HTTP_OVERHEAD_BYTES =
        16 * 1024,               /* chunk headers, extensions, trailers between two body bytes */
    HTTP_BODY_STEP_BYTES = 1024, /* what counts as progress of a body */
};

enum http_span { HTTP_SPAN_NONE, HTTP_SPAN_URL, HTTP_SPAN_NAME, HTTP_SPAN_VALUE };
enum http_body_mode { HTTP_BODY_BUFFER, HTTP_BODY_STREAM };

/* A fault of the request, in both languages. */
struct http_fault {
    enum gov_code code;
    const char *en, *zh;
};

/* Offsets into http_request.head_text. */
struct http_header {
    uint32_t name, value;
    uint16_t name_bytes;
};

struct http_conn {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    llhttp_t parser;
    struct list all;     /* server->connections */
    struct list waiting; /* server->waiting[wait] */
    uint64_t deadline_ms;
    struct http_server *server;
    struct http_request *request; /* in work; NULL between requests */

    /* Input that came while a request was in work. */
    char *stash;
    uint32_t stash_used, stash_length, stash_capacity;

    size_t queued;                       /* output handed to libuv and not written yet */
    size_t queued_at_arm;                /* to see progress inside one large write */
    const struct http_fault *fault;      /* why a parser callback stopped */
    const char *input_start, *input_end; /* the piece being parsed */
    const char *input_mark;              /* overhead is counted from here */
    char tail[8];                        /* the last bytes before it */
    size_t overhead;                     /* bytes since the last byte of body or the last request */
    size_t body_step;                    /* body bytes since the deadline was set */
    size_t head_bytes;                   /* of the names and values so far */

    uint8_t wait; /* enum http_wait */
    uint8_t span; /* enum http_span: what head_text ends with */
    bool version_seen;
    bool span_open;    /* the piece before this one ended inside a value */
    bool span_reaches; /* so does this one, so far */
    bool reading;
    bool paused;      /* by the handler */
    bool feeding;     /* the parser is on the stack */
    bool kick;        /* the parser stopped at a pause and has something to do without input */
    bool deaf;        /* what still comes is thrown away */
    bool lingering;   /* our side is shut, waiting for theirs */
    bool broken;      /* a write failed or the reader is too slow */
    bool ended_input; /* the client has sent its last byte */
    bool closing;
};

/* --- http_conn.c --- */
/* A connection of that kind without a socket. */
struct http_conn *http_conn_new(struct http_server *server, bool tcp);
void http_conn_accept(struct http_server *server, uv_stream_t *listener);
/* Bytes have come. */
void http_conn_input(struct http_conn *c, const char *data, size_t bytes);
/* Close now. A request in work is told to be gone. */
void http_conn_close(struct http_conn *c);
/* Answer with the fault and close after that. */
void http_conn_fail(struct http_conn *c, const struct gov_err *err);
void http_conn_fault(struct http_conn *c, const struct http_fault *fault);
/* If the answer is complete and written: be rid of the request, linger if it was the last. */
void http_conn_settle(struct http_conn *c);
/* Parse what waits, read or do not read, set the deadline: call after every change of state. */
void http_conn_pump(struct http_conn *c);
/* The handler has nothing more to say to on_head: check the body against its limit, let it come. */
void http_conn_body_begin(struct http_conn *c);

/* --- http_parse.c --- */
void http_parse_init(struct http_conn *c);
/* Feed the parser until the input is used up or must wait; returns what was used. */
size_t http_parse_feed(struct http_conn *c, const char *data, size_t bytes);
/* May the parser run? */
bool http_parse_blocked(const struct http_conn *c);

/* --- http_head.c --- */
/* Check the complete header and fill path, query, body and connection fields. NULL: good. */
const struct http_fault *http_head_check(struct http_request *r, const llhttp_t *parser);
/* Check, trim and terminate the last name or value of head_text. */
const struct http_fault *http_head_name_end(struct http_request *r);
const struct http_fault *http_head_value_end(struct http_request *r);

/* --- http_request.c --- */
struct http_request *http_request_new(struct http_conn *c);
void http_request_append(struct http_request *r, const char *data, size_t bytes); /* to head_text */
void http_request_add_header(struct http_request *r); /* a name begins at the end of head_text */
/* Tell the handler, once, that nobody waits for its answer. */
void http_request_tell_gone(struct http_request *r);
/* The connection has no more to do with `r`: count it, log it, let it go. */
void http_request_detach(struct http_request *r);
/* Let on_error, or problem+json, word `err`. */
void http_request_word(struct http_request *r, const struct gov_err *err);

/* --- http_output.c --- */
/* Write now what the socket takes, queue the rest. False: broken or closing. */
bool http_output_write(struct http_conn *c, const uv_buf_t *pieces, unsigned count);
/* Nothing more goes out; the connection is closed from the loop, soon. */
void http_output_break(struct http_conn *c);

/* --- http_reply.c --- */
/* Write the status line and headers together with `first` (may be NULL); marks r as answered. */
enum { HTTP_LENGTH_NONE = -1, HTTP_LENGTH_CHUNKED = -2 };
bool http_reply_begin(struct http_request *r, int status, const char *media_type, int64_t length,
                      const uv_buf_t *first);
/* The answer is complete. */
void http_reply_end(struct http_request *r);
/* May the handler still say something? */
bool http_reply_wanted(const struct http_request *r);

/* --- http_wait.c --- */
void http_wait_init(struct http_server *server);
void http_wait_arm(struct http_conn *c, enum http_wait wait);
/* Keep the deadline if it is already about `wait`. */
void http_wait_ensure(struct http_conn *c, enum http_wait wait);
void http_wait_timer_start(struct http_server *server);

/* --- http_server.c --- */
const char *http_server_date(struct http_server *server);
/* A connection is gone for good. */
void http_server_left(struct http_server *server);

#endif
