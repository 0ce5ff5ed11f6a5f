/* channel.c - recvmsg and sendmsg on a uv_poll. */
#include "core/io/egress/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/json.h"

enum { READ_BYTES = 64 * 1024, UNREAD_BYTES_MAX = 64 * 1024 };

struct channel {
    uv_poll_t poll; /* first */
    struct loop *loop;
    int fd;
    const struct channel_events *events;
    void *user;
    struct buf in, out;
    int came; /* a descriptor that belongs to the frame being read; -1 */
    bool paused, closed, pumping;
};

void channel_frame_free(struct channel_frame *frame)
{
    if (frame->fd >= 0)
        close(frame->fd);
    arena_release(&frame->arena);
    free(frame);
}

static void on_poll(uv_poll_t *poll, int status, int events);

/* The other side does not read what it was answered: it gets no further answers to keep here. */
static bool unread(const struct channel *c)
{
    return c->out.length > UNREAD_BYTES_MAX;
}

static void watch(struct channel *c)
{
    int wanted = (c->paused || unread(c) ? 0 : UV_READABLE) | (c->out.length ? UV_WRITABLE : 0) | UV_DISCONNECT;

    if (!c->closed)
        uv_poll_start(&c->poll, wanted, on_poll);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct channel *c = (struct channel *)handle;

    close(c->fd);
    if (c->came >= 0)
        close(c->came);
    buf_release(&c->in);
    buf_release(&c->out);
    free(c);
}

void channel_close(struct channel *channel)
{
    if (channel->closed)
        return;
    channel->closed = true;
    uv_poll_stop(&channel->poll);
    uv_close((uv_handle_t *)&channel->poll, on_handle_closed);
}

static void lost(struct channel *c)
{
    if (c->closed)
        return;
    channel_close(c);
    c->events->on_closed(c->user);
}

/* --- frames --- */

static size_t number(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

/* False: no whole frame yet, or (*bad) none that could become one. */
static struct channel_frame *frame_take(struct channel *c, bool *bad)
{
    size_t json_bytes, body_bytes;
    struct channel_frame *f;
    struct gov_err ignored;

    *bad = false;
    if (c->in.length < CHANNEL_HEAD_BYTES)
        return NULL;
    json_bytes = number(c->in.data);
    body_bytes = number(c->in.data + 4);
    *bad = !json_bytes || json_bytes > CHANNEL_JSON_BYTES_MAX || body_bytes > CHANNEL_BODY_BYTES_MAX;
    if (*bad || c->in.length < CHANNEL_HEAD_BYTES + json_bytes + body_bytes)
        return NULL;
    f = calloc(1, sizeof *f);
    CHECK(f);
    arena_init(&f->arena);
    f->fd = c->came;
    c->came = -1;
    f->json = json_parse(&f->arena, c->in.data + CHANNEL_HEAD_BYTES, json_bytes, &ignored);
    f->body = arena_copy(&f->arena, c->in.data + CHANNEL_HEAD_BYTES + json_bytes, body_bytes);
    f->body_bytes = body_bytes;
    buf_consume(&c->in, CHANNEL_HEAD_BYTES + json_bytes + body_bytes);
    *bad = !json_is_object(f->json);
    if (*bad) {
        channel_frame_free(f);
        return NULL;
    }
    return f;
}

/* Hand over what is whole. The callee may pause or close in between, and send from within. */
static void pump(struct channel *c)
{
    struct channel_frame *frame;
    bool bad = false;

    if (c->pumping)
        return;
    c->pumping = true;
    while (!c->closed && !c->paused && !unread(c) && (frame = frame_take(c, &bad)) != NULL)
        c->events->on_frame(c->user, frame);
    c->pumping = false;
    if (bad)
        lost(c);
    else
        watch(c);
}

/* Keep the one that was wanted. Each of them is ours by now, wanted or not: false, and none of them stays open. */
static bool descriptors_take(struct channel *c, struct msghdr *message)
{
    bool good = true;

    for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= h->cmsg_len; at += sizeof(int)) {
            int fd;
            memcpy(&fd, CMSG_DATA(h) + at, sizeof fd);
            if (c->events->takes_descriptor && c->came < 0) {
                c->came = fd;
                continue;
            }
            close(fd);
            good = false;
        }
    }
    return good;
}

static bool read_some(struct channel *c)
{
    /* With its padding the kernel sees room for two. */
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct iovec part = { buf_reserve(&c->in, READ_BYTES), READ_BYTES };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                              .msg_controllen = sizeof control };
    ssize_t n = recvmsg(c->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (!descriptors_take(c, &message) || (message.msg_flags & MSG_CTRUNC))
        return false;
    c->in.length += (size_t)n;
    return n > 0;
}

static bool write_some(struct channel *c)
{
    ssize_t n = send(c->fd, c->out.data, c->out.length, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    buf_consume(&c->out, (size_t)n);
    return true;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct channel *c = (struct channel *)poll;

    if (status < 0 || ((events & UV_WRITABLE) && c->out.length && !write_some(c)) ||
        ((events & UV_READABLE) && !read_some(c)) ||
        ((events & UV_DISCONNECT) && !(events & UV_READABLE))) {
        lost(c);
        return;
    }
    pump(c);
}

struct channel *channel_open(struct loop *loop, int fd, const struct channel_events *events, void *user)
{
    struct channel *c = calloc(1, sizeof *c);

    CHECK(c);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    c->loop = loop;
    c->fd = fd;
    c->events = events;
    c->user = user;
    c->came = -1;
    CHECK(uv_poll_init(&loop->uv, &c->poll, fd) == 0);
    watch(c);
    return c;
}

void channel_pause(struct channel *channel)
{
    channel->paused = true;
    watch(channel);
}

void channel_resume(struct channel *channel)
{
    channel->paused = false;
    pump(channel);
}

static void number_put(char *at, size_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        at[i] = (char)(value & 255);
}

/* The first byte goes at once: it carries the descriptor. */
static bool send_with_fd(struct channel *c, int fd)
{
    char control[CMSG_SPACE(sizeof fd)] = { 0 };
    struct iovec part = { c->out.data, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                              .msg_controllen = sizeof control };
    struct cmsghdr *h = CMSG_FIRSTHDR(&message);

    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(h), &fd, sizeof fd);
    if (sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
        return false;
    buf_consume(&c->out, 1);
    return true;
}

bool channel_send(struct channel *channel, const json_t *json, const void *body, size_t bytes, int fd)
{
    char *text = json_dumps(json, JSON_COMPACT), head[CHANNEL_HEAD_BYTES];
    size_t length = text ? strlen(text) : 0;
    bool fits = text && length <= CHANNEL_JSON_BYTES_MAX && bytes <= CHANNEL_BODY_BYTES_MAX &&
                !channel->closed && (fd < 0 || !channel->out.length);

    if (fits) {
        number_put(head, length);
        number_put(head + 4, bytes);
        buf_add(&channel->out, head, sizeof head);
        buf_add(&channel->out, text, length);
        buf_add(&channel->out, body ? body : "", bytes);
        fits = (fd < 0 || send_with_fd(channel, fd)) && write_some(channel);
        watch(channel);
    }
    free(text);
    return fits;
}
