/* event_stream.c - the hub's list is in order of last message, so the timer only looks at its head.
 *
 * A tick sends at most BEATS_A_TICK comments: ten thousand streams that fell
 * silent at once would otherwise hold the loop for some 50 ms. They are spread
 * by it once and stay spread.
 */
#include "core/io/http/event_stream.h"

#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "core/io/http/http_conn.h"
#include "core/io/http/http_reply.h"

enum { BEAT_MS = 15 * 1000, TICKS_A_BEAT = 15, BEATS_A_TICK = 1000 };

static void leave(struct event_stream *stream)
{
    list_remove(&stream->link);
    stream->hub->count--;
    stream->hub = NULL;
    stream->request->on_left = NULL;
    stream->request->source = NULL;
    stream->request = NULL;
}

static void on_left(struct http_request *r)
{
    struct event_stream *stream = r->source;

    leave(stream);
    if (stream->on_gone)
        stream->on_gone(stream);
}

/* The stream has just been written to: to the end of the list. */
static void touch(struct event_stream *stream)
{
    struct event_hub *hub = stream->hub;

    stream->silent_since_ms = uv_now(hub->timer.loop);
    list_remove(&stream->link);
    list_append(&hub->streams, &stream->link);
}

static void on_beat(uv_timer_t *timer)
{
    struct event_hub *hub = timer->data;
    uint64_t now = uv_now(timer->loop);

    for (int i = 0; i < BEATS_A_TICK && !list_empty(&hub->streams); i++) {
        struct event_stream *stream = (struct event_stream *)hub->streams.next;
        if (stream->silent_since_ms + (uint64_t)hub->beat_ms > now)
            break;
        touch(stream);
        http_stream_write(stream->request, ":\n\n", 3);
    }
    if (hub->count == 0)
        uv_timer_stop(timer);
}

void event_hub_start(struct event_hub *hub, uv_loop_t *loop, int beat_ms)
{
    memset(hub, 0, sizeof *hub);
    hub->beat_ms = beat_ms > 0 ? beat_ms : BEAT_MS;
    list_init(&hub->streams);
    CHECK(uv_timer_init(loop, &hub->timer) == 0);
    hub->timer.data = hub;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct event_hub *hub = handle->data;

    buf_release(&hub->scratch);
    if (hub->on_closed)
        hub->on_closed(hub);
}

void event_hub_stop(struct event_hub *hub, void (*on_closed)(struct event_hub *hub))
{
    while (!list_empty(&hub->streams)) {
        struct event_stream *stream = (struct event_stream *)hub->streams.next;
        void (*on_stopped)(struct event_stream *) = stream->on_stopped;
        event_stream_end(stream);
        if (on_stopped)
            on_stopped(stream);
    }
    hub->on_closed = on_closed;
    uv_close((uv_handle_t *)&hub->timer, on_timer_closed);
}

void event_stream_begin(struct event_stream *stream, struct event_hub *hub, struct http_request *r)
{
    int tick = hub->beat_ms / TICKS_A_BEAT;

    list_init(&stream->link);
    stream->hub = NULL;
    stream->request = NULL;
    if (!http_reply_wanted(r))
        return;
    http_reply_header(r, "X-Accel-Buffering", "no"); /* nginx: pass every event on at once */
    http_stream_begin(r, 200, "text/event-stream");
    stream->hub = hub;
    stream->request = r;
    r->source = stream;
    r->on_left = on_left;
    hub->count++;
    touch(stream);
    if (!uv_is_active((uv_handle_t *)&hub->timer))
        uv_timer_start(&hub->timer, on_beat, (uint64_t)(tick ? tick : 1),
                       (uint64_t)(tick ? tick : 1));
}

static void add_line(struct buf *out, const char *field, const char *value)
{
    buf_add_text(out, field);
    for (; *value; value++)
        if (*value != '\n' && *value != '\r')
            buf_add_char(out, *value);
    buf_add_char(out, '\n');
}

/* One "data:" line for each line of data; CR LF, CR and LF all end one. */
static void add_data(struct buf *out, const char *data, size_t bytes)
{
    size_t at = 0;

    for (;;) {
        size_t end = at;
        while (end < bytes && data[end] != '\n' && data[end] != '\r')
            end++;
        buf_add_text(out, "data: ");
        buf_add(out, data + at, end - at);
        buf_add_char(out, '\n');
        if (end >= bytes)
            return;
        at = end + (data[end] == '\r' && end + 1 < bytes && data[end + 1] == '\n' ? 2 : 1);
    }
}

static bool send_scratch(struct event_stream *stream)
{
    struct buf *out = &stream->hub->scratch;

    buf_add_char(out, '\n');
    touch(stream);
    return http_stream_write(stream->request, out->data, out->length);
}

bool event_stream_send(struct event_stream *stream, const char *id, const char *event,
                       const char *data, size_t bytes)
{
    if (!stream->hub)
        return false;
    struct buf *out = &stream->hub->scratch;
    buf_clear(out);
    if (id)
        add_line(out, "id: ", id);
    if (event)
        add_line(out, "event: ", event);
    add_data(out, data, bytes);
    return send_scratch(stream);
}

bool event_stream_retry(struct event_stream *stream, int ms)
{
    if (!stream->hub)
        return false;
    buf_clear(&stream->hub->scratch);
    buf_addf(&stream->hub->scratch, "retry: %d\n", ms);
    return send_scratch(stream);
}

void event_stream_end(struct event_stream *stream)
{
    struct http_request *r = stream->request;

    if (!stream->hub)
        return;
    leave(stream);
    http_stream_end(r);
}

const char *event_stream_last_id(struct http_request *r)
{
    const char *id = http_request_header(r, "last-event-id");

    return id ? id : http_request_query(r, "last_event_id");
}
