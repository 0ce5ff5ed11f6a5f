/* server.c - the egress process: settings, database, keys, health; drain on SIGTERM. */
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/io/crypto/crypto.h"
#include "worker/egress/daemon/call/model.h"
#include "worker/egress/daemon/keeper.h"
#include "worker/egress/daemon/key_file.h"
#include "worker/egress/daemon/listener.h"
#include "worker/egress/daemon/session.h"

/* As many messages as several lifecycle daemons send at once, so that none waits in here behind a host that does not answer. */
enum { DRAIN_MS = 20000, MESSAGES_MAX = 256, HOST_MAX = 16 };

#define FIELD(name) offsetof(struct egress_settings, name)
const struct setting egress_settings_table[] = {
    { "pg", SETTING_TEXT, FIELD(pg), "", 0, 2000, false,
      "PostgreSQL as libpq conninfo without user; logs in as execgov_egress" },
    { "key_file", SETTING_TEXT, FIELD(key_file), "", 0, 1000, false,
      "file with the master keys (execgov-egress new-key FILE makes one); read at start and at SIGHUP" },
    { "keys", SETTING_TEXT, FIELD(keys), "", 0, 4000, true,
      "the text of such a file, for an environment that hands out secrets as EXECGOV_KEYS" },
    { "socket", SETTING_TEXT, FIELD(socket), "", 0, 107, false,
      "unix socket that workers call; empty: credentials are only kept" },
    { "allow_user", SETTING_TEXT, FIELD(allow_user), "", 0, 60, false,
      "user (name or number) the workers run as; empty: our own" },
    { "callback_allow_private", SETTING_TEXT, FIELD(callback_allow_private), "", 0, 1000, false,
      "networks that callbacks reach although they are not public: \"loopback\" or CIDRs, separated by "
      "commas; for development. What is open for good belongs into execgov network open" },
    { "model_url", SETTING_TEXT, FIELD(model_url), "", 0, 1000, false,
      "OpenAI-compatible endpoint that is asked which skill is meant, like https://host/v1; empty: none" },
    { "model_name", SETTING_TEXT, FIELD(model_name), "", 0, 200, false,
      "name of the model at model_url" },
    { "model_key_file", SETTING_TEXT, FIELD(model_key_file), "", 0, 1000, false,
      "file with the key for model_url in its first line; empty: none is sent" },
    { "model_allow_private", SETTING_TEXT, FIELD(model_allow_private), "", 0, 1000, false,
      "networks that model_url may lie in although they are not public: \"loopback\" or CIDRs; for "
      "development. What is open for good belongs into execgov network open" },
    { "health", SETTING_TEXT, FIELD(health), "", 0, 100, false,
      "address:port of /livez, /readyz and /metrics; empty: none" },
    { "log_level", SETTING_TEXT, FIELD(log_level), "info", 0, 10, false,
      "debug, info, warn or error" },
    { "pg_connections", SETTING_INT, FIELD(pg_connections), "2", 1, 20, false,
      "connections to PostgreSQL, at most" },
    { "prepared", SETTING_BOOL, FIELD(prepared), "true", 0, 0, false,
      "prepare statements; off behind a PgBouncer older than 1.21" },
    { 0 }
};

static struct seal_ring *ring_read(const struct egress *e, struct gov_err *err)
{
    if (*e->settings.key_file)
        return key_file_read(e->settings.key_file, err);
    if (*e->settings.keys)
        return seal_ring_new(e->settings.keys, err);
    gov_fail(err, GOV_CONFIGURATION, "neither key_file nor keys is set", "未设置 key_file 或 keys");
    return NULL;
}

/* Without a key it serves what needs none: that is worth more than not starting. */
static void ring_load(struct egress *e)
{
    e->ring = ring_read(e, &e->ring_err);
    e->ring_number++;
    if (e->ring)
        log_write(LEVEL_INFO, "keys.loaded", LOG_NUMBER("keys", seal_ring_count(e->ring)));
    else
        log_error(LEVEL_ERROR, "keys.absent", &e->ring_err);
}

/* The keys of now, from SIGHUP on. A call opens what it needs within one step, so none is left with the old ring.
 * A file that cannot be read (somebody is at it) costs nobody his calls: the keys that were there stay. */
static void reload(void *context)
{
    struct egress *e = context;
    struct gov_err err;
    struct seal_ring *ring = ring_read(e, &err);

    if (!ring) {
        log_error(LEVEL_ERROR, "keys.kept", &err);
        return;
    }
    if (e->ring)
        seal_ring_free(e->ring);
    e->ring = ring;
    e->ring_number++;
    log_write(LEVEL_INFO, "keys.loaded", LOG_NUMBER("keys", seal_ring_count(e->ring)));
    keeper_again(e->keeper);
}

static bool ready(void *context, json_t *checks)
{
    struct egress *e = context;
    bool settled = keeper_settled(e->keeper);

    service_check(checks, "postgres", db_reachable(e->db),
                  db_reachable(e->db) ? "reachable" : "not reachable");
    service_check(checks, "keys", e->ring != NULL,
                  e->ring ? settled ? "published" : "not published yet"
                          : gov_err_detail(&e->ring_err, GOV_EN));
    return db_reachable(e->db) && settled;
}

static void close_rest(struct egress *e)
{
    pools_stop(&e->pools);
    provider_memory_release(&e->providers);
    http_client_stop(e->callbacks);
    http_client_stop(e->mails);
    http_client_stop(e->chats);
    model_stop(e->model);
    db_stop(e->db);
    service_stop(&e->service);
}

/* The calls under way have ended, and what became of them is written. */
static void leave(struct egress *e)
{
    if (e->leaving)
        return;
    e->leaving = true;
    uv_timer_stop(&e->grace);
    uv_close((uv_handle_t *)&e->grace, NULL);
    keeper_stop(e->keeper, close_rest);
}

static void end_sessions(struct egress *e)
{
    e->ended = true;
    for (struct list *at = e->sessions.next, *next; at != &e->sessions; at = next) {
        next = at->next;
        session_end(LIST_ITEM(at, struct session, link));
    }
}

void egress_idle_check(struct egress *egress)
{
    if (!egress->stopping || egress->working)
        return;
    if (!egress->ended)
        end_sessions(egress); /* some have something to write, and are work until they have */
    if (egress->working == 0)
        leave(egress);
}

/* Their connections end; each call writes what it knows of itself (a write that had left: unknown), and then we leave. */
static void on_grace(uv_timer_t *timer)
{
    struct egress *e = timer->data;

    log_write(LEVEL_WARN, "drain.grace_over", LOG_NUMBER("calls", e->working));
    pools_cut(&e->pools);
    http_client_cut(e->callbacks);
    http_client_cut(e->mails);
    http_client_cut(e->chats);
    model_cut(e->model);
    egress_idle_check(e);
}

/* A write whose answer still comes is better known than unknown. */
static void drain(void *context)
{
    struct egress *e = context;

    e->stopping = true;
    if (e->listener)
        listener_stop(e->listener);
    uv_timer_start(&e->grace, on_grace, DRAIN_MS, 0);
    egress_idle_check(e);
}

bool egress_run(const struct egress_settings *settings, struct gov_err *err)
{
    static struct egress e;
    struct loop loop;

    memset(&e, 0, sizeof e);
    e.settings = *settings;
    struct ip_nets checked;
    if (!crypto_init(err) || !ip_nets_parse(settings->callback_allow_private, &checked, err))
        return false;
    loop_init(&loop);
    e.loop = &loop;
    ring_load(&e);
    e.db = db_new(&loop, &(struct db_options){ .conninfo = settings->pg,
                                               .application = "execgov-egress",
                                               .public_role = "execgov_egress",
                                               .unprepared = !settings->prepared,
                                               .connections_per_role = (int)settings->pg_connections });
    e.service = (struct service){ .loop = &loop, .name = "egress", .metrics = &e.metrics,
                                  .ready = ready, .drain = drain, .reload = reload, .context = &e };
    if (!service_start(&e.service, settings->health, err))
        return false;
    uv_timer_init(&loop.uv, &e.grace);
    e.grace.data = &e;
    list_init(&e.sessions);
    pools_init(&e.pools, &loop);
    e.callbacks = http_client_new(&loop, &(struct http_client_options){ .agent = "ExecGov/" EXECGOV_VERSION });
    const struct http_client_options messages = { .agent = "ExecGov/" EXECGOV_VERSION, .transfers_max = MESSAGES_MAX, .host_max = HOST_MAX };
    e.mails = http_client_new(&loop, &messages);
    e.chats = http_client_new(&loop, &messages);
    if (!model_open(&loop, settings, &e.model, err) || !listener_start(&e, &e.listener, err))
        return false;
    e.keeper = keeper_start(&e);
    loop_run(&loop);
    loop_release(&loop);
    model_free(e.model);
    if (e.ring)
        seal_ring_free(e.ring);
    return true;
}
