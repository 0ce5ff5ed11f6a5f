/* id.c - 48 bits of milliseconds, 12 bits that count up within one, 62 random bits.
 *
 * The counter makes ids of one process strictly increasing (RFC 9562, 6.2,
 * method 1), which the queue's bounded inbox relies on.
 */
#include "core/base/id.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "core/base/check.h"
#include "core/base/clock.h"

static _Atomic uint64_t last; /* ms << 12 | counter of the newest id */

static uint64_t stamp_next(int64_t now_us)
{
    uint64_t wanted = (uint64_t)(now_us / 1000) << 12;
    uint64_t seen = atomic_load(&last);
    uint64_t next;
    do {
        next = wanted > seen ? wanted : seen + 1;
    } while (!atomic_compare_exchange_weak(&last, &seen, next));
    return next;
}

/* The kernel is asked for 64 ids at a time. An id is no secret; that no other has it is all it needs. */
static _Thread_local int pool_left;

/* A child begins with its parent's pool, and both would make the same ids of it. */
static void pool_forget(void)
{
    pool_left = 0;
}

static void fork_watch(void)
{
    CHECK(pthread_atfork(NULL, NULL, pool_forget) == 0);
}

static const unsigned char *random_next(void)
{
    enum { BYTES = 8, IDS = 64 };
    static _Thread_local unsigned char pool[IDS][BYTES];
    static pthread_once_t watch = PTHREAD_ONCE_INIT;

    if (pool_left == 0) {
        pthread_once(&watch, fork_watch);
        CHECK(getrandom(pool, sizeof pool, 0) == (ssize_t)sizeof pool);
        pool_left = IDS;
    }
    return pool[--pool_left];
}

static void add_hex(char **at, const unsigned char *bytes, int count)
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 0; i < count; i++) {
        *(*at)++ = digits[bytes[i] >> 4];
        *(*at)++ = digits[bytes[i] & 15];
    }
}

static struct id id_from(uint64_t stamp)
{
    const unsigned char *random = random_next();
    struct id id;
    uint64_t ms = stamp >> 12;
    unsigned char bytes[16] = {
        (unsigned char)(ms >> 40), (unsigned char)(ms >> 32), (unsigned char)(ms >> 24),
        (unsigned char)(ms >> 16), (unsigned char)(ms >> 8),  (unsigned char)ms,
        (unsigned char)(0x70 | (stamp >> 8 & 15)), (unsigned char)stamp,
        (unsigned char)(0x80 | (random[0] & 0x3f)),
    };
    static const int groups[] = { 4, 2, 2, 2, 6 };
    char *at = id.text;
    int from = 0;

    memcpy(bytes + 9, random + 1, 7);
    for (int g = 0; g < 5; g++) {
        if (g)
            *at++ = '-';
        add_hex(&at, bytes + from, groups[g]);
        from += groups[g];
    }
    *at = 0;
    return id;
}

struct id id_new(void)
{
    return id_from(stamp_next(clock_now_us()));
}

bool id_parse(const char *text, struct id *id)
{
    id->text[0] = 0;
    if (!text || strlen(text) != 36)
        return false;
    for (int i = 0; i < 36; i++) {
        char c = text[i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-')
                goto bad;
        } else if (c >= 'A' && c <= 'F') {
            c = (char)(c - 'A' + 'a');
        } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            goto bad;
        }
        id->text[i] = c;
    }
    id->text[36] = 0;
    return true;
bad:
    id->text[0] = 0;
    return false;
}

bool id_empty(const struct id *id)
{
    return id->text[0] == 0;
}

int64_t id_ms(const struct id *id)
{
    unsigned high = 0, low = 0;
    if (sscanf(id->text, "%8x-%4x", &high, &low) != 2)
        return 0;
    return ((int64_t)high << 16) | low;
}
