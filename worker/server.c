/* server.c - start: stores, sandbox, heartbeat, then taking. Drain (SIGTERM): no new takes; what runs
 * finishes within the grace, what does not is killed and given back.
 */
#include "worker/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/io/crypto/crypto.h"
#include "core/io/service.h"
#include "core/store/file/file_identity.h"
#include "core/store/queue/incarnation.h"
#include "core/store/schema_check.h"
#include "worker/heartbeat.h"
#include "worker/intent/catalogue.h"
#include "worker/intent/consult/endpoint.h"
#include "worker/run/run_prewarm.h"
#include "worker/sandbox/doctor.h"
#include "worker/take.h"
#include "worker/work_life.h"

enum { SANDBOX_PATIENCE_MS = 60000, CATALOGUES = 64, FOLDER_BYTES = 1100 };

#define FIELD(name) offsetof(struct worker_settings, name)
const struct setting worker_settings_table[] = {
    { "pg", SETTING_TEXT, FIELD(pg), "", 0, 2000, false,
      "PostgreSQL as libpq conninfo without user" },
    REDIS_LOGIN_SETTINGS(struct worker_settings, redis, "127.0.0.1:6379", ""),
    { "queue_shards", SETTING_INT, FIELD(queue_shards), "1", 1, QUEUE_SHARDS_MAX, false,
      "dispatch shards: on how many hash tags the queue is spread in Redis; the same for all processes" },
    { "files", SETTING_TEXT, FIELD(files.files), "files", 0, 1000, false,
      "uploads and artifacts: a directory, or s3://bucket[/prefix]; the same for the API and all workers" },
    { "files_endpoint", SETTING_TEXT, FIELD(files.endpoint), "", 0, 500, false,
      "address of the S3-compatible store of files, like https://host:9000" },
    { "files_region", SETTING_TEXT, FIELD(files.region), "us-east-1", 0, 60, false,
      "region of that store" },
    { "files_key_file", SETTING_TEXT, FIELD(files.key_file), "", 0, 1000, false,
      "file with that store's access key id in its first line and the secret in its second" },
    { "files_spool", SETTING_TEXT, FIELD(files.spool), "/var/tmp", 0, 1000, false,
      "local directory for what is on its way to that store or from it; as large as the largest files together" },
    { "models", SETTING_TEXT, FIELD(models), "", 0, 1000, false,
      "directory of what was learnt of each tenant's skills, a cache; empty: models in `files`, or in files_spool" },
    { "sandbox", SETTING_TEXT, FIELD(sandbox), "", 0, 200, false,
      "socket of execgov-sandboxd; empty: this worker runs no scripts, only intents and plans" },
    { "egress", SETTING_TEXT, FIELD(egress), "", 0, 107, false,
      "socket of execgov-egress; empty: HTTP resources cannot be called" },
    { "lanes", SETTING_TEXT, FIELD(lanes), "py,sh,http", 0, 100, false,
      "what to run: py, sh, http; ctl (intents, plans) is always served" },
    { "slots", SETTING_INT, FIELD(slots), "4", 1, 1000, false, "runs at the same time" },
    { "ctl_slots", SETTING_INT, FIELD(ctl_slots), "4", 1, 100, false,
      "intents, plans and tasks at the same time" },
    { "health", SETTING_TEXT, FIELD(health), "", 0, 100, false,
      "address:port of /livez, /readyz and /metrics; empty: none" },
    { "drain_s", SETTING_INT, FIELD(drain_s), "30", 0, 3600, false,
      "how long running work may take after SIGTERM" },
    { "noop", SETTING_BOOL, FIELD(noop), "false", 0, 0, false,
      "also run the noop executor; for measuring only" },
    { "log_level", SETTING_TEXT, FIELD(log_level), "info", 0, 10, false,
      "debug, info, warn or error" },
    { "intent_consult", SETTING_BOOL, FIELD(intent_consult), "false", 0, 0, false,
      "ask the model endpoint of execgov-egress which skill is meant, too" },
    { "pg_connections", SETTING_INT, FIELD(pg_connections), "2", 1, 20, false,
      "connections to PostgreSQL per login role, at most" },
    { "prepared", SETTING_BOOL, FIELD(prepared), "true", 0, 0, false,
      "prepare statements; off behind a PgBouncer older than 1.21" },
    { 0 }
};

struct process {
    struct worker worker;
    struct service service;
    struct heartbeat *heartbeat;
    struct incarnation_watch *incarnation;
    uv_timer_t grace;
    bool lost;
    struct queue_shards bells[WORKER_POOLS_MAX]; /* waiting blocks: a handle for each taker */
    int takers;                 /* not yet stopped */
};

void worker_wake(struct worker *worker)
{
    unsigned shards = (unsigned)worker->queues.count, first = worker->turn++;

    for (int i = 0; i < WORKER_POOLS_MAX; i++)
        for (unsigned s = 0; s < shards; s++)
            if (worker->takers[i][(first + s) % shards])
                taker_wake(worker->takers[i][(first + s) % shards]);
}

void worker_rest(struct worker *worker)
{
    if (worker->busy || !worker->has_worked)
        return;
    worker->has_worked = false;
    arena_trim();
}

static struct process *process_of(struct worker *worker)
{
    return (struct process *)worker;
}

static bool ready(void *context, json_t *checks)
{
    struct process *p = context;
    struct worker *w = &p->worker;
    bool sandbox = !w->sandbox || sandbox_client_connected(w->sandbox);

    service_check(checks, "postgres", db_reachable(w->db),
                  db_reachable(w->db) ? "reachable" : "not reachable");
    service_check(checks, "queue", !queue_shards_closed(&w->queues), queue_shards_word(&w->queues));
    service_check(checks, "sandbox", sandbox, sandbox ? "connected" : "execgov-sandboxd is away");
    service_check(checks, "fence", !w->fenced, w->fenced ? "declared dead, starts nothing" : "alive");
    return db_reachable(w->db) && sandbox && !w->fenced;
}

/* --- drain --- */

static void close_rest(struct worker *w)
{
    struct process *p = process_of(w);

    uv_close((uv_handle_t *)&p->grace, NULL);
    incarnation_watch_stop(p->incarnation);
    event_bus_stop(w->events);
    for (int i = 0; i < WORKER_POOLS_MAX; i++)
        queue_shards_stop(&p->bells[i]);
    queue_shards_stop(&w->queues);
    redis_stop(w->redis);
    if (w->sandbox)
        sandbox_client_close(w->sandbox, NULL, NULL);
    db_stop(w->db);
    service_stop(&p->service);
}

static void finish(struct worker *w)
{
    heartbeat_stop(process_of(w)->heartbeat, close_rest);
}

static void on_idle(struct worker *w)
{
    struct process *p = process_of(w);
    if (p->takers || w->busy)
        return;
    w->on_idle = NULL;
    uv_timer_stop(&p->grace);
    finish(w);
}

static void on_grace(uv_timer_t *timer)
{
    struct process *p = timer->data;
    struct worker *w = &p->worker;

    p->lost = w->busy > 0;
    log_write(LEVEL_WARN, "drain.grace_over", LOG_NUMBER("running", w->busy));
    for (struct list *item = w->works.next; item != &w->works; item = item->next) {
        struct work *work = LIST_ITEM(item, struct work, link);
        if (!work->cancel) /* nothing to kill: it is about to end, and is waited for */
            continue;
        work->released = true;
        work_cancel(work);
    }
}

static void taking_stopped(struct worker *w)
{
    if (--process_of(w)->takers == 0)
        on_idle(w);
}

/* SIGTERM, or an operator's wish in our row; the first counts. */
static void drain(void *context)
{
    struct process *p = context;
    struct worker *w = &p->worker;

    if (w->draining)
        return;
    w->draining = true;
    w->on_idle = on_idle;
    uv_timer_start(&p->grace, on_grace, (uint64_t)w->settings.drain_s * 1000, 0);
    for (int i = 0; i < WORKER_POOLS_MAX; i++)
        for (int s = 0; s < w->queues.count; s++) {
            struct taker *taker = w->takers[i][s];
            w->takers[i][s] = NULL;
            if (taker)
                taker_stop(taker, taking_stopped);
        }
}

static void drain_asked(struct worker *worker)
{
    log_write(LEVEL_INFO, "worker.drain_asked", LOG_FIELD("worker", worker->id.text));
    drain(process_of(worker));
}

static void count_slots(void *context)
{
    struct worker *w = context;

    w->counts.busy.value = w->lanes.run.used;
    w->counts.slots.value = lanes_draw_on(&w->lanes, &w->lanes.run) ? w->lanes.run.slots : 0;
    w->counts.fenced.value = w->fenced;
}

/* --- start --- */

static void happened(void *context, const char *tenant, const struct id *request, bool goes_on)
{
    struct process *p = context;

    if (goes_on) /* a beginning or a line of output, mostly our own: nobody cancelled anything */
        return;
    if (strcmp(tenant, EVENT_BUS_WORKERS) == 0) {
        if (p->heartbeat && strcmp(request->text, p->worker.id.text) == 0)
            heartbeat_now(p->heartbeat);
        return;
    }
    heard_note(&p->worker.heard, tenant, request);
    if (p->heartbeat)
        heartbeat_look(p->heartbeat, tenant, request);
}

/* Of a tenant whose runs have begun: what happened to them before this moment was told to nobody. */
static void listening(void *context, const char *tenant)
{
    struct process *p = context;

    heard_note(&p->worker.heard, tenant, NULL);
    if (p->heartbeat)
        heartbeat_look(p->heartbeat, tenant, NULL);
}

static void warm(void *context, const char *tenant, const char *tree, const char *runtime)
{
    struct process *p = context;

    run_prewarm(&p->worker, tenant, tree, runtime);
}

static void changed(void *context, bool up)
{
    (void)context;
    (void)up;
}

static void another_life(void *context, const char *incarnation)
{
    struct process *p = context;

    queue_shards_incarnation_set(&p->worker.queues, incarnation);
    for (int i = 0; i < WORKER_POOLS_MAX; i++)
        queue_shards_incarnation_set(&p->bells[i], incarnation);
    marks_forget(p->worker.marks);
    heartbeat_now(p->heartbeat); /* is our row there? */
}

static void queue_lost(void *context)
{
    incarnation_watch_look(((struct process *)context)->incarnation);
}

static bool open_stores(struct process *p, const struct redis_options *redis, struct gov_err *err)
{
    struct worker *w = &p->worker;
    const struct db_options db = { .conninfo = w->settings.pg,
                                   .application = "execgov-worker",
                                   .unprepared = !w->settings.prepared,
                                   .connections_per_role = (int)w->settings.pg_connections };
    struct event_bus_events events = { happened, changed, p, warm, listening };
    char incarnation[INCARNATION_BYTES];

    w->files = file_store_open(&w->settings.files, err);
    if (!w->files)
        return false;
    w->db = db_new(w->loop, &db);
    if (!incarnation_read(w->loop, w->db, INCARNATION_PATIENCE_MS, incarnation, err) || !schema_check(w->loop, w->db, err))
        return false;
    if (!file_identity_settle(w->loop, w->db, w->files, err))
        return false;
    w->redis = redis_new(w->loop, redis);
    p->incarnation = incarnation_watch_new(w->loop, w->db, incarnation, another_life, p);
    struct queue_shards_options queues = { redis, incarnation, (int)w->settings.queue_shards, queue_lost, p };
    queue_shards_start(&w->queues, w->loop, &queues);
    for (int i = 0; i < WORKER_POOLS_MAX; i++)
        queue_shards_start_beside(&p->bells[i], &w->queues, &queues);
    w->events = event_bus_new(w->redis, &events);
    event_bus_join(w->events, EVENT_BUS_WORKERS);
    w->tenants = tenant_cache_new(w->db);
    w->endings = endings_new(w->loop, w->db, w->events);
    char models[FOLDER_BYTES];
    snprintf(models, sizeof models, "%s/models",
             text_starts(w->settings.files.files, "s3://") ? w->settings.files.spool : w->settings.files.files);
    w->catalogues = catalogues_new(*w->settings.models ? w->settings.models : models, CATALOGUES);
    w->marks = marks_new(w->db);
    if (w->settings.intent_consult)
        w->endpoint = endpoint_new(w->settings.egress);
    return true;
}

static bool connect_stores(struct process *p, struct gov_err *err)
{
    struct redis_options redis;
    struct arena arena;

    arena_init(&arena);
    bool good = redis_login_read(&p->worker.settings.redis, &arena, &redis, err) && open_stores(p, &redis, err);
    arena_release(&arena);
    return good;
}

/* They start together, so sandboxd may not listen yet. Blocking: nothing else runs before. */
static bool sandbox_status(const char *socket, struct doctor_status *status, struct gov_err *err)
{
    int64_t until = clock_mono_us() + (int64_t)SANDBOX_PATIENCE_MS * 1000;

    while (!doctor_ask(socket, SANDBOX_PATIENCE_MS, status, err)) {
        if (clock_mono_us() > until)
            return false;
        usleep(200 * 1000);
    }
    return true;
}

/* The level is asked for once, before anything may run: no sandbox, no run lanes. */
static bool connect_sandbox(struct process *p, struct gov_err *err)
{
    struct worker *w = &p->worker;
    struct doctor_status status;

    if (!*w->settings.sandbox)
        return true;
    if (!sandbox_status(w->settings.sandbox, &status, err))
        return gov_err_context(err, "execgov-sandboxd at %s", w->settings.sandbox);
    w->isolation_level = status.level;
    platform_runtimes_take(w, &status);
    if (status.level < 1)
        return gov_fail(err, GOV_SANDBOX_UNAVAILABLE,
                        "isolation does not hold on this machine; see execgov doctor",
                        "本机无法保证隔离；请查看 execgov doctor");
    w->sandbox = sandbox_client_new(&w->loop->uv, w->settings.sandbox);
    return true;
}

static void start_taking(struct process *p)
{
    struct worker *w = &p->worker;

    struct lane_pool *pools[WORKER_POOLS_MAX] = { &w->lanes.ctl, &w->lanes.run, &w->lanes.noop };

    for (int i = 0; i < WORKER_POOLS_MAX; i++)
        for (int s = 0; s < w->queues.count && lanes_draw_on(&w->lanes, pools[i]); s++) {
            w->takers[i][s] = taker_start(w, pools[i], w->queues.queues[s], p->bells[i].queues[s]);
            p->takers++;
        }
}

bool worker_run(const struct worker_settings *settings, bool *lost, struct gov_err *err)
{
    static struct process p;
    struct worker *w = &p.worker;
    struct loop loop;

    memset(&p, 0, sizeof p);
    loop_init(&loop);
    w->settings = *settings;
    w->loop = &loop;
    w->id = id_new();
    w->drain = drain_asked;
    worker_counts_init(&w->counts, &w->metrics);
    w->metrics.collect = count_slots;
    w->metrics.context = w;
    list_init(&w->works);
    p.service = (struct service){ .loop = &loop,
                                  .name = "worker",
                                  .metrics = &w->metrics,
                                  .ready = ready,
                                  .drain = drain,
                                  .context = &p };
    uv_timer_init(&loop.uv, &p.grace);
    p.grace.data = &p;
    run_starts_register(&w->run_starts, &w->metrics);
    if (!lanes_parse(*settings->sandbox ? settings->lanes : "", (int)settings->ctl_slots, (int)settings->slots,
                     settings->noop, &w->lanes, err) ||
        !crypto_init(err) || !connect_stores(&p, err) || !connect_sandbox(&p, err) ||
        !service_start(&p.service, settings->health, err))
        return false;
    p.heartbeat = heartbeat_start(w);
    w->heartbeat = p.heartbeat;
    start_taking(&p);
    loop_run(&loop);
    db_batcher_free(w->endings);
    catalogues_free(w->catalogues);
    endpoint_free(w->endpoint);
    tenant_cache_free(w->tenants);
    marks_free(w->marks);
    file_store_close(w->files);
    loop_release(&loop);
    *lost = p.lost;
    return true;
}
