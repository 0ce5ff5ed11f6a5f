/* server.c - the scheduler process: connect, run rounds, drain. */
#include <string.h>

#include "core/base/log.h"
#include "core/store/schema_check.h"
#include "scheduler/promote.h"
#include "scheduler/refill.h"
#include "scheduler/scheduler.h"
#include "scheduler/tend.h"

#define FIELD(name) offsetof(struct scheduler_settings, name)
const struct setting scheduler_settings_table[] = {
    { "pg", SETTING_TEXT, FIELD(pg), "", 0, 2000, false,
      "PostgreSQL as libpq conninfo without user" },
    REDIS_LOGIN_SETTINGS(struct scheduler_settings, redis, "127.0.0.1:6379", ""),
    { "queue_shards", SETTING_INT, FIELD(queue_shards), "1", 1, QUEUE_SHARDS_MAX, false,
      "dispatch shards: on how many hash tags the queue is spread in Redis; the same for all processes" },
    { "health", SETTING_TEXT, FIELD(health), "", 0, 100, false,
      "address:port of /livez, /readyz and /metrics; empty: none" },
    { "log_level", SETTING_TEXT, FIELD(log_level), "info", 0, 10, false,
      "debug, info, warn or error" },
    { "prepared", SETTING_BOOL, FIELD(prepared), "true", 0, 0, false,
      "prepare statements; off behind a PgBouncer older than 1.21" },
    { 0 }
};

/* Tending runs in every process and does nothing without the lead; promoting only with it. Refilling
 * needs no lead. */
struct process {
    struct scheduler scheduler;
    struct tend tend;
    struct promote *promotes[QUEUE_SHARDS_MAX];
    struct refill *refills[QUEUE_SHARDS_MAX];
    struct queue_shards promote_queues; /* promoting blocks: handles of their own */
    struct queue_shards refill_queues;  /* so does refilling */
    int stopping_count;                 /* of the drain's step under way: not stopped yet */
    bool stopping;
};

static bool ready(void *context, json_t *checks)
{
    struct scheduler *s = &((struct process *)context)->scheduler;

    service_check(checks, "postgres", db_reachable(s->db),
                  db_reachable(s->db) ? "reachable" : "not reachable");
    service_check(checks, "queue", !queue_shards_closed(&s->queues), queue_shards_word(&s->queues));
    service_check(checks, "lead", true, leader_term(s->leader) ? "leads" : "stands by");
    return db_reachable(s->db);
}

/* --- the lead --- */

static void look(void *context)
{
    tend_wake(&((struct process *)context)->tend);
}

static void elected(void *context, int64_t term)
{
    struct process *p = context;

    log_write(LEVEL_INFO, "leader.took", LOG_NUMBER("term", term));
    for (int i = 0; i < p->scheduler.queues.count && !p->stopping; i++)
        if (!p->promotes[i])
            p->promotes[i] = promote_new(p->scheduler.loop, p->promote_queues.queues[i], p->scheduler.db, look, p);
    tend_wake(&p->tend);
}

static void deposed(void *context)
{
    struct process *p = context;

    log_write(LEVEL_WARN, "leader.lost");
    gauges_clear(&p->scheduler.gauges);
    for (int i = 0; i < p->scheduler.queues.count; i++) {
        if (p->promotes[i])
            promote_stop(p->promotes[i], NULL, NULL);
        p->promotes[i] = NULL;
    }
}

static void on_redis(void *context, bool connected)
{
    struct process *p = context;
    if (connected && !p->stopping)
        tend_wake(&p->tend);
}

static void another_life(void *context, const char *incarnation)
{
    struct process *p = context;

    queue_shards_incarnation_set(&p->scheduler.queues, incarnation);
    queue_shards_incarnation_set(&p->promote_queues, incarnation);
    queue_shards_incarnation_set(&p->refill_queues, incarnation);
    marks_forget(p->scheduler.marks);
    tend_everybody(&p->tend); /* what others believed to have marked may be gone */
}

static void queue_lost(void *context)
{
    incarnation_watch_look(((struct process *)context)->scheduler.incarnation);
}

/* --- drain: refill, promote, tend, lead, then what they used --- */

static void close_rest(void *context)
{
    struct process *p = context;
    struct scheduler *s = &p->scheduler;

    incarnation_watch_stop(s->incarnation);
    event_bus_stop(s->events);
    queue_shards_stop(&p->promote_queues);
    queue_shards_stop(&p->refill_queues);
    queue_shards_stop(&s->queues);
    redis_stop(s->redis);
    db_stop(s->db);
    service_stop(&s->service);
}

static void tending_stopped(struct rounds *rounds)
{
    struct process *p = (struct process *)((char *)rounds - offsetof(struct process, tend));
    leader_stop(p->scheduler.leader, close_rest, p);
}

static void promoting_stopped(void *context)
{
    struct process *p = context;

    if (--p->stopping_count == 0)
        tend_stop(&p->tend, tending_stopped);
}

static void refilling_stopped(void *context)
{
    struct process *p = context;

    if (--p->stopping_count > 0)
        return;
    p->stopping_count = 1; /* this function's own */
    for (int i = 0; i < p->scheduler.queues.count; i++) {
        if (!p->promotes[i])
            continue;
        p->stopping_count++;
        promote_stop(p->promotes[i], promoting_stopped, p);
        p->promotes[i] = NULL;
    }
    promoting_stopped(p);
}

static void drain(void *context)
{
    struct process *p = context;

    p->stopping = true;
    for (int i = 0; i < p->scheduler.queues.count; i++)
        redis_unlisten(p->scheduler.queues.redis[i], p);
    p->stopping_count = p->scheduler.queues.count;
    for (int i = 0; i < p->scheduler.queues.count; i++)
        refill_stop(p->refills[i], refilling_stopped, p);
}

static bool open_stores(struct process *p, const struct redis_options *redis, struct gov_err *err)
{
    struct scheduler *s = &p->scheduler;
    const struct db_options db = { .conninfo = s->settings.pg, .application = "execgov-scheduler",
                                   .unprepared = !s->settings.prepared, .connections_per_role = 1 };
    char incarnation[INCARNATION_BYTES];

    s->db = db_new(s->loop, &db);
    if (!incarnation_read(s->loop, s->db, INCARNATION_PATIENCE_MS, incarnation, err) || !schema_check(s->loop, s->db, err))
        return false;
    s->marks = marks_new(s->db);
    s->walks = walks_new();
    s->redis = redis_new(s->loop, redis);
    s->incarnation = incarnation_watch_new(s->loop, s->db, incarnation, another_life, p);
    struct queue_shards_options queues = { redis, incarnation, (int)s->settings.queue_shards, queue_lost, p };
    queue_shards_start(&s->queues, s->loop, &queues);
    queue_shards_start_beside(&p->promote_queues, &s->queues, &queues);
    queue_shards_start_beside(&p->refill_queues, &s->queues, &queues);
    s->events = event_bus_new(s->redis, NULL);
    return true;
}

static bool connect_stores(struct process *p, struct gov_err *err)
{
    struct redis_options redis;
    struct arena arena;

    arena_init(&arena);
    bool good = redis_login_read(&p->scheduler.settings.redis, &arena, &redis, err) && open_stores(p, &redis, err);
    arena_release(&arena);
    return good;
}

bool scheduler_run(const struct scheduler_settings *settings, struct gov_err *err)
{
    static struct process p;
    struct scheduler *s = &p.scheduler;
    struct leader_events events = { elected, deposed, &p };
    struct loop loop;

    memset(&p, 0, sizeof p);
    loop_init(&loop);
    s->settings = *settings;
    s->loop = &loop;
    s->id = id_new();
    gauges_init(&s->gauges, &s->metrics);
    s->service = (struct service){ .loop = &loop, .name = "scheduler", .metrics = &s->metrics,
                                   .ready = ready, .drain = drain, .context = &p };
    if (!connect_stores(&p, err) || !service_start(&s->service, settings->health, err))
        return false;
    s->leader = leader_new(s->queues.redis, s->queues.count, s->id.text, 0, &events);
    for (int i = 0; i < s->queues.count; i++)
        p.refills[i] = refill_new(&loop, p.refill_queues.queues[i], s->db);
    tend_start(&p.tend, s);
    for (int i = 0; i < s->queues.count; i++)
        redis_listen(s->queues.redis[i], on_redis, &p);
    loop_run(&loop);
    loop_release(&loop);
    marks_free(s->marks);
    walks_free(s->walks);
    buf_release(&s->rested);
    return true;
}
