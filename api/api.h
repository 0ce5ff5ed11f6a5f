/* api.h - what every endpoint can reach. One per process, made in server.c; what changes afterwards is said below. */
#ifndef API_API_H
#define API_API_H

#include <stdbool.h>

#include "api/rate.h"
#include "api/watch.h"
#include "core/io/db/db.h"
#include "core/io/http/event_stream.h"
#include "core/io/http/http_server.h"
#include "core/io/metrics.h"
#include "core/io/redis/redis_login.h"
#include "core/io/service.h"
#include "core/store/event_bus.h"
#include "core/store/file/file_store.h"
#include "core/store/queue/mark.h"
#include "core/store/queue/queue_shards.h"

struct api_settings {
    const char *pg;
    struct redis_login redis;
    int64_t queue_shards;
    const char *listen;
    struct file_store_settings files;
    const char *public_url;
    const char *log_level;
    int64_t session_hours;
    int64_t upload_mb_max;
    int64_t pg_connections;
    bool prepared;
    int64_t rate_per_second;
    int64_t rate_attempts_per_minute;
    int64_t rate_webhooks_per_second;
    const char *egress; /* socket of execgov-egress; "" = payment providers are refused */
    const char *client_address_header;
};

struct identities;
struct plan_bases;
struct db_batcher;
struct inbox;

struct api {
    struct api_settings settings;
    struct loop *loop;
    struct service service;
    struct db *db;
    struct redis *redis;
    struct queue_shards queues;
    struct event_bus *events;
    struct file_store *files;
    struct marks *marks;
    struct incarnation_watch *incarnation;
    struct identities *identities;
    struct plan_bases *bases;
    struct db_batcher *accepts; /* see api/runs/accept/accept_batch.h */
    struct db_batcher *events_told; /* see api/money/payment/event_batch.h */
    struct inbox *inbox;        /* see api/money/payment/inbox.h */
    struct http_server http;
    struct event_hub hub; /* open event streams */
    struct watches watches;
    struct metrics metrics;
    struct rate_table rates;
    int reports; /* being made now; see api/money/book/report.c */
    bool stopping; /* set once, by the drain */
};

#endif
