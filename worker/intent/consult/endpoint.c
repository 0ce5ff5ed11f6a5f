#include "worker/intent/consult/endpoint.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/clock.h"

enum {
    KEY_BYTES_MAX = 512,
    ANSWER_BYTES_MAX = 64 * 1024,
    FAILURES_MAX = 3,
    REST_US = 60 * 1000 * 1000,
    TRANSFERS_MAX = 8,
};

struct endpoint {
    struct http_client *client;
    char *url, *model;
    char key[KEY_BYTES_MAX];
    int failures;
    int64_t rests_until_us; /* monotonic */
};

static bool read_key(const char *path, char *key, struct gov_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, key, KEY_BYTES_MAX - 1);

    if (fd >= 0)
        close(fd);
    key[n > 0 ? n : 0] = 0;
    key[strcspn(key, "\r\n")] = 0;
    if (n > 0 && *key && strspn(key, "\x20\t") == 0)
        return true;
    return gov_fail_at(err, GOV_INVALID_INPUT, "intent_key_file", "unreadable",
                       "the key of the model endpoint cannot be read from %s",
                       "无法从 %s 读取模型端点的密钥", path);
}

static bool settings_valid(const struct endpoint_settings *s, struct http_client_options *options,
                           struct gov_err *err)
{
    struct arena arena;

    arena_init(&arena);
    bool url = http_client_url_valid(s->url, &arena, NULL);
    arena_release(&arena);
    if (!url)
        return gov_fail_at(err, GOV_INVALID_INPUT, "intent_url", "format",
                           "intent_url must be an http or https address with a host",
                           "intent_url 须为带主机名的 http 或 https 地址");
    if (!*s->model)
        return gov_fail_at(err, GOV_INVALID_INPUT, "intent_model", "required",
                           "intent_url needs intent_model, the name of the model",
                           "设置 intent_url 时须设置 intent_model（模型名称）");
    return ip_nets_parse(s->allow_private, &options->open, err) ||
           gov_err_context(err, "intent_allow_private");
}

bool endpoint_open(struct loop *loop, const struct endpoint_settings *settings,
                   struct endpoint **endpoint, struct gov_err *err)
{
    struct http_client_options options = { .agent = "ExecGov/" EXECGOV_VERSION,
                                           .transfers_max = TRANSFERS_MAX };

    *endpoint = NULL;
    if (!*settings->url)
        return true;
    if (!settings_valid(settings, &options, err))
        return false;
    struct endpoint *e = calloc(1, sizeof *e);
    CHECK(e);
    if (*settings->key_file && !read_key(settings->key_file, e->key, err)) {
        free(e);
        return false;
    }
    size_t length = strlen(settings->url);
    while (length && settings->url[length - 1] == '/')
        length--;
    e->url = malloc(length + sizeof "/chat/completions");
    e->model = strdup(settings->model);
    CHECK(e->url && e->model);
    memcpy(e->url, settings->url, length);
    memcpy(e->url + length, "/chat/completions", sizeof "/chat/completions");
    e->client = http_client_new(loop, &options);
    *endpoint = e;
    return true;
}

void endpoint_stop(struct endpoint *endpoint)
{
    if (endpoint)
        http_client_stop(endpoint->client);
}

void endpoint_free(struct endpoint *endpoint)
{
    if (!endpoint)
        return;
    sodium_memzero(endpoint->key, sizeof endpoint->key);
    free(endpoint->url);
    free(endpoint->model);
    free(endpoint);
}

const char *endpoint_model(const struct endpoint *endpoint)
{
    return endpoint->model;
}

bool endpoint_ready(struct endpoint *e)
{
    if (!e)
        return false;
    if (e->failures < FAILURES_MAX)
        return true;
    if (clock_mono_us() < e->rests_until_us)
        return false;
    e->rests_until_us = clock_mono_us() + REST_US; /* this one tries; the others wait for it */
    return true;
}

void endpoint_send(struct op *op, struct endpoint *e, const char *body, int64_t timeout_ms,
                   struct http_exchange *exchange)
{
    const char **headers = ARENA_ARRAY(&op->arena, const char *, 3);

    headers[0] = "Content-Type: application/json";
    if (*e->key)
        headers[1] = arena_format(&op->arena, "Authorization: Bearer %s", e->key);
    *exchange = (struct http_exchange){ .method = "POST",
                                        .url = e->url,
                                        .headers = headers,
                                        .body = body,
                                        .body_bytes = strlen(body),
                                        .timeout_ms = timeout_ms,
                                        .answer_bytes_max = ANSWER_BYTES_MAX };
    http_client_send(op, e->client, exchange);
}

void endpoint_tell(struct endpoint *e, bool useful)
{
    e->failures = useful ? 0 : e->failures + 1;
    if (e->failures >= FAILURES_MAX)
        e->rests_until_us = clock_mono_us() + REST_US;
}
