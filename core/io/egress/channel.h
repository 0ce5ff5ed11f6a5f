/* channel.h - frames over a stream socket of this machine: between workers and egress, and between a
 * script and egress (its descriptor 3).
 *
 *     4 bytes  length of the JSON   (big-endian)
 *     4 bytes  length of the body
 *     JSON, then the body's bytes
 *
 * One descriptor may ride on a frame's first byte, where one is wanted. Whatever is malformed ends the channel,
 * and so does a descriptor that nobody wanted: a script would fill our table with them. Nor is a frame handed over
 * while an answer to an earlier one lies here unread: at most one of them does.
 */
#ifndef CORE_IO_EGRESS_CHANNEL_H
#define CORE_IO_EGRESS_CHANNEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/io/op/loop.h"

enum {
    CHANNEL_JSON_BYTES_MAX = 512 * 1024,
    CHANNEL_BODY_BYTES_MAX = 9 * 1024 * 1024,
    CHANNEL_HEAD_BYTES = 8
};

/* One that has come. Free it with channel_frame_free; a descriptor that was not taken (set to -1) is closed. */
struct channel_frame {
    struct arena arena;
    json_t *json;
    const char *body; /* NUL behind it */
    size_t body_bytes;
    int fd; /* -1: none */
};
void channel_frame_free(struct channel_frame *frame);

struct channel;

struct channel_events {
    /* The callee owns the frame. It may pause or close the channel. */
    void (*on_frame)(void *user, struct channel_frame *frame);
    /* The other side has gone, or sent what is no frame. Not after channel_close. */
    void (*on_closed)(void *user);
    bool takes_descriptor; /* a frame may bring one */
};

/* Takes the descriptor over. */
struct channel *channel_open(struct loop *loop, int fd, const struct channel_events *events, void *user);
void channel_close(struct channel *channel);
/* No further frame is handed over until resumed: whoever works on one does not take the next. */
void channel_pause(struct channel *channel);
void channel_resume(struct channel *channel);
/* `fd` -1: none; it stays the caller's. False: too large. What the socket does not take now goes later. */
bool channel_send(struct channel *channel, const json_t *json, const void *body, size_t bytes, int fd);

#endif
