/* sse_reader.h - server-sent events (WHATWG HTML, section 9.2) out of bytes as they come. */
#ifndef CLI_NET_SSE_READER_H
#define CLI_NET_SSE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

enum { SSE_EVENT_BYTES_MAX = 4 << 20 };

struct sse_event {
    const char *id;   /* the last id seen, "" before any */
    const char *kind; /* "message" where the stream names none */
    const char *data;
    size_t bytes;
};

/* False stops the reading. */
typedef bool sse_event_taker(void *into, const struct sse_event *event);

struct sse_reader {
    sse_event_taker *take;
    void *into;
    struct buf line, data, kind;
    struct buf id;        /* outlives a connection: what Last-Event-ID says at the next one */
    long retry_ms;        /* what the server asked for; 0: nothing */
    bool after_cr, begun; /* between CR and LF; past a byte order mark */
};

void sse_reader_init(struct sse_reader *reader, sse_event_taker *take, void *into);
void sse_reader_release(struct sse_reader *reader);
/* A new connection: what was half read is dropped, the id stays. */
void sse_reader_restart(struct sse_reader *reader);
/* False: the taker stopped it, or an event is longer than the limit. */
bool sse_reader_feed(struct sse_reader *reader, const char *bytes, size_t count);

#endif
