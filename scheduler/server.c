/* server.c - the scheduler process: connect, run rounds, drain. */
#include <string.h>

#include "core/base/log.h"
#include "core/store/incarnation.h"
#include "scheduler/promote.h"
#include "scheduler/rounds.h"
#include "scheduler/scheduler.h"

enum { START_PATIENCE_MS = 60000 };

#define FIELD(name) offsetof(struct scheduler_settings, name)
const struct setting scheduler_settings_table[] = {
    { "pg", SETTING_TEXT, FIELD(pg), "", 0, 2000, false,
      "PostgreSQL as libpq conninfo without user" },
    { "redis", SETTING_TEXT, FIELD(redis), "127.0.0.1:6379", 0, 500, false,
      "Redis: unix:/path/socket or host:port" },
    { "health", SETTING_TEXT, FIELD(health), "", 0, 100, false,
      "address:port of /livez, /readyz and /metrics; empty: none" },
    { "log_level", SETTING_TEXT, FIELD(log_level), "info", 0, 10, false,
      "debug, info, warn or error" },
    { 0 }
};

struct process {
    struct scheduler scheduler; /* first */
    struct rounds *rounds;
    struct job_queue *due; /* promote's own handle: it blocks */
    struct promote *promote;
};

static bool ready(void *context, json_t *checks)
{
    struct scheduler *s = context;
    bool queue = job_queue_state(s->queue) == QUEUE_OPEN;

    service_check(checks, "postgres", db_reachable(s->db),
                  db_reachable(s->db) ? "reachable" : "not reachable");
    service_check(checks, "queue", queue, queue ? "open" : "not open");
    service_check(checks, "lead", true, s->term ? "leads" : "stands by");
    return db_reachable(s->db);
}

static void promote_stopped(void *context)
{
    struct process *p = context;
    struct scheduler *s = &p->scheduler;

    event_bus_stop(s->events);
    job_queue_stop(p->due);
    job_queue_stop(s->queue);
    redis_stop(s->redis);
    db_stop(s->db);
    service_stop(&s->service);
}

static void stopped(struct scheduler *s)
{
    struct process *p = (struct process *)s;
    promote_stop(p->promote, promote_stopped, p);
}

static void drain(void *context)
{
    struct process *p = context;
    rounds_stop(p->rounds, stopped);
}

static void on_redis(void *context, bool connected)
{
    struct process *p = context;
    if (connected && p->rounds)
        rounds_wake(p->rounds);
}

bool scheduler_run(const struct scheduler_settings *settings, struct gov_err *err)
{
    static struct process p;
    struct scheduler *s = &p.scheduler;
    struct loop loop;
    char incarnation[INCARNATION_BYTES];

    memset(&p, 0, sizeof p);
    loop_init(&loop);
    s->settings = *settings;
    s->loop = &loop;
    s->id = id_new();
    s->service = (struct service){ .loop = &loop, .name = "scheduler", .metrics = &s->metrics,
                                   .ready = ready, .drain = drain, .context = &p };
    if (!redis_address_check(settings->redis, err))
        return false;
    const struct db_options db = { .conninfo = settings->pg, .application = "execgov-scheduler",
                                   .connections_per_role = 1 };
    s->db = db_new(&loop, &db);
    if (!incarnation_read(&loop, s->db, START_PATIENCE_MS, incarnation, err))
        return false;
    s->redis = redis_new(&loop, &(struct redis_options){ .address = settings->redis });
    s->queue = job_queue_new(&(struct job_queue_options){ s->redis, incarnation });
    s->events = event_bus_new(s->redis, NULL);
    if (!service_start(&s->service, settings->health, err))
        return false;
    p.due = job_queue_new(&(struct job_queue_options){ s->redis, incarnation });
    p.promote = promote_new(&loop, p.due);
    p.rounds = rounds_start(s);
    redis_listen(s->redis, on_redis, &p);
    loop_run(&loop);
    loop_release(&loop);
    return true;
}
