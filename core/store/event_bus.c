/* event_bus.c - channels ev:<tenant>, payload = ids of requests, each with a mark behind it. (Versions before the
 * marks wrote a space between two, and skip whatever stands there.) Listeners are counted per tenant. One message is
 * on its way at a time; meanwhile ids collect, so that a flood of small jobs does not become a flood of messages. */
#include "core/store/event_bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/check.h"
#include "core/io/redis/redis_feed.h"

#define WARM_CHANNEL "ev:warm"

enum { CHANNEL_BYTES = 64, PREFIX_BYTES = 3, ID_BYTES = 36, NEWS_BYTES_MAX = 1024 * 1024 };

static const char RESTS = ' ', GOES_ON = '+';

struct membership {
    struct list link;
    int count; /* 0: nobody listens, and the channel is still subscribed to */
    char tenant[CHANNEL_BYTES - PREFIX_BYTES];
};

/* What a tenant's channel is to be told, once the message before is through. */
struct news {
    struct list link;
    char tenant[CHANNEL_BYTES - PREFIX_BYTES];
    struct buf ids; /* each with its mark behind it */
};

struct event_bus {
    struct redis *redis;
    struct redis_feed *feed; /* NULL: only publishes */
    struct event_bus_events events;
    struct list memberships; /* those of count 0 in the order in which they were left */
    int left; /* how many are of count 0 */
    struct list news;
    int publishing; /* answers that are still out: the bus is freed after the last */
    bool stopped;
};

struct publish {
    struct redis_request request; /* first */
    struct event_bus *bus;
    struct arena arena;
};

static void bus_gone(struct event_bus *bus)
{
    if (bus->stopped && bus->publishing == 0)
        free(bus);
}

/* "<tenant> <tree> <runtime>", again and again. */
static void on_warm(struct event_bus *bus, const char *text)
{
    char tenant[20], tree[65], runtime[96];
    int taken = 0;

    for (; sscanf(text, "%19s %64s %95s%n", tenant, tree, runtime, &taken) == 3; text += taken)
        bus->events.warm(bus->events.context, tenant, tree, runtime);
}

static struct membership *membership_find(struct event_bus *bus, const char *tenant)
{
    for (struct list *l = bus->memberships.next; l != &bus->memberships; l = l->next) {
        struct membership *m = LIST_ITEM(l, struct membership, link);
        if (strcmp(m->tenant, tenant) == 0)
            return m;
    }
    return NULL;
}

static void on_message(void *context, const char *channel, const char *text, size_t bytes)
{
    struct event_bus *bus = context;
    struct id request;
    char one[ID_BYTES + 1];

    if (strcmp(channel, WARM_CHANNEL) == 0) {
        on_warm(bus, text);
        return;
    }
    const struct membership *m = membership_find(bus, channel + PREFIX_BYTES);
    if (m && !m->count) /* (none: it is of a pattern) */
        return;
    for (size_t at = 0; at + ID_BYTES <= bytes; at += ID_BYTES + 1) {
        memcpy(one, text + at, ID_BYTES);
        one[ID_BYTES] = 0;
        if (id_parse(one, &request))
            bus->events.happened(bus->events.context, channel + PREFIX_BYTES, &request,
                                 at + ID_BYTES < bytes && text[at + ID_BYTES] == GOES_ON);
    }
}

static void on_changed(void *context, bool up)
{
    struct event_bus *bus = context;
    if (bus->events.changed)
        bus->events.changed(bus->events.context, up);
}

static void on_listening(void *context, const char *channel)
{
    struct event_bus *bus = context;
    const struct membership *m = membership_find(bus, channel + PREFIX_BYTES);

    if (m && m->count && bus->events.listening)
        bus->events.listening(bus->events.context, m->tenant);
}

struct event_bus *event_bus_new(struct redis *redis, const struct event_bus_events *events)
{
    struct event_bus *bus = calloc(1, sizeof *bus);
    CHECK(bus);
    bus->redis = redis;
    list_init(&bus->memberships);
    list_init(&bus->news);
    if (events) {
        struct redis_feed_events feed = { on_message, on_changed, bus, on_listening };
        bus->events = *events;
        bus->feed = redis_feed_new(redis_loop(redis), redis_options_of(redis), &feed);
        if (events->warm)
            redis_feed_add(bus->feed, WARM_CHANNEL);
    }
    return bus;
}

void event_bus_stop(struct event_bus *bus)
{
    while (!list_empty(&bus->memberships)) {
        struct list *l = list_first(&bus->memberships);
        list_remove(l);
        free(LIST_ITEM(l, struct membership, link));
    }
    while (!list_empty(&bus->news)) {
        struct news *news = LIST_ITEM(list_first(&bus->news), struct news, link);
        list_remove(&news->link);
        buf_release(&news->ids);
        free(news);
    }
    if (bus->feed)
        redis_feed_stop(bus->feed);
    bus->stopped = true;
    bus_gone(bus);
}

static void publish_send(struct event_bus *bus);

static void publish_done(struct redis_request *request)
{
    struct publish *p = (struct publish *)request;
    struct event_bus *bus = p->bus;

    arena_release(&p->arena);
    free(p);
    bus->publishing--;
    publish_send(bus);
    bus_gone(bus);
}

/* All that collected for the first tenant in line. */
static void publish_send(struct event_bus *bus)
{
    struct list *first = list_first(&bus->news);

    if (!first || bus->publishing || bus->stopped)
        return;
    struct news *news = LIST_ITEM(first, struct news, link);
    struct publish *p = calloc(1, sizeof *p);
    CHECK(p);
    list_remove(&news->link);
    arena_init(&p->arena);
    p->bus = bus;
    p->request.done = publish_done;
    p->request.arena = &p->arena;
    const char **argv = ARENA_ARRAY(&p->arena, const char *, 3);
    argv[0] = "PUBLISH";
    argv[1] = arena_format(&p->arena, "ev:%s", news->tenant);
    argv[2] = arena_text(&p->arena, news->ids.data);
    buf_release(&news->ids);
    free(news);
    bus->publishing++;
    redis_send(bus->redis, &p->request, 3, argv, NULL);
}

static struct news *news_of(struct event_bus *bus, const char *tenant)
{
    for (struct list *l = bus->news.next; l != &bus->news; l = l->next) {
        struct news *news = LIST_ITEM(l, struct news, link);
        if (strcmp(news->tenant, tenant) == 0)
            return news;
    }
    struct news *news = calloc(1, sizeof *news);
    CHECK(news);
    snprintf(news->tenant, sizeof news->tenant, "%s", tenant);
    list_init(&news->link);
    list_append(&bus->news, &news->link);
    return news;
}

static void publish(struct event_bus *bus, const char *tenant, const struct id *request, char mark)
{
    if (!redis_connected(bus->redis))
        return;
    struct news *news = news_of(bus, tenant);
    if (news->ids.length < NEWS_BYTES_MAX) /* who listens to so much looks at the table anyway */
        buf_addf(&news->ids, "%s%c", request->text, mark);
    publish_send(bus);
}

void event_bus_publish(struct event_bus *bus, const char *tenant, const struct id *request)
{
    publish(bus, tenant, request, RESTS);
}

void event_bus_publish_going_on(struct event_bus *bus, const char *tenant, const struct id *request)
{
    publish(bus, tenant, request, GOES_ON);
}

void event_bus_warm(struct event_bus *bus, const char *tenant, const char *tree, const char *runtime)
{
    if (!redis_connected(bus->redis))
        return;
    struct news *news = news_of(bus, WARM_CHANNEL + PREFIX_BYTES);
    if (news->ids.length < NEWS_BYTES_MAX)
        buf_addf(&news->ids, "%s%s %s %s", news->ids.length ? " " : "", tenant, tree, runtime);
    publish_send(bus);
}

static void channel_of(const char *tenant, char channel[CHANNEL_BYTES])
{
    int length = snprintf(channel, CHANNEL_BYTES, "ev:%s", tenant);
    CHECK(length > PREFIX_BYTES && length < CHANNEL_BYTES);
}

void event_bus_join(struct event_bus *bus, const char *tenant)
{
    struct membership *m = membership_find(bus, tenant);
    char channel[CHANNEL_BYTES];

    CHECK(bus->feed);
    if (m) {
        bus->left -= m->count == 0;
        m->count++;
        return;
    }
    channel_of(tenant, channel);
    m = calloc(1, sizeof *m);
    CHECK(m);
    m->count = 1;
    snprintf(m->tenant, sizeof m->tenant, "%s", tenant);
    list_append(&bus->memberships, &m->link);
    redis_feed_add(bus->feed, channel);
}

static void forget(struct event_bus *bus, struct membership *m)
{
    char channel[CHANNEL_BYTES];

    channel_of(m->tenant, channel);
    list_remove(&m->link);
    free(m);
    redis_feed_remove(bus->feed, channel);
}

static void forget_oldest(struct event_bus *bus)
{
    struct list *l = bus->memberships.next;

    while (LIST_ITEM(l, struct membership, link)->count)
        l = l->next;
    bus->left--;
    forget(bus, LIST_ITEM(l, struct membership, link));
}

void event_bus_leave(struct event_bus *bus, const char *tenant)
{
    struct membership *m = membership_find(bus, tenant);

    CHECK(m);
    if (--m->count > 0)
        return;
    list_remove(&m->link);
    list_append(&bus->memberships, &m->link);
    if (++bus->left > EVENT_BUS_LEFT_MAX)
        forget_oldest(bus);
}

bool event_bus_up(const struct event_bus *bus)
{
    return bus->feed && redis_feed_up(bus->feed);
}
