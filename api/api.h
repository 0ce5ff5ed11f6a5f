/* api.h - what every endpoint can reach. One per process, made in server.c, never changed afterwards. */
#ifndef API_API_H
#define API_API_H

#include <stdbool.h>

#include "api/watch.h"
#include "core/io/db.h"
#include "core/io/http/event_stream.h"
#include "core/io/http/http_server.h"
#include "core/io/metrics.h"
#include "core/io/redis.h"
#include "core/io/service.h"
#include "core/store/event_bus.h"
#include "core/store/file_store.h"
#include "core/store/job_queue.h"
#include "core/store/mark.h"

struct api_settings {
    const char *pg;
    const char *redis;
    const char *listen;
    const char *files;
    const char *public_url;
    const char *log_level;
    int64_t session_hours;
    int64_t upload_mb_max;
    int64_t pg_connections;
};

enum { WARM_TENANTS_MAX = 64, WARM_ASKS_MAX = 60, WARM_WINDOW_S = 60 };

/* Calls of skills/skill_warm.c, by tenant. */
struct warm_ask {
    char tenant[20];
    int64_t began_s; /* monotonic */
    int count;
};

struct warm_asks {
    struct warm_ask tenants[WARM_TENANTS_MAX];
};

struct api {
    struct api_settings settings;
    struct loop *loop;
    struct service service;
    struct db *db;
    struct redis *redis;
    struct job_queue *queue;
    struct event_bus *events;
    struct file_store *files;
    struct marks *marks;
    struct http_server http;
    struct event_hub hub; /* open event streams */
    struct watches watches;
    struct metrics metrics;
    struct warm_asks warm_asks;
    bool stopping;
};

#endif
