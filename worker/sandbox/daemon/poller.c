/* poller.c - an array of watches, rebuilt into pollfds every round. */
#include "worker/sandbox/daemon/poller.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"

struct watch *poller_watch(struct poller *p, int fd, short events,
                           void (*ready)(void *user, short events), void *user)
{
    struct watch *w = calloc(1, sizeof *w);

    CHECK(w && fd >= 0);
    *w = (struct watch){ fd, events, ready, user };
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 32;
        p->watches = realloc(p->watches, p->capacity * sizeof(struct watch *));
        CHECK(p->watches);
    }
    p->watches[p->count++] = w;
    return w;
}

void poller_forget(struct watch *watch)
{
    if (watch)
        watch->fd = -1;
}

static void compact(struct poller *p)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->count; i++) {
        if (p->watches[i]->fd < 0)
            free(p->watches[i]);
        else
            p->watches[kept++] = p->watches[i];
    }
    p->count = kept;
}

void poller_round(struct poller *p, int timeout_ms)
{
    compact(p);
    size_t count = p->count;
    struct pollfd *fds = calloc(count + 1, sizeof *fds);
    CHECK(fds);
    for (size_t i = 0; i < count; i++)
        fds[i] = (struct pollfd){ .fd = p->watches[i]->fd, .events = p->watches[i]->events };
    if (poll(fds, count, timeout_ms) > 0) {
        /* A callback may add watches (behind count) and forget any. */
        for (size_t i = 0; i < count; i++) {
            struct watch *w = p->watches[i];
            if (fds[i].revents && w->fd == fds[i].fd)
                w->ready(w->user, fds[i].revents);
        }
    }
    free(fds);
}

void poller_release(struct poller *p)
{
    for (size_t i = 0; i < p->count; i++)
        p->watches[i]->fd = -1;
    compact(p);
    free(p->watches);
    memset(p, 0, sizeof *p);
}
