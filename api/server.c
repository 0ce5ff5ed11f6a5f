/* server.c - start: database, queue, files, then the port. Stop: port first, then what it needed.
 *
 * PostgreSQL must be there at start (it holds the incarnation); afterwards both it and Redis may come
 * and go: requests are answered 503 without the one and accepted without the other.
 */
#include "api/server.h"

#include <string.h>

#include "api/call.h"
#include "api/money/payment/event_batch.h"
#include "api/money/payment/inbox.h"
#include "api/runs/accept/accept_batch.h"
#include "core/base/log.h"
#include "core/io/crypto/crypto.h"
#include "core/store/file/file_identity.h"
#include "core/store/planning/plan_basis.h"
#include "core/store/queue/incarnation.h"
#include "core/store/schema_check.h"

const struct setting api_settings_table[] = {
    { "pg", SETTING_TEXT, offsetof(struct api_settings, pg), "", 0, 2000, false,
      "PostgreSQL as libpq conninfo without user, e.g. \"host=/run/postgresql dbname=execgov "
      "passfile=/etc/execgov/pgpass\"" },
    REDIS_LOGIN_SETTINGS(struct api_settings, redis, "127.0.0.1:6379", ""),
    { "queue_shards", SETTING_INT, offsetof(struct api_settings, queue_shards), "1", 1, QUEUE_SHARDS_MAX, false,
      "dispatch shards: on how many hash tags the queue is spread in Redis; the same for all processes" },
    { "listen", SETTING_TEXT, offsetof(struct api_settings, listen), "127.0.0.1:8080", 0, 100, false,
      "address:port of the HTTP API" },
    { "files", SETTING_TEXT, offsetof(struct api_settings, files.files), "files", 0, 1000, false,
      "uploads and artifacts: a directory, or s3://bucket[/prefix]; the same for the API and all workers" },
    { "files_endpoint", SETTING_TEXT, offsetof(struct api_settings, files.endpoint), "", 0, 500, false,
      "address of the S3-compatible store of files, like https://host:9000" },
    { "files_region", SETTING_TEXT, offsetof(struct api_settings, files.region), "us-east-1", 0, 60, false,
      "region of that store" },
    { "files_key_file", SETTING_TEXT, offsetof(struct api_settings, files.key_file), "", 0, 1000, false,
      "file with that store's access key id in its first line and the secret in its second" },
    { "files_spool", SETTING_TEXT, offsetof(struct api_settings, files.spool), "/var/tmp", 0, 1000, false,
      "local directory for what is on its way to that store or from it; as large as the largest files together" },
    { "public_url", SETTING_TEXT, offsetof(struct api_settings, public_url), "", 0, 500, false,
      "how people reach this API; for links" },
    { "log_level", SETTING_TEXT, offsetof(struct api_settings, log_level), "info", 0, 10, false,
      "debug, info, warn or error" },
    { "session_hours", SETTING_INT, offsetof(struct api_settings, session_hours), "12", 1, 720, false,
      "how long a login lasts" },
    { "upload_mb_max", SETTING_INT, offsetof(struct api_settings, upload_mb_max), "2048", 1, 102400,
      false, "largest upload in MB" },
    { "pg_connections", SETTING_INT, offsetof(struct api_settings, pg_connections), "2", 1, 50, false,
      "connections to PostgreSQL per login role, at most" },
    { "prepared", SETTING_BOOL, offsetof(struct api_settings, prepared), "true", 0, 0, false,
      "prepare statements; off behind a PgBouncer older than 1.21" },
    { "rate_per_second", SETTING_INT, offsetof(struct api_settings, rate_per_second), "0", 0, 1000000,
      false, "calls a second that one token may make in this process; 0: no limit" },
    { "rate_attempts_per_minute", SETTING_INT,
      offsetof(struct api_settings, rate_attempts_per_minute), "300", 0, 1000000, false,
      "logins, registrations and other tries without a token that one address may make a minute in "
      "this process; 0: no limit" },
    { "rate_webhooks_per_second", SETTING_INT, offsetof(struct api_settings, rate_webhooks_per_second), "2000", 0,
      1000000, false,
      "notices of payment providers that one address may send a second to this process; 0: no limit" },
    { "egress", SETTING_TEXT, offsetof(struct api_settings, egress), "", 0, 107, false,
      "socket of execgov-egress, which checks the signatures of payment providers; empty: their notices are "
      "refused" },
    { "client_address_header", SETTING_TEXT, offsetof(struct api_settings, client_address_header), "",
      0, 60, false,
      "header in which a proxy in front tells the client's address, e.g. X-Forwarded-For; only where "
      "nobody else reaches this port" },
    { 0 }
};

static bool ready(void *context, json_t *checks)
{
    struct api *api = context;
    const struct job_queue *closed = queue_shards_closed(&api->queues);

    service_check(checks, "postgres", db_reachable(api->db),
                  db_reachable(api->db) ? "reachable" : "not reachable");
    service_check(checks, "queue", !closed,
                  !closed ? "open" : "not open; submissions are accepted and start when it is back");
    return db_reachable(api->db);
}

/* --- stopping --- */

static void stop_rest(struct api *api)
{
    watches_stop(&api->watches);
    incarnation_watch_stop(api->incarnation);
    event_bus_stop(api->events);
    queue_shards_stop(&api->queues);
    redis_stop(api->redis);
    db_stop(api->db);
    service_stop(&api->service);
}

static void on_inbox_stopped(void *context)
{
    stop_rest(context);
}

static void on_http_stopped(struct http_server *server)
{
    struct api *api = server->ctx;
    inbox_stop(api->inbox, on_inbox_stopped);
}

static void on_hub_stopped(struct event_hub *hub)
{
    struct api *api = (struct api *)((char *)hub - offsetof(struct api, hub));
    http_server_stop(&api->http, on_http_stopped);
}

static void drain(void *context)
{
    struct api *api = context;
    api->stopping = true; /* waiting clients are answered with what there is */
    event_hub_stop(&api->hub, on_hub_stopped);
}

/* --- starting --- */

static void another_life(void *context, const char *incarnation)
{
    struct api *api = context;

    queue_shards_incarnation_set(&api->queues, incarnation);
    marks_forget(api->marks);
}

static void queue_lost(void *context)
{
    incarnation_watch_look(((struct api *)context)->incarnation);
}

static bool open_stores(struct api *api, const struct redis_options *redis, struct gov_err *err)
{
    const struct db_options db = { .conninfo = api->settings.pg,
                                   .application = "execgov-api",
                                   .unprepared = !api->settings.prepared,
                                   .connections_per_role = (int)api->settings.pg_connections };
    struct event_bus_events events = { watches_happened, watches_changed, api };
    char incarnation[INCARNATION_BYTES];

    api->files = file_store_open(&api->settings.files, err);
    if (!api->files)
        return false;
    api->db = db_new(api->loop, &db);
    if (!incarnation_read(api->loop, api->db, INCARNATION_PATIENCE_MS, incarnation, err) ||
        !schema_check(api->loop, api->db, err))
        return false;
    if (!file_identity_settle(api->loop, api->db, api->files, err))
        return false;
    api->redis = redis_new(api->loop, redis);
    api->incarnation = incarnation_watch_new(api->loop, api->db, incarnation, another_life, api);
    queue_shards_start(&api->queues, api->loop,
                       &(struct queue_shards_options){ redis, incarnation, (int)api->settings.queue_shards,
                                                       queue_lost, api });
    watches_init(&api->watches, api->loop, api);
    api->events = event_bus_new(api->redis, &events);
    api->marks = marks_new(api->db);
    api->identities = identities_new();
    api->bases = plan_bases_new();
    api->events_told = event_batcher_new(api->loop, api->db);
    api->accepts = accept_batcher_new(api->loop, api->db, &api->queues);
    api->inbox = inbox_start(api);
    return true;
}

static bool connect_stores(struct api *api, struct gov_err *err)
{
    struct redis_options redis;
    struct arena arena;

    arena_init(&arena);
    bool good = redis_login_read(&api->settings.redis, &arena, &redis, err) && open_stores(api, &redis, err);
    arena_release(&arena);
    return good;
}

static bool listen_http(struct api *api, struct gov_err *err)
{
    char address[64];
    int port;

    if (!service_listen_parse(api->settings.listen, address, &port, err))
        return false;
    struct http_options options = { .address = address, .port = port, .reuse_port = true };
    event_hub_start(&api->hub, &api->loop->uv, 0);
    if (!http_server_start(&api->http, &api->loop->uv, &options, &call_handlers, api, err))
        return false;
    log_write(LEVEL_INFO, "api.listening", LOG_FIELD("address", address),
              LOG_NUMBER("port", http_server_port(&api->http)));
    return true;
}

bool server_run(const struct api_settings *settings, struct gov_err *err)
{
    static struct api api; /* its servers want fixed addresses */
    static struct loop loop; /* as long as what is written in `api` */

    memset(&api, 0, sizeof api);
    loop_init(&loop);
    api.settings = *settings;
    api.loop = &loop;
    api.service = (struct service){ .loop = &loop,
                                    .name = "api",
                                    .metrics = &api.metrics,
                                    .ready = ready,
                                    .drain = drain,
                                    .context = &api };
    if (!crypto_init(err))
        return false;
    rate_table_init(&api.rates);
    if (!connect_stores(&api, err) || !listen_http(&api, err) ||
        !service_start(&api.service, NULL, err))
        return false; /* the process ends; the system takes back what was opened */
    loop_run(&loop);
    inbox_free(api.inbox);
    db_batcher_free(api.accepts);
    db_batcher_free(api.events_told);
    plan_bases_free(api.bases);
    identities_free(api.identities);
    marks_free(api.marks);
    rate_table_release(&api.rates);
    file_store_close(api.files);
    loop_release(&loop);
    return true;
}
