/* zygote_wire.c - sendmsg and recvmsg with room for all the descriptors of a job. */
#include "worker/sandbox/zygote/zygote_wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int take_fds(struct msghdr *msg, int fds[ZYGOTE_FDS_MAX])
{
    int count = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n && count < ZYGOTE_FDS_MAX; i++)
            memcpy(&fds[count++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
    }
    return count;
}

long zygote_receive(int socket, uint32_t kind, void *message, size_t bytes,
                    int fds[ZYGOTE_FDS_MAX], int *fd_count)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * ZYGOTE_FDS_MAX)];
    struct iovec part = { message, bytes };
    struct msghdr msg = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    const struct zygote_header *header = message;
    ssize_t got;

    do
        got = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    *fd_count = got < 0 ? 0 : take_fds(&msg, fds);
    if (got == (ssize_t)bytes && !(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
        header->magic == ZYGOTE_MAGIC && header->kind == kind)
        return got;
    while (*fd_count > 0)
        close(fds[--*fd_count]);
    return 0;
}

bool zygote_send(int socket, const void *message, size_t bytes, const int *fds, int fd_count)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * ZYGOTE_FDS_MAX)] = { 0 };
    struct iovec part = { (void *)message, bytes };
    struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };
    ssize_t sent;

    if (fd_count > 0) {
        msg.msg_control = control;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)fd_count);
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)fd_count);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * (size_t)fd_count);
    }
    do
        sent = sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)bytes;
}
