/* server.c - the lifecycle process: connect, tick, deliver, drain. */
#include <string.h>

#include "core/base/log.h"
#include "core/store/schema_check.h"
#include "lifecycle/deliver.h"
#include "lifecycle/tick.h"
#include "lifecycle/wake.h"

#define FIELD(name) offsetof(struct lifecycle_settings, name)
const struct setting lifecycle_settings_table[] = {
    { "pg", SETTING_TEXT, FIELD(pg), "", 0, 2000, false, "PostgreSQL as libpq conninfo without user" },
    REDIS_LOGIN_SETTINGS(struct lifecycle_settings, redis, "",
                         "; tells of new messages at once; empty: they wait for the next tick"),
    { "prepared", SETTING_BOOL, FIELD(prepared), "true", 0, 0, false,
      "prepare statements; off behind a PgBouncer older than 1.21" },
    { "health", SETTING_TEXT, FIELD(health), "", 0, 100, false,
      "address:port of /livez, /readyz and /metrics; empty: none" },
    { "log_level", SETTING_TEXT, FIELD(log_level), "info", 0, 10, false, "debug, info, warn or error" },
    { "egress", SETTING_TEXT, FIELD(egress), "", 0, 100, false,
      "socket of execgov-egress, which sends the messages; empty: they wait" },
    { "public_url", SETTING_TEXT, FIELD(public_url), "", 0, 300, false,
      "address people reach the platform at, for links in messages; empty: no links" },
    { "contact", SETTING_TEXT, FIELD(contact), "", 0, 300, false,
      "whom customers may ask about their subscription, named in its messages; empty: nobody" },
    { "outbox_file", SETTING_TEXT, FIELD(outbox_file), "", 0, 500, false,
      "append messages that no channel takes to this file, one JSON line each; empty: they wait" },
    { "tick_s", SETTING_INT, FIELD(tick_s), "60", 1, 3600, false, "seconds between scans" },
    { "batch", SETTING_INT, FIELD(batch), "1000", 1, 10000, false, "subscriptions in one transaction of a scan" },
    { "deliver_s", SETTING_INT, FIELD(deliver_s), "600", 1, 3600, false,
      "seconds between looks into an outbox that was empty, if neither a tick nor Redis tells of a message" },
    { 0 }
};

struct process {
    struct lifecycle lifecycle;
    struct arena arena;
    struct tick tick;
    struct deliver deliver;
    struct wake wake;
};

static bool ready(void *context, json_t *checks)
{
    struct lifecycle *l = &((struct process *)context)->lifecycle;
    bool good = db_reachable(l->db);

    service_check(checks, "postgres", good, good ? "reachable" : "not reachable");
    return good;
}

/* --- drain: the scan ends after its batch, the deliveries under way end, then the rest --- */

static void delivering_stopped(struct rounds *rounds)
{
    struct process *p = (struct process *)((char *)rounds - offsetof(struct process, deliver));

    db_stop(p->lifecycle.db);
    service_stop(&p->lifecycle.service);
}

static void ticking_stopped(struct rounds *rounds)
{
    struct process *p = (struct process *)((char *)rounds - offsetof(struct process, tick));

    arena_release(&p->tick.conn_arena);
    wake_stop(&p->wake);
    deliver_stop(&p->deliver, delivering_stopped);
}

static void drain(void *context)
{
    struct process *p = context;

    __atomic_store_n(&p->lifecycle.stop, true, __ATOMIC_RELAXED);
    tick_stop(&p->tick, ticking_stopped);
}

bool lifecycle_run(const struct lifecycle_settings *settings, struct gov_err *err)
{
    static struct process p;
    struct lifecycle *l = &p.lifecycle;
    struct loop loop;
    const struct db_options db = { .conninfo = settings->pg, .application = "execgov-lifecycle",
                                   .public_role = "execgov_lifecycle", .unprepared = !settings->prepared,
                                   .connections_per_role = 4 };

    memset(&p, 0, sizeof p);
    arena_init(&p.arena);
    loop_init(&loop);
    l->settings = *settings;
    l->conninfo = arena_format(&p.arena, "%s user=execgov_lifecycle", settings->pg);
    l->loop = &loop;
    l->service = (struct service){ .loop = &loop, .name = "lifecycle", .metrics = &l->metrics, .ready = ready,
                                   .drain = drain, .context = &p };
    l->db = db_new(&loop, &db);
    /* Before anybody is told that it is ready. Where the database cannot be asked now, the first tick will find out. */
    if (!schema_check_public(&loop, l->db, err) && err->code == GOV_CONFIGURATION)
        return false;
    if (!service_start(&l->service, settings->health, err))
        return false;
    deliver_start(&p.deliver, l);
    l->deliveries = &p.deliver.rounds;
    tick_start(&p.tick, l);
    if (!wake_start(&p.wake, &loop, &settings->redis, &p.deliver.rounds, err))
        return false;
    loop_run(&loop);
    loop_release(&loop);
    arena_release(&p.arena);
    return true;
}
