/* Bytes of a script on its way to egress, cut into pieces by the first byte: frames come out whole and in order, or
 * the channel ends, wherever they are cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/check.h"
#include "core/io/egress/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct seen {
    struct buf text;
    bool closed;
};

static void on_frame(void *user, struct channel_frame *frame)
{
    struct seen *s = user;
    char *json = json_dumps(frame->json, JSON_COMPACT | JSON_SORT_KEYS);

    CHECK(json && json_is_object(frame->json) && frame->body_bytes <= CHANNEL_BODY_BYTES_MAX);
    buf_addf(&s->text, "%s|%zu;", json, frame->body_bytes);
    free(json);
    channel_frame_free(frame);
}

static void on_closed(void *user)
{
    ((struct seen *)user)->closed = true;
}

static void feed(const uint8_t *data, size_t bytes, size_t step, struct seen *seen)
{
    static const struct channel_events events = { on_frame, on_closed };
    struct loop loop;
    int ends[2];

    loop_init(&loop);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    struct channel *channel = channel_open(&loop, ends[0], &events, seen);
    for (size_t at = 0; at < bytes && !seen->closed; at += step) {
        size_t piece = bytes - at < step ? bytes - at : step;
        if (send(ends[1], data + at, piece, MSG_NOSIGNAL) < 0)
            break;
        uv_run(&loop.uv, UV_RUN_NOWAIT);
    }
    uv_run(&loop.uv, UV_RUN_NOWAIT);
    if (!seen->closed)
        channel_close(channel);
    uv_run(&loop.uv, UV_RUN_NOWAIT);
    close(ends[1]);
    loop_release(&loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct seen whole = { 0 }, cut = { 0 };

    if (bytes < 2 || bytes > 4096)
        return 0;
    feed(data + 1, bytes - 1, bytes, &whole);
    feed(data + 1, bytes - 1, data[0] % 31 + (bytes >> 6) + 1, &cut);
    CHECK(whole.closed == cut.closed && whole.text.length == cut.text.length);
    CHECK(memcmp(buf_text(&whole.text), buf_text(&cut.text), whole.text.length) == 0);
    buf_release(&whole.text);
    buf_release(&cut.text);
    return 0;
}
