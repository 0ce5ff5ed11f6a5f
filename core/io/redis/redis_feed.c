/* redis_feed.c - a link whose only commands are (P)SUBSCRIBE and (P)UNSUBSCRIBE.
 *
 * The feed is up when every channel wanted has been confirmed. A channel is subscribed again at
 * each connect. Confirmations of channels that were given up meanwhile do no harm.
 */
#include "core/io/redis/redis_feed.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/list.h"
#include "core/io/redis/redis_link.h"

struct channel {
    struct list link;
    bool confirmed;
    char name[];
};

struct redis_feed {
    struct redis_link link; /* first */
    struct redis_feed_events events;
    struct list channels;
    bool up;
    bool stopped;
};

static struct channel *channel_find(struct redis_feed *feed, const char *name)
{
    for (struct list *l = feed->channels.next; l != &feed->channels; l = l->next) {
        struct channel *c = LIST_ITEM(l, struct channel, link);
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

static void up_set(struct redis_feed *feed, bool up)
{
    if (feed->up == up || feed->stopped)
        return;
    feed->up = up;
    if (feed->events.changed)
        feed->events.changed(feed->events.context, up);
}

static void up_check(struct redis_feed *feed)
{
    if (feed->link.state != LINK_UP)
        return;
    for (struct list *l = feed->channels.next; l != &feed->channels; l = l->next)
        if (!LIST_ITEM(l, struct channel, link)->confirmed)
            return;
    up_set(feed, true);
}

static bool pattern(const char *name)
{
    return strchr(name, '*') != NULL;
}

/* [kind, channel, payload or number of channels]; of a pattern [kind, pattern, channel, payload] */
static void on_message(redisAsyncContext *context, void *answer, void *data)
{
    struct redis_feed *feed = data;
    redisReply *reply = answer;
    (void)context;

    if (!reply || feed->stopped)
        return;
    if (reply->type != REDIS_REPLY_ARRAY || (reply->elements != 3 && reply->elements != 4) || !reply->element[1]->str) {
        redis_link_drop(&feed->link, reply->str ? reply->str : "an unexpected message");
        return;
    }
    const char *kind = reply->element[0]->str, *name = reply->element[1]->str;
    if (strcmp(kind, "message") == 0) {
        if (channel_find(feed, name))
            feed->events.message(feed->events.context, name, reply->element[2]->str,
                                 (size_t)reply->element[2]->len);
    } else if (strcmp(kind, "pmessage") == 0 && reply->elements == 4) {
        if (channel_find(feed, name))
            feed->events.message(feed->events.context, reply->element[2]->str, reply->element[3]->str,
                                 (size_t)reply->element[3]->len);
    } else if (strcmp(kind, "subscribe") == 0 || strcmp(kind, "psubscribe") == 0) {
        struct channel *c = channel_find(feed, name);
        if (c)
            c->confirmed = true;
        if (c && feed->events.listening)
            feed->events.listening(feed->events.context, name);
        up_check(feed);
    }
}

static void subscribe(struct redis_feed *feed, struct channel *c)
{
    if (redis_link_usable(&feed->link) && feed->link.state == LINK_UP)
        redisAsyncCommand(feed->link.context, on_message, feed, pattern(c->name) ? "PSUBSCRIBE %s" : "SUBSCRIBE %s",
                          c->name);
}

static void link_up(struct redis_link *link)
{
    struct redis_feed *feed = (struct redis_feed *)link;

    for (struct list *l = feed->channels.next; l != &feed->channels; l = l->next)
        subscribe(feed, LIST_ITEM(l, struct channel, link));
    up_check(feed);
}

static void link_down(struct redis_link *link)
{
    struct redis_feed *feed = (struct redis_feed *)link;

    for (struct list *l = feed->channels.next; l != &feed->channels; l = l->next)
        LIST_ITEM(l, struct channel, link)->confirmed = false;
    up_set(feed, false);
}

static void link_gone(struct redis_link *link)
{
    free(link);
}

struct redis_feed *redis_feed_new(struct loop *loop, const struct redis_options *options,
                                  const struct redis_feed_events *events)
{
    struct redis_feed *feed = calloc(1, sizeof *feed);
    CHECK(feed);
    feed->events = *events;
    list_init(&feed->channels);
    feed->link.up = link_up;
    feed->link.down = link_down;
    feed->link.gone = link_gone;
    redis_link_start(&feed->link, loop, options);
    return feed;
}

void redis_feed_stop(struct redis_feed *feed)
{
    feed->stopped = true;
    for (struct list *l = feed->channels.next, *next; l != &feed->channels; l = next) {
        next = l->next;
        free(LIST_ITEM(l, struct channel, link));
    }
    list_init(&feed->channels);
    redis_link_stop(&feed->link);
}

void redis_feed_add(struct redis_feed *feed, const char *channel)
{
    size_t bytes = strlen(channel) + 1;
    CHECK(!channel_find(feed, channel));
    struct channel *c = calloc(1, sizeof *c + bytes);
    CHECK(c);
    memcpy(c->name, channel, bytes);
    list_append(&feed->channels, &c->link);
    subscribe(feed, c);
}

void redis_feed_remove(struct redis_feed *feed, const char *channel)
{
    struct channel *c = channel_find(feed, channel);
    CHECK(c);
    list_remove(&c->link);
    free(c);
    if (redis_link_usable(&feed->link) && feed->link.state == LINK_UP)
        redisAsyncCommand(feed->link.context, NULL, NULL, pattern(channel) ? "PUNSUBSCRIBE %s" : "UNSUBSCRIBE %s",
                          channel);
}

bool redis_feed_up(const struct redis_feed *feed)
{
    return feed->up;
}
