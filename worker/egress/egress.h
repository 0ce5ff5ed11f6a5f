/* egress.h - execgov-egress: the one process that opens credentials and calls out. Made in main_egress.c. */
#ifndef WORKER_EGRESS_EGRESS_H
#define WORKER_EGRESS_EGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/io/crypto/seal.h"
#include "core/io/db/db.h"
#include "core/io/metrics.h"
#include "core/io/service.h"
#include "core/io/settings.h"
#include "worker/egress/daemon/call/provider_memory.h"
#include "worker/egress/daemon/pool.h"

struct egress_settings {
    const char *pg;
    const char *key_file;  /* master keys, one a line; "" = see keys */
    const char *keys;      /* the same text, from the environment; "" = none */
    const char *socket;    /* workers come here; "" = keys only */
    const char *allow_user; /* who may, by name or uid; "" = our own */
    const char *callback_allow_private; /* networks that callbacks reach besides open_network's */
    const char *model_url;           /* "https://host/v1"; "" = no model endpoint */
    const char *model_name;
    const char *model_key_file;      /* its first line is the key; "" = none is sent */
    const char *model_allow_private; /* networks it may lie in besides open_network's */
    const char *health;    /* address:port of /livez, /readyz, /metrics; "" = none */
    const char *log_level;
    int64_t pg_connections;
    bool prepared;
};

struct keeper;
struct model;
struct listener;

struct egress {
    struct egress_settings settings;
    struct loop *loop;
    struct service service;
    struct db *db;
    struct seal_ring *ring; /* NULL: no key; calls that need a credential are refused */
    struct gov_err ring_err; /* why there is none */
    int ring_number;         /* counts the rings: SIGHUP may bring another */
    struct keeper *keeper;
    struct listener *listener;
    struct list sessions; /* struct session */
    struct pools pools;
    struct provider_memory providers;
    struct http_client *callbacks;
    struct http_client *mails, *chats; /* messages to people: mail servers; robots, webhooks, text messages */
    struct model *model; /* NULL: none */
    struct ip_nets networks; /* open for resources, as they were a moment ago */
    int64_t networks_us;
    struct metrics metrics;
    bool stopping;
    int working;          /* calls under way, of all sessions */
    uv_timer_t grace;     /* how long a drain waits for them */
    bool ended;           /* so were the sessions */
    bool leaving;
};

/* A call has ended: a drain may be over. */
void egress_idle_check(struct egress *egress);

extern const struct setting egress_settings_table[];

/* Blocks until SIGTERM. */
bool egress_run(const struct egress_settings *settings, struct gov_err *err);

#endif
