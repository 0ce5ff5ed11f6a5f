/* redis_link.h - one connection to Redis that comes back by itself. For redis.c and redis_feed.c.
 *
 *     backoff -> resolving (names only) -> connecting -> up -> (loss) -> backoff ...
 *
 * Of several addresses the next is tried after every loss and failed attempt, so the one that is away is left.
 * The node of a cluster that has our keys is told us by the others (redis_link_redirect).
 */
#ifndef CORE_IO_REDIS_REDIS_LINK_H
#define CORE_IO_REDIS_REDIS_LINK_H

#include <hiredis/async.h>
#include <stdbool.h>

#include "core/base/arena.h"
#include "core/io/redis/redis.h"

enum redis_link_state { LINK_BACKOFF, LINK_RESOLVING, LINK_CONNECTING, LINK_UP, LINK_STOPPED };

struct redis_link {
    struct loop *loop;
    struct redis_options options; /* texts in `arena` */
    const char *addresses[REDIS_ADDRESSES_MAX];
    int address_count;
    int at;              /* which of them is next, or in use */
    char moved[256];     /* another node's address, used instead; "": none */
    bool redirected;     /* the loss to come is no fault of the address */
    struct arena arena;
    enum redis_link_state state;
    redisAsyncContext *context; /* while connecting or up */
    int attempts;               /* without success */
    char fault[160];            /* why the last attempt or connection ended */
    uv_timer_t timer;           /* backoff, or the time an attempt may take */
    uv_getaddrinfo_t resolver;
    bool resolving;
    char asked[256];            /* the address whose name is being resolved */
    bool timer_closed;

    /* The owner's. up: commands may be sent, at any time from the call on. down: after every
     * command in flight has been answered with NULL, or after a failed attempt. gone: after
     * redis_link_stop, when the memory may be freed. */
    void (*up)(struct redis_link *link);
    void (*down)(struct redis_link *link);
    void (*gone)(struct redis_link *link);
};

/* The hooks must be set. Starts connecting. */
void redis_link_start(struct redis_link *link, struct loop *loop,
                      const struct redis_options *options);
void redis_link_stop(struct redis_link *link);
/* End the connection or attempt now; the next comes after the backoff. */
void redis_link_drop(struct redis_link *link, const char *why);
/* Go to `address`, or, NULL, to the next one, soon: this one cannot do what we ask for. */
void redis_link_redirect(struct redis_link *link, const char *address, const char *why);
/* May commands be given to `context`? (Also while connecting: hiredis keeps them.) */
bool redis_link_usable(const struct redis_link *link);

#endif
