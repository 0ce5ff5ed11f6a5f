/* wake.c - every tenant's events (ev:t_*) are listened to, because whatever writes a message in a tenant's transaction
 * tells that tenant's listeners of the request anyway; and ev:outbox, for what the API has written besides. A message may
 * be none of ours; then the look finds nothing. */
#include "lifecycle/wake.h"

#include <string.h>

#include "core/store/event_bus.h"

enum { GATHER_MS = 250 };

static void on_timer(uv_timer_t *timer)
{
    struct wake *w = timer->data;

    w->waiting = false;
    rounds_wake(w->rounds);
}

static void soon(struct wake *w)
{
    if (w->waiting)
        return;
    w->waiting = true;
    uv_timer_start(&w->timer, on_timer, GATHER_MS, 0);
}

static void message(void *context, const char *channel, const char *text, size_t bytes)
{
    (void)channel;
    (void)text;
    (void)bytes;
    soon(context);
}

/* What was told while the feed was down is in the rows. */
static void changed(void *context, bool up)
{
    if (up)
        soon(context);
}

bool wake_start(struct wake *w, struct loop *loop, const struct redis_login *redis, struct rounds *rounds, struct gov_err *err)
{
    struct redis_options options;
    struct arena arena;

    memset(w, 0, sizeof *w);
    w->rounds = rounds;
    if (!*redis->address)
        return true;
    arena_init(&arena);
    if (!redis_login_read(redis, &arena, &options, err)) {
        arena_release(&arena);
        return false;
    }
    uv_timer_init(&loop->uv, &w->timer);
    w->timer.data = w;
    w->feed = redis_feed_new(loop, &options, &(struct redis_feed_events){ message, changed, w });
    arena_release(&arena);
    redis_feed_add(w->feed, "ev:t_*");
    redis_feed_add(w->feed, "ev:" EVENT_BUS_OUTBOX);
    return true;
}

void wake_stop(struct wake *w)
{
    if (!w->feed)
        return;
    redis_feed_stop(w->feed);
    uv_timer_stop(&w->timer);
    uv_close((uv_handle_t *)&w->timer, NULL);
    w->feed = NULL;
}
