/* queue_rig.h - the queue's scripts on a real Redis, called straight, in virtual time.
 *
 * Tenants and jobs are numbers here; the rig makes names of the real shape of them. Answers that a
 * test does not expect (an error reply, a lost connection) fail the test at once.
 */
#ifndef TESTS_LIB_QUEUE_RIG_H
#define TESTS_LIB_QUEUE_RIG_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "lua_functions.h"
#include "tests/lib/redis_server.h"

enum { RIG_ENTRIES_MAX = 4096 };

struct rig_entry {
    const char *lane;  /* NULL: "py" */
    const char *class; /* NULL: "normal" */
    int tenant;
    int job;
    int fence;
    int cost_ms;
    const char *action; /* NULL: "-" */
};

struct queue_rig {
    struct redis_server server;
    redisContext *redis;
    char sha[LUA_FUNCTIONS_COUNT][41];
    char generation[64];
    int64_t now_ms;                          /* virtual */
    struct rig_entry taken[RIG_ENTRIES_MAX]; /* what rig_take returned last */
    char actions[RIG_ENTRIES_MAX][64];       /* of them */
    int taken_count;
};

void rig_start(struct queue_rig *rig);
/* On a Redis Cluster, with scripts that Redis ends if they touch a key of another slot. */
void rig_start_cluster(struct queue_rig *rig);
void rig_stop(struct queue_rig *rig);
/* An empty queue of a new generation, time at 1,000,000 ms. */
void rig_reset(struct queue_rig *rig);

/* Arguments after generation and time, one printf line, separated by '|'. The caller frees. */
redisReply *rig_call(struct queue_rig *rig, enum lua_functions script, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for an integer answer, for a text answer compared (frees it), and for an error. */
int64_t rig_integer(struct queue_rig *rig, enum lua_functions script, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void rig_expect(struct queue_rig *rig, const char *answer, enum lua_functions script,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
/* A plain command; integer answer, or the length of a text or array, -1 for nil. */
int64_t rig_redis(struct queue_rig *rig, const char *format, ...);

const char *rig_tenant(int tenant); /* static buffers, eight in turn */
const char *rig_job(int job);
const char *rig_text(struct rig_entry e); /* "lane class tenant job fence cost kind action" */
int rig_job_number(const char *job);

char rig_enqueue(struct queue_rig *rig, struct rig_entry e); /* the verdict */
/* `count` jobs like `first`, numbered upwards. */
void rig_enqueue_many(struct queue_rig *rig, struct rig_entry first, int count);
int rig_take(struct queue_rig *rig, const char *lane, int n); /* how many; see rig->taken */
/* Claim with fence + 1, then finish under it. */
void rig_claim(struct queue_rig *rig, struct rig_entry e);
int64_t rig_finish(struct queue_rig *rig, struct rig_entry e, int fence, int64_t ms);
struct rig_promoted {
    int64_t moved, next_ms, more, tenants;
} rig_promote(struct queue_rig *rig);

#endif
