/* event_bus.h - "something happened to this request", from whoever committed it to whoever listens.
 *
 * A message carries ids only; the truth is the table request_event. Behind an id stands what it is about: a space,
 * or a plus when whatever it is goes on (a run has begun, its log has grown), which who waits for the end need not look
 * at. Without Redis nothing arrives:
 * while event_bus_up is false, whoever has listeners reads the table once a second, and once more
 * when `changed` says that the bus is back.
 */
#ifndef CORE_STORE_EVENT_BUS_H
#define CORE_STORE_EVENT_BUS_H

#include <stdbool.h>

#include "core/base/id.h"
#include "core/io/redis/redis.h"

struct event_bus;

enum { EVENT_BUS_LEFT_MAX = 256 }; /* tenants that are listened to after everybody left them */

/* Instead of a tenant: a message is the id of a worker that has been asked something. */
#define EVENT_BUS_WORKERS "workers"
/* Likewise: a message to somebody may have been written; the id says nothing. */
#define EVENT_BUS_OUTBOX "outbox"

struct event_bus_events {
    /* `tenant` is the schema name; `request` the request whose events grew. `goes_on`: it has not come to rest by it. */
    void (*happened)(void *context, const char *tenant, const struct id *request, bool goes_on);
    void (*changed)(void *context, bool up);
    void *context;
    /* Runs of this version will come (event_bus_warm); NULL: not listened to. */
    void (*warm)(void *context, const char *tenant, const char *tree, const char *runtime);
    /* Whoever joined `tenant` hears all that happens from now on; what happened before may have been missed. NULL: not told. */
    void (*listening)(void *context, const char *tenant);
};

/* `events` NULL: this process only publishes, and no second connection is made. */
struct event_bus *event_bus_new(struct redis *redis, const struct event_bus_events *events);
/* Before redis_stop. */
void event_bus_stop(struct event_bus *bus);

/* After the commit. Costs no wait; lost if Redis is away. */
void event_bus_publish(struct event_bus *bus, const char *tenant, const struct id *request);
/* The same of what cannot have ended anything. */
void event_bus_publish_going_on(struct event_bus *bus, const char *tenant, const struct id *request);

/* To every worker: have an interpreter for runs of `tenant` of the package with this tree (hex). Lost if
 * Redis is away. */
void event_bus_warm(struct event_bus *bus, const char *tenant, const char *tree, const char *runtime);

/* Counted: as many event_bus_leave as event_bus_join end the listening. The subscription itself outlives it for the
 * tenants that were left last: a call after the other costs Redis and us nothing. */
void event_bus_join(struct event_bus *bus, const char *tenant);
void event_bus_leave(struct event_bus *bus, const char *tenant);
bool event_bus_up(const struct event_bus *bus);

#endif
