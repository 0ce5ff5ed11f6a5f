/* poller.h - sandboxd's loop: descriptors to watch and one tick.
 *
 * poll() over a few dozen descriptors, not libuv: sandboxd forks children that go on running this
 * program's code, and a loop that owns epoll descriptors and signal pipes does not survive that
 * cleanly.
 */
#ifndef WORKER_SANDBOX_DAEMON_POLLER_H
#define WORKER_SANDBOX_DAEMON_POLLER_H

#include <stdbool.h>
#include <stddef.h>

struct watch {
    int fd; /* -1: removed, freed after this round */
    short events;
    void (*ready)(void *user, short events);
    void *user;
};

struct poller {
    struct watch **watches;
    size_t count;
    size_t capacity;
    bool stop;
};

/* `events` as for poll(); `ready` gets what happened, POLLHUP and POLLERR included. */
struct watch *poller_watch(struct poller *poller, int fd, short events,
                           void (*ready)(void *user, short events), void *user);
/* The descriptor stays the caller's. NULL is ignored. Allowed inside callbacks. */
void poller_forget(struct watch *watch);

/* Wait at most timeout_ms (-1: for ever) and call what is ready. */
void poller_round(struct poller *poller, int timeout_ms);
void poller_release(struct poller *poller);

#endif
