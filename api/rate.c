/* rate.c - a bucket is one moment in time: when it will be full again (GCRA). Each call moves it one
 * interval ahead; a call that would move it further than a burst away from now is refused. */
#include "api/rate.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/call.h"
#include "api/peer.h"
#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/io/http/http_reply.h"

_Static_assert(sizeof((struct rate_table *)0)->seed == crypto_shorthash_KEYBYTES, "seed of SipHash");

void rate_table_init(struct rate_table *t)
{
    randombytes_buf(t->seed, sizeof t->seed);
    t->buckets = calloc(RATE_BUCKETS, sizeof *t->buckets);
    CHECK(t->buckets);
}

void rate_table_release(struct rate_table *t)
{
    free(t->buckets);
    t->buckets = NULL;
}

static uint64_t key_of(const struct rate_table *t, char kind, const char *name)
{
    unsigned char text[128];
    size_t bytes = strnlen(name, sizeof text - 1);
    uint64_t key;

    text[0] = (unsigned char)kind;
    memcpy(text + 1, name, bytes);
    crypto_shorthash((unsigned char *)&key, text, bytes + 1, t->seed);
    return key ? key : 1;
}

/* The bucket of that key, else a new one in the place of the one that is nearest to full. */
static struct rate_bucket *bucket_of(struct rate_table *t, uint64_t key)
{
    struct rate_bucket *oldest = NULL;

    for (uint64_t i = 0; i < RATE_PROBES; i++) {
        struct rate_bucket *b = &t->buckets[(key + i) % RATE_BUCKETS];
        if (b->key == key)
            return b;
        if (!oldest || b->full_us < oldest->full_us)
            oldest = b;
    }
    *oldest = (struct rate_bucket){ .key = key };
    return oldest;
}

void rate_take(struct rate_table *t, const struct rate_limit *limit, char kind, const char *name,
               int64_t now_us, struct rate_verdict *v)
{
    struct rate_bucket *b = bucket_of(t, key_of(t, kind, name));
    int64_t interval = limit->period_us / limit->calls > 0 ? limit->period_us / limit->calls : 1;
    int64_t burst = interval * limit->calls;
    int64_t full = (b->full_us > now_us ? b->full_us : now_us) + interval;

    v->admitted = full - now_us <= burst;
    v->limit = limit->calls;
    if (v->admitted)
        b->full_us = full;
    int64_t used = b->full_us > now_us ? b->full_us - now_us : 0;
    v->remaining = (burst - used) / interval;
    v->reset_s = (used + 999999) / 1000000;
    v->retry_s = v->admitted ? 0 : (full - now_us - burst + 999999) / 1000000;
}

/* --- of a call --- */

static void tell(struct call *call, const struct rate_verdict *v)
{
    struct arena *arena = &call->op.arena;

    http_reply_header(call->request, "RateLimit-Limit", arena_format(arena, "%lld", (long long)v->limit));
    http_reply_header(call->request, "RateLimit-Remaining",
                      arena_format(arena, "%lld", (long long)v->remaining));
    http_reply_header(call->request, "RateLimit-Reset",
                      arena_format(arena, "%lld", (long long)v->reset_s));
}

/* Anybody may read the health and the contract; trying passwords, invitations and links is counted. */
static bool is_an_attempt(const struct call *call)
{
    return call->route->access == ACCESS_ANYBODY && strcmp(call->request->method, "POST") == 0;
}

bool rate_admit(struct call *call, struct gov_err *err)
{
    const struct api_settings *s = &call->api->settings;
    struct rate_limit limit = { s->rate_per_second, 1000000 };
    struct rate_verdict v;
    const char *name = auth_token(call);
    char kind = 't';

    if (call->route->signed_body) {
        limit = (struct rate_limit){ s->rate_webhooks_per_second, 1000000 };
        name = call_peer(call);
        kind = 'w';
    } else if (is_an_attempt(call)) {
        limit = (struct rate_limit){ s->rate_attempts_per_minute, 60 * 1000000 };
        name = call_peer(call);
        kind = 'a';
    }
    if (!limit.calls || !name)
        return true;
    rate_take(&call->api->rates, &limit, kind, name, clock_mono_us(), &v);
    tell(call, &v);
    if (v.admitted)
        return true;
    if (kind == 'a')
        gov_fail(err, GOV_RATE_LIMITED, "too many tries: %lld a minute are allowed; wait %lld s and try again",
                 "尝试过于频繁：每分钟最多 %lld 次；请在 %lld 秒后重试", (long long)v.limit, (long long)v.retry_s);
    else
        gov_fail(err, GOV_RATE_LIMITED, "too many calls: %lld a second are allowed; wait %lld s and try again",
                 "调用过于频繁：每秒最多 %lld 次；请在 %lld 秒后重试", (long long)v.limit, (long long)v.retry_s);
    err->retry_after_s = (int)v.retry_s;
    return false;
}
