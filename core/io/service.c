#include "core/io/service.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/io/http/http_reply.h"
#include "core/io/http/problem.h"

bool service_listen_parse(const char *text, char address[64], int *port, struct gov_err *err)
{
    const char *colon = strrchr(text, ':');
    int64_t number;

    if (!colon || !text_parse_i64(colon + 1, 0, 65535, &number))
        goto bad;
    size_t bytes = (size_t)(colon - text);
    if (bytes >= 2 && text[0] == '[' && colon[-1] == ']') {
        text++;
        bytes -= 2;
    }
    if (bytes >= 64)
        goto bad;
    snprintf(address, 64, "%.*s", (int)bytes, bytes ? text : "0.0.0.0");
    if (bytes == 0)
        snprintf(address, 64, "0.0.0.0");
    *port = (int)number;
    return true;
bad:
    return gov_fail_at(err, GOV_CONFIGURATION, "listen", "format",
                       "\"%s\" is not address:port, like 127.0.0.1:8080",
                       "“%s”不是“地址:端口”，例如 127.0.0.1:8080", text);
}

void service_check(json_t *checks, const char *name, bool ok, const char *detail)
{
    json_array_append_new(checks, json_pack("{s:s, s:b, s:s}", "name", name, "ok", ok, "detail",
                                            detail ? detail : ""));
}

json_t *service_ready_json(struct service *service, bool *ready)
{
    json_t *checks = json_array();
    const json_t *check;
    bool all = true;
    size_t i;

    *ready = !service->ready || service->ready(service->context, checks);
    if (service->draining) {
        service_check(checks, "draining", false, "SIGTERM was received");
        *ready = false;
    }
    json_array_foreach (checks, i, check)
        all = all && json_is_true(json_object_get(check, "ok"));
    return json_pack("{s:s, s:o}", "status", !*ready ? "unavailable" : all ? "ok" : "degraded",
                     "checks", checks);
}

json_t *service_version_json(const char *name)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:[s,s]}", "name", "execgov", "version", EXECGOV_VERSION,
                     "api", "v1", "service", name, "languages", "en", "zh-CN");
}

static void reply_json(struct http_request *r, int status, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    http_reply(r, status, "application/json", text, strlen(text));
    free(text);
}

static void on_head(struct http_request *r, void *context)
{
    (void)r;
    (void)context;
}

static void on_request(struct http_request *r, void *context)
{
    struct service *service = context;
    struct buf text = { 0 };
    struct gov_err err;
    bool ready;

    if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0) {
        gov_fail(&err, GOV_METHOD_NOT_ALLOWED, "this address takes GET", "该地址支持 GET");
        http_problem(r, &err, http_language(r));
    } else if (strcmp(r->path, "/livez") == 0) {
        reply_json(r, 200, json_pack("{s:s}", "status", "ok"));
    } else if (strcmp(r->path, "/readyz") == 0) {
        json_t *json = service_ready_json(service, &ready);
        reply_json(r, ready ? 200 : 503, json);
    } else if (strcmp(r->path, "/version") == 0) {
        reply_json(r, 200, service_version_json(service->name));
    } else if (strcmp(r->path, "/metrics") == 0 && service->metrics) {
        metrics_render(service->metrics, &text);
        http_reply(r, 200, "text/plain; version=0.0.4", buf_text(&text), text.length);
        buf_release(&text);
    } else {
        gov_fail(&err, GOV_NOT_FOUND, "there are /livez, /readyz, /metrics and /version",
                 "可用：/livez、/readyz、/metrics、/version");
        http_problem(r, &err, http_language(r));
    }
}

static const struct http_handlers handlers = { .on_head = on_head, .on_request = on_request };

static void on_signal(uv_signal_t *handle, int number)
{
    struct service *service = handle->data;

    if (service->draining)
        return;
    if (number == SIGHUP) {
        if (service->reload)
            service->reload(service->context);
        return;
    }
    service->draining = true;
    log_write(LEVEL_INFO, "service.draining", LOG_NUMBER("signal", number));
    service->drain(service->context);
}

bool service_start(struct service *service, const char *health, struct gov_err *err)
{
    uv_signal_t *const all[] = { &service->term, &service->interrupt, &service->hangup };
    static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
    char address[64];
    int port;

    signal(SIGPIPE, SIG_IGN);
    if (health && *health) {
        if (!service_listen_parse(health, address, &port, err))
            return false;
        struct http_options options = { .address = address, .port = port };
        if (!http_server_start(&service->http, &service->loop->uv, &options, &handlers, service, err))
            return false;
        service->has_http = true;
    }
    for (int i = 0; i < 3; i++) {
        uv_signal_init(&service->loop->uv, all[i]);
        all[i]->data = service;
        uv_signal_start(all[i], on_signal, numbers[i]);
    }
    log_write(LEVEL_INFO, "service.started", LOG_FIELD("version", EXECGOV_VERSION));
    return true;
}

void service_stop(struct service *service)
{
    uv_close((uv_handle_t *)&service->term, NULL);
    uv_close((uv_handle_t *)&service->interrupt, NULL);
    uv_close((uv_handle_t *)&service->hangup, NULL);
    if (service->has_http)
        http_server_stop(&service->http, NULL);
    log_write(LEVEL_INFO, "service.stopped");
}
