/* redis_feed.h - subscriptions to Redis channels, on a connection of their own.
 *
 * Messages may be lost (a reconnect, a slow reader): whoever listens reads the truth again when
 * `changed` says that the feed is up.
 */
#ifndef CORE_IO_REDIS_REDIS_FEED_H
#define CORE_IO_REDIS_REDIS_FEED_H

#include <stdbool.h>

#include "core/io/redis/redis.h"

struct redis_feed;

struct redis_feed_events {
    void (*message)(void *context, const char *channel, const char *text, size_t bytes);
    void (*changed)(void *context, bool up); /* up: every channel is subscribed (again) */
    void *context;
    void (*listening)(void *context, const char *channel); /* from now on nothing said there is missed; NULL: not told */
};

struct redis_feed *redis_feed_new(struct loop *loop, const struct redis_options *options,
                                  const struct redis_feed_events *events);
void redis_feed_stop(struct redis_feed *feed);
/* Each once per channel; the caller counts its listeners. With a '*' it is a pattern: messages name the channel. */
void redis_feed_add(struct redis_feed *feed, const char *channel);
void redis_feed_remove(struct redis_feed *feed, const char *channel);
bool redis_feed_up(const struct redis_feed *feed);

#endif
