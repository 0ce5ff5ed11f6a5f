/* zygote_pool.c - a short list, looked through from the front. */
#include "worker/sandbox/daemon/zygote_pool.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "worker/sandbox/store/package_cache.h"

enum { LOOK_MS = 50, ZYGOTES_KEPT = 48 /* the other uid ranges are of those that are going */ };

const char *zygote_pool_off(const struct host *h)
{
    if (h->options.warm_bytes == 0)
        return "off";
    if (h->zygote_program < 0)
        return "not installed";
    return h->zygotes_refused ? "user namespaces are off" : NULL;
}

static bool key_same(const struct zygote_key *a, const struct zygote_key *b)
{
    return a->runtime == b->runtime && memcmp(a->package, b->package, sizeof a->package) == 0 &&
           strcmp(a->scope, b->scope) == 0;
}

static struct zygote *find(const struct host *h, const struct zygote_key *key)
{
    for (struct zygote *z = h->zygotes; z; z = z->next) {
        if (z->state != ZYGOTE_RETIRING && key_same(&z->key, key))
            return z;
    }
    return NULL;
}

/* --- versions that are better started cold --- */

static struct zygote_cold *cold_find(struct host *h, const struct zygote_key *key)
{
    int64_t now = clock_mono_us();

    for (int i = 0; i < ZYGOTE_COLD_MAX; i++) {
        struct zygote_cold *c = &h->cold[i];
        if (c->until_us > now && memcmp(c->runtime, key->runtime->digest, sizeof c->runtime) == 0 &&
            memcmp(c->package, key->package, sizeof c->package) == 0)
            return c;
    }
    return NULL;
}

static void cold_add(struct host *h, const struct zygote_key *key, const char *reason)
{
    struct zygote_cold *oldest = &h->cold[0];

    for (int i = 1; i < ZYGOTE_COLD_MAX; i++) {
        if (h->cold[i].until_us < oldest->until_us)
            oldest = &h->cold[i];
    }
    memcpy(oldest->package, key->package, sizeof oldest->package);
    memcpy(oldest->runtime, key->runtime->digest, sizeof oldest->runtime);
    oldest->until_us = clock_mono_us() + (int64_t)ZYGOTE_COLD_S * 1000000;
    snprintf(oldest->reason, sizeof oldest->reason, "%s", reason);
}

/* --- the list --- */

static void gone(struct zygote *z)
{
    struct host *h = z->host;

    for (struct zygote **at = &h->zygotes; *at; at = &(*at)->next) {
        if (*at == z) {
            *at = z->next;
            break;
        }
    }
    h->zygote_ranges[z->range] = false;
    if (!z->letting_go)
        cold_add(h, &z->key, z->reason);
    zygote_free(z);
}

static void let_go(struct zygote *z, const char *reason)
{
    z->letting_go = true;
    zygote_retire(z, reason);
}

static uint64_t resident(const struct host *h, int *count)
{
    uint64_t bytes = 0;

    *count = 0;
    for (const struct zygote *z = h->zygotes; z; z = z->next) {
        if (z->state == ZYGOTE_RETIRING)
            continue;
        bytes += z->resident_bytes;
        ++*count;
    }
    return bytes;
}

/* Let the longest unused go until there is room. False: everything there is at work. */
static bool room_make(struct host *h)
{
    int count;

    while (resident(h, &count) > h->options.warm_bytes || count >= ZYGOTES_KEPT) {
        struct zygote *least = NULL;
        for (struct zygote *z = h->zygotes; z; z = z->next) {
            if (z->state != ZYGOTE_RETIRING && z->running == 0 && !z->first &&
                (!least || z->used_us < least->used_us))
                least = z;
        }
        if (!least)
            return false;
        let_go(least, "room");
        zygote_kill(least);
    }
    return true;
}

static struct zygote *start(struct host *h, const struct zygote_key *key, const char **reason)
{
    struct gov_err err = { 0 };
    int range = 0;

    *reason = "not cached";
    if (!package_cache_has(h->packages, key->package))
        return NULL;
    *reason = "full";
    if (!room_make(h))
        return NULL;
    while (range < ZYGOTES_MAX && h->zygote_ranges[range])
        range++;
    if (range == ZYGOTES_MAX)
        return NULL;
    struct zygote *z = zygote_start(h, key, range, gone, &err);
    *reason = "starting";
    if (!z) {
        log_error(LEVEL_WARN, "zygote.start", &err);
        cold_add(h, key, "no start");
        return NULL;
    }
    h->zygote_ranges[range] = true;
    z->next = h->zygotes;
    h->zygotes = z;
    return z;
}

bool zygote_pool_take(struct host *h, const struct zygote_key *key, struct zygote_wait *wait,
                      struct spare *spare, struct zygote **zygote, const char **reason)
{
    *reason = zygote_pool_off(h);
    if (*reason)
        return false;
    const struct zygote_cold *cold = cold_find(h, key);
    if (cold) {
        *reason = cold->reason;
        return false;
    }
    struct zygote *z = find(h, key);
    if (!z)
        z = start(h, key, reason);
    if (!z || z->state != ZYGOTE_READY) {
        if (z)
            *reason = "starting";
        return false;
    }
    *zygote = z;
    if (!zygote_take(z, wait, spare))
        spare->jail.pid = 0;
    return true;
}

void zygote_pool_prepare(struct host *h, const struct zygote_key *key)
{
    const char *reason;
    struct zygote *z = find(h, key);

    if (z)
        z->used_us = clock_mono_us();
    else if (!zygote_pool_off(h) && !cold_find(h, key))
        start(h, key, &reason);
}

void zygote_pool_status(const struct host *h, struct doctor_status *status)
{
    const char *off = zygote_pool_off(h);

    snprintf(status->warm_off, sizeof status->warm_off, "%s", off ? off : "");
    status->warm_bytes = resident(h, &status->zygotes);
    status->zygotes_ready = 0;
    for (const struct zygote *z = h->zygotes; z; z = z->next)
        status->zygotes_ready += z->state == ZYGOTE_READY && z->spare_state == SPARE_HELD;
}

void zygote_pool_moved(void *user, uint64_t token, bool ok)
{
    const struct host *h = user;
    struct zygote *z = h->zygotes;

    while (z && !(z->spare_state == SPARE_MOVING && z->move == token))
        z = z->next;
    if (z)
        zygote_spare_moved(z, ok);
}

void zygote_pool_tick(struct host *h)
{
    int64_t now = clock_mono_us();

    for (struct zygote *z = h->zygotes, *next; z; z = next) {
        next = z->next;
        zygote_tick(z, now);
        if (z->state != ZYGOTE_READY || z->first)
            continue;
        if (z->jobs >= (uint64_t)h->options.warm_jobs)
            let_go(z, "old");
        else if (z->running == 0 && now - z->used_us > (int64_t)h->options.warm_idle_s * 1000000)
            let_go(z, "idle");
    }
}

int zygote_pool_timeout(const struct host *h)
{
    int64_t now = clock_mono_us(), least = -1;

    for (const struct zygote *z = h->zygotes; z; z = z->next) {
        if (z->state == ZYGOTE_STARTING || zygote_spare_coming(z) || zygote_going(z))
            return LOOK_MS;
        int64_t left = (z->used_us - now) / 1000 + (int64_t)h->options.warm_idle_s * 1000 + LOOK_MS;
        if (z->state == ZYGOTE_READY && z->running == 0 && (least < 0 || left < least))
            least = left > LOOK_MS ? left : LOOK_MS;
    }
    return (int)least;
}

void zygote_pool_stop(struct host *h)
{
    for (struct zygote *z = h->zygotes; z; z = z->next) {
        let_go(z, "stopping");
        zygote_kill(z);
    }
}
