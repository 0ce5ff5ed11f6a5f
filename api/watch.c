#include "api/watch.h"

#include <string.h>

#include "api/api.h"
#include "core/base/clock.h"
#include "core/base/text.h"

enum { TICK_MS = 50, POLL_MS = 1000 };

static struct list *bucket_of(struct watches *watches, const char *schema, const struct id *request)
{
    /* Watchers of a whole tenant share the bucket of its schema. */
    const char *text = id_empty(request) ? schema : request->text;
    return &watches->buckets[text_hash(TEXT_HASH, text) % WATCH_BUCKETS];
}

/* A callback may end its own watch, and start others, but not end others. */
static void tell_bucket(struct list *bucket, const char *schema, const struct id *request,
                        bool whole_tenant, bool goes_on)
{
    for (struct list *item = bucket->next, *next; item != bucket; item = next) {
        struct watch *w = LIST_ITEM(item, struct watch, link);
        next = item->next;
        if (goes_on && w->until_rest)
            continue;
        if (id_empty(&w->request) == whole_tenant && strcmp(w->schema, schema) == 0 &&
            (whole_tenant || strcmp(w->request.text, request->text) == 0))
            w->happened(w, request);
    }
}

static void tell_everybody(struct watches *watches)
{
    watches->told_us = clock_mono_us();
    for (int i = 0; i < WATCH_BUCKETS; i++)
        for (struct list *item = watches->buckets[i].next, *next; item != &watches->buckets[i];
             item = next) {
            struct watch *w = LIST_ITEM(item, struct watch, link);
            next = item->next;
            w->happened(w, NULL);
        }
}

static void on_tick(uv_timer_t *timer)
{
    struct api *api = timer->data;
    struct watches *watches = &api->watches;
    int64_t now = clock_mono_us();

    for (struct list *item = watches->timed.next, *next; item != &watches->timed; item = next) {
        struct watch *w = LIST_ITEM(item, struct watch, timed);
        next = item->next;
        if (w->wake_us && w->wake_us <= now) {
            w->wake_us = 0;
            w->happened(w, NULL);
        }
    }
    if (!event_bus_up(api->events) && now - watches->told_us > (int64_t)POLL_MS * 1000)
        tell_everybody(watches);
}

void watches_init(struct watches *watches, struct loop *loop, struct api *api)
{
    for (int i = 0; i < WATCH_BUCKETS; i++)
        list_init(&watches->buckets[i]);
    list_init(&watches->timed);
    uv_timer_init(&loop->uv, &watches->timer);
    watches->timer.data = api;
}

void watches_stop(struct watches *watches)
{
    uv_close((uv_handle_t *)&watches->timer, NULL);
}

void watches_happened(void *context, const char *tenant, const struct id *request, bool goes_on)
{
    struct api *api = context;
    struct id all = { "" };
    tell_bucket(bucket_of(&api->watches, tenant, request), tenant, request, false, goes_on);
    tell_bucket(bucket_of(&api->watches, tenant, &all), tenant, request, true, goes_on);
}

void watches_changed(void *context, bool up)
{
    struct api *api = context;
    if (up)
        tell_everybody(&api->watches);
}

void watch_begin(struct watch *watch, struct api *api, const char *schema, const struct id *request)
{
    struct watches *watches = &api->watches;

    watch->api = api;
    watch->request = *request;
    watch->wake_us = 0;
    watch->running = true;
    memcpy(watch->schema, schema, sizeof watch->schema);
    list_init(&watch->link);
    list_init(&watch->timed);
    list_append(bucket_of(watches, schema, request), &watch->link);
    event_bus_join(api->events, schema);
    if (watches->count++ == 0)
        uv_timer_start(&watches->timer, on_tick, TICK_MS, TICK_MS);
}

void watch_end(struct watch *watch)
{
    struct watches *watches = &watch->api->watches;

    if (!watch->running)
        return;
    watch->running = false;
    list_remove(&watch->link);
    list_remove(&watch->timed);
    event_bus_leave(watch->api->events, watch->schema);
    if (--watches->count == 0)
        uv_timer_stop(&watches->timer);
}

void watch_wake_at(struct watch *watch, int64_t mono_us)
{
    watch->wake_us = mono_us;
    list_remove(&watch->timed);
    list_append(&watch->api->watches.timed, &watch->timed);
}
