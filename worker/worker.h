/* worker.h - one worker process: what its ops share. Made in main. */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/id.h"
#include "core/io/db/db.h"
#include "core/io/metrics.h"
#include "core/io/redis/redis_login.h"
#include "core/model/job.h"
#include "core/store/event_bus.h"
#include "core/store/file/file_store.h"
#include "core/store/queue/mark.h"
#include "core/store/queue/queue_shards.h"
#include "core/store/tenant_cache.h"
#include "worker/run/platform_runtime.h"
#include "worker/counts.h"
#include "worker/heard.h"
#include "worker/lane.h"
#include "worker/run/run_starts.h"
#include "worker/sandbox/sandbox_client.h"

struct worker_settings {
    const char *pg;
    struct redis_login redis;
    int64_t queue_shards;
    struct file_store_settings files;
    const char *models; /* "": the folder "models" in files, or in the spool */
    const char *sandbox;
    const char *egress; /* socket of execgov-egress; "" = nothing is called */
    const char *lanes; /* "py,sh,http"; ctl is always served */
    const char *health; /* address:port of /livez, /readyz, /metrics; "" = none */
    const char *log_level;
    int64_t slots;     /* of the run lanes together */
    int64_t ctl_slots;
    int64_t pg_connections;
    int64_t drain_s;
    bool prepared;
    bool intent_consult; /* ask the model endpoint of egress, too */
    bool noop;         /* run the noop executor (measuring only) */
};

struct catalogues;
struct db_batcher;
struct endpoint;
struct heartbeat;
struct taker;

struct worker {
    struct worker_settings settings;
    struct id id; /* of this start of this process */
    struct loop *loop;
    struct db *db;
    struct redis *redis;
    struct queue_shards queues;
    struct event_bus *events;
    struct file_store *files;
    struct marks *marks;
    struct tenant_cache *tenants;
    struct sandbox_client *sandbox; /* NULL: no run lanes */
    int isolation_level;
    struct platform_runtimes platform;
    struct lanes lanes;
    /* Of the ctl, run and noop pool, one a dispatch shard; NULL: none, or stopped. */
    struct taker *takers[WORKER_POOLS_MAX][QUEUE_SHARDS_MAX];
    unsigned turn; /* which shard's taker is woken first */
    struct heartbeat *heartbeat;
    struct catalogues *catalogues;
    struct db_batcher *endings; /* see ending.h */
    struct endpoint *endpoint; /* who is asked what was meant; NULL: nobody */
    struct heard heard; /* of those whose end somebody may want */
    int64_t loads_apart_until_us; /* monotonic: claims bring nothing with them, see round.c */
    struct list works;  /* claimed and not ended; struct work, link `link` */
    int busy;
    bool has_worked; /* since worker_rest gave memory back */
    bool draining;
    void (*drain)(struct worker *worker); /* begin to, as SIGTERM does */
    bool sandbox_away;  /* no connection: takes no runs */
    bool fenced;        /* cannot renew its heartbeat: starts nothing */
    struct metrics metrics;
    struct run_starts run_starts;
    struct worker_counts counts;
    void (*on_idle)(struct worker *worker); /* the drain waits for busy == 0 */
};

/* Slots became free: the takers look again. */
void worker_wake(struct worker *worker);

/* A taker waited at its bell for nothing: what the last work needed of memory goes back, once. */
void worker_rest(struct worker *worker);

/* Called when a work has ended. */
static inline void worker_idle_check(struct worker *worker)
{
    if (worker->busy == 0 && worker->on_idle)
        worker->on_idle(worker);
}

#endif
