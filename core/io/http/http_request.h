/* http_request.h - one exchange, as a handler sees it.
 *
 * A request lives until its answer is on the wire, or until on_gone() has
 * returned, or as long as somebody holds it, whichever is last. Whoever keeps a
 * pointer across a turn of the loop (an op in `arena`) holds it and releases it
 * when its last step is done; everything in `arena` dies with it.
 *
 * What is in here has been checked: the path is UTF-8 without NUL, controls,
 * dot segments or encoded slashes; the query's percent signs are whole and
 * decode to UTF-8 without NUL; names are tokens; values have no controls
 * (but may have bytes above 0x7f that are not UTF-8).
 */
#ifndef CORE_IO_HTTP_HTTP_REQUEST_H
#define CORE_IO_HTTP_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"

struct http_conn;
struct http_header;
struct http_server;

enum { HTTP_TRACEPARENT_BYTES = 56, HTTP_REQUEST_ID_BYTES = 37 };

struct http_request {
    struct arena arena;
    const char *method;     /* "GET"; outlives the request */
    const char *path;       /* percent-decoded; "*" for OPTIONS * */
    const char *raw_target; /* as it came */
    const char *query;      /* raw, without '?'; "" if none */
    const char *body;       /* buffered body, NUL-terminated; valid from on_request on */
    size_t body_bytes;
    void *user;                               /* the handler's */
    bool head;                                /* HEAD: the server leaves the body out by itself */
    char request_id[HTTP_REQUEST_ID_BYTES];   /* UUIDv7, our own; also sent as X-Request-Id */
    char traceparent[HTTP_TRACEPARENT_BYTES]; /* the client's if valid (W3C), else "" */

    /* From here on the server's own. */
    struct http_server *server;
    struct http_conn *conn; /* NULL once the connection is gone */
    struct http_header *headers;
    char *head_text;
    uint32_t head_length, head_capacity;
    uint16_t header_count, header_capacity;
    uint16_t status; /* of the answer; 0: none yet */
    int references;
    uint8_t body_mode;
    bool head_whole; /* all header lines are there and terminated */
    bool told;       /* on_head was called: the handler knows of it */
    bool gone;       /* on_gone was called: answers go nowhere */
    bool handed;     /* the handler has handed the answer over (a file): it is not told any more */
    bool answered;   /* the answer has begun */
    bool ended;      /* the answer is complete, though perhaps still queued */
    bool complete;   /* all of the request has arrived */
    bool keep_alive; /* the connection may take another request afterwards */
    bool minor_zero; /* HTTP/1.0 */
    bool has_body, chunked_body, expects_continue;
    bool body_begun; /* on_head has made up its mind: limit checked, 100 Continue sent */
    bool chunked_reply, no_reply_body;
    uint8_t defaults_replaced; /* which standard headers the handler has set itself */
    size_t body_limit;
    uint64_t body_seen, body_expected; /* bytes; expected counts for Content-Length only */
    uint64_t reply_left;               /* of a reply with a known length */
    int64_t began_us;                  /* clock_mono_us() when the header was complete */
    struct buf buffer;                 /* buffered body */
    struct buf reply_head;             /* header lines set by the handler */
    void (*on_chunk)(struct http_request *r, const char *data, size_t bytes);
    void (*on_end)(struct http_request *r);
    void (*on_drained)(struct http_request *r);
    void (*on_left)(struct http_request *r); /* what feeds the answer lets go of the request */
    void *source;                            /* what feeds the answer: a file, an event stream */
};

void http_request_hold(struct http_request *r);
void http_request_release(struct http_request *r);

/* First header of that name, ignoring case, without surrounding blanks; NULL if there is none. */
const char *http_request_header(const struct http_request *r, const char *name);
/* The `index`-th header as it came, the name in lower case; false past the end. */
bool http_request_header_at(const struct http_request *r, size_t index, const char **name,
                            const char **value);

/* First query parameter of that name, decoded ('+' is a blank), in the arena; NULL if absent.
 * For all of them see http_query.h. */
const char *http_request_query(struct http_request *r, const char *name);

/* Who is at the other end of the socket, as text in the arena: "192.0.2.1", "2001:db8::1"; "unix"
 * for a unix socket; "" once the connection is gone. */
const char *http_request_peer(struct http_request *r);

/* The reader's language by Accept-Language. */
enum gov_language http_language(const struct http_request *r);

/* --- in on_head, or while the body is paused there: what to do with the body --- */

/* Buffer at most `bytes` (default: the server's body_bytes_max); more is answered 413. */
void http_request_body_limit(struct http_request *r, size_t bytes);

/* Hand the body on as it comes instead of buffering it; `on_request` is not called, `on_end` is,
 * with no body too. The data is gone when on_chunk returns. The body limit holds here too. Each may
 * answer, pause, or hold. */
void http_request_stream_body(struct http_request *r, size_t bytes_max,
                              void (*on_chunk)(struct http_request *, const char *, size_t),
                              void (*on_end)(struct http_request *));

/* No on_chunk, on_end or on_request until resumed. At most 128 KB more are read meanwhile, which is
 * how a client is seen to leave. */
void http_request_pause(struct http_request *r);
void http_request_resume(struct http_request *r);

/* For answers that last (event streams): give back the arena, the headers and the body. Path and
 * query become "", headers NULL; `user` must not point into the arena. */
void http_request_trim(struct http_request *r);

#endif
