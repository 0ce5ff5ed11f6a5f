#include "worker/egress/daemon/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"

enum { FAILURES_MAX = 5, PAUSE_FIRST_MS = 5000, PAUSE_MOST_MS = 120000, TRANSFERS_MAX = 8 };

void pools_init(struct pools *pools, struct loop *loop)
{
    pools->loop = loop;
    pools->count = 0;
    list_init(&pools->items);
}

static void drop(struct pools *pools, struct pool *pool)
{
    list_remove(&pool->link);
    http_client_stop(pool->http);
    memset(pool->access_token, 0, sizeof pool->access_token);
    free(pool);
    pools->count--;
}

void pools_cut(struct pools *pools)
{
    /* Whoever is cut goes on at once and may leave its pool; the list of pools stays as it is. */
    for (struct list *at = pools->items.next; at != &pools->items; at = at->next)
        http_client_cut(LIST_ITEM(at, struct pool, link)->http);
}

void pools_stop(struct pools *pools)
{
    while (!list_empty(&pools->items))
        drop(pools, LIST_ITEM(list_first(&pools->items), struct pool, link));
}

static void make_room(struct pools *pools)
{
    struct pool *oldest = NULL;

    if (pools->count < POOLS_MAX)
        return;
    for (struct list *at = pools->items.next; at != &pools->items; at = at->next) {
        struct pool *p = LIST_ITEM(at, struct pool, link);
        if (!p->users && (!oldest || p->used_us < oldest->used_us))
            oldest = p;
    }
    if (oldest)
        drop(pools, oldest);
}

struct pool *pools_enter(struct pools *pools, const char *tenant, const char *resource)
{
    char key[128];
    struct pool *p = NULL;

    snprintf(key, sizeof key, "%s/%s", tenant, resource);
    for (struct list *at = pools->items.next; at != &pools->items && !p; at = at->next)
        if (strcmp(LIST_ITEM(at, struct pool, link)->key, key) == 0)
            p = LIST_ITEM(at, struct pool, link);
    if (!p) {
        make_room(pools);
        p = calloc(1, sizeof *p);
        CHECK(p);
        memcpy(p->key, key, sizeof key);
        p->http = http_client_new(pools->loop, &(struct http_client_options){
                                                   .transfers_max = TRANSFERS_MAX, .reuse = true });
        p->tokens = 1e9; /* full: the first look cuts it to what the rate allows */
        list_append(&pools->items, &p->link);
        pools->count++;
    }
    p->users++;
    p->used_us = clock_mono_us();
    return p;
}

void pool_leave(struct pool *pool)
{
    pool->users--;
    pool->trying = false;
}

bool pool_rate_take(struct pool *pool, int64_t per_minute, int64_t now_us, int64_t *wait_ms)
{
    double most = (double)per_minute / 10 < 1 ? 1 : (double)per_minute / 10;
    double gained = pool->filled_us ? (double)(now_us - pool->filled_us) * (double)per_minute / 60e6 : 0;

    pool->tokens += gained;
    pool->filled_us = now_us;
    if (pool->tokens > most)
        pool->tokens = most;
    if (pool->tokens >= 1) {
        pool->tokens -= 1;
        return true;
    }
    *wait_ms = (int64_t)((1 - pool->tokens) * 60e3 / (double)per_minute) + 1;
    return false;
}

bool pool_breaker_lets(struct pool *pool, int64_t now_us, int64_t *wait_ms)
{
    if (!pool->open_until_us)
        return true;
    if (now_us >= pool->open_until_us && !pool->trying) {
        pool->trying = true;
        return true;
    }
    *wait_ms = now_us < pool->open_until_us ? (pool->open_until_us - now_us) / 1000 + 1 : 1000;
    return false;
}

void pool_breaker_note(struct pool *pool, bool good, int64_t now_us)
{
    pool->trying = false;
    if (good) {
        pool->failures = 0;
        pool->open_until_us = pool->pause_ms = 0;
        return;
    }
    if (++pool->failures < FAILURES_MAX)
        return;
    pool->pause_ms = pool->pause_ms ? pool->pause_ms * 2 : PAUSE_FIRST_MS;
    if (pool->pause_ms > PAUSE_MOST_MS)
        pool->pause_ms = PAUSE_MOST_MS;
    pool->open_until_us = now_us + pool->pause_ms * 1000;
}
