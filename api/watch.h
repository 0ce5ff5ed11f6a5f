/* watch.h - being told when something happens to a request of a tenant.
 *
 * Fed by the event bus. While the bus is down every watcher is told once a second, and once more when
 * it is back: whoever is told reads the tables, so a message too many costs a query and one too few is
 * made up for. */
#ifndef API_WATCH_H
#define API_WATCH_H

#include "core/base/id.h"
#include "core/base/list.h"
#include "core/io/op/loop.h"

struct api;

enum { WATCH_BUCKETS = 1024 };

struct watch {
    struct list link;
    struct list timed;  /* of those with a wake time */
    struct api *api;
    char schema[20];
    struct id request;  /* "" : every request of the tenant */
    int64_t wake_us;    /* monotonic: tell it then in any case; 0: never */
    bool running;
    bool until_rest; /* not told of what goes on */
    /* `request` NULL: look at everything. It may end the watch. */
    void (*happened)(struct watch *watch, const struct id *request);
};

struct watches {
    struct list buckets[WATCH_BUCKETS];
    struct list timed;
    uv_timer_t timer; /* runs while anybody watches */
    int count;
    int64_t told_us;  /* monotonic: everybody, while the bus was down */
};

void watches_init(struct watches *watches, struct loop *loop, struct api *api);
void watches_stop(struct watches *watches);
/* For the event bus' `happened` and `changed`; context is struct api. */
void watches_happened(void *api, const char *tenant, const struct id *request, bool goes_on);
void watches_changed(void *api, bool up);

void watch_begin(struct watch *watch, struct api *api, const char *schema, const struct id *request);
void watch_end(struct watch *watch);
/* Be told at that moment at the latest (within 50 ms). */
void watch_wake_at(struct watch *watch, int64_t mono_us);

#endif
