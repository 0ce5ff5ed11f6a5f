/* pool.h - what is remembered of one tenant's use of one resource: its own connections, its rate, how the
 * resource has been answering, its access token. Nothing of it is shared between tenants. */
#ifndef WORKER_EGRESS_DAEMON_POOL_H
#define WORKER_EGRESS_DAEMON_POOL_H

#include "core/base/list.h"
#include "core/io/http_client.h"

enum { POOLS_MAX = 512, POOL_TOKEN_BYTES = 4096 };

struct pool {
    struct list link;
    char key[128]; /* "tenant/resource" */
    struct http_client *http;
    int users;
    int64_t used_us;

    /* rate: a bucket that fills by `rate_per_minute` and holds a tenth of a minute's worth, at least one */
    double tokens;
    int64_t filled_us;

    /* breaker: after 5 failures in a row it is open, and nothing is sent for a while; then one call tries */
    int failures;
    int64_t open_until_us; /* 0: closed */
    int64_t pause_ms;
    bool trying;

    /* OAuth2 client credentials */
    char access_token[POOL_TOKEN_BYTES];
    int64_t access_until_us;
    char access_for[80]; /* credential/version it was given for */
};

struct pools {
    struct loop *loop;
    struct list items;
    int count;
};

void pools_init(struct pools *pools, struct loop *loop);
/* Cut what each has under way (http_client_cut). */
void pools_cut(struct pools *pools);
void pools_stop(struct pools *pools);
/* Made if there is none; the least used idle one goes when there are too many. Give it back with pool_leave. */
struct pool *pools_enter(struct pools *pools, const char *tenant, const char *resource);
void pool_leave(struct pool *pool);

/* May one call be made now? False: *wait_ms says when to ask again. Pure but for the pool. */
bool pool_rate_take(struct pool *pool, int64_t per_minute, int64_t now_us, int64_t *wait_ms);
bool pool_breaker_lets(struct pool *pool, int64_t now_us, int64_t *wait_ms);
void pool_breaker_note(struct pool *pool, bool good, int64_t now_us);

#endif
