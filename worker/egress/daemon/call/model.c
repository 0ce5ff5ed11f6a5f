#include "worker/egress/daemon/call/model.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/check.h"

enum { KEY_BYTES_MAX = 512, TRANSFERS_MAX = 8 };

static const char path[] = "/chat/completions";

static bool read_key(const char *file, char *key, struct gov_err *err)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, key, KEY_BYTES_MAX - 1);

    if (fd >= 0)
        close(fd);
    key[n > 0 ? n : 0] = 0;
    key[strcspn(key, "\r\n")] = 0;
    if (n > 0 && *key && strspn(key, "\x20\t") == 0)
        return true;
    return gov_fail_at(err, GOV_INVALID_INPUT, "model_key_file", "unreadable",
                       "the key of the model endpoint cannot be read from %s",
                       "无法从 %s 读取模型端点的密钥", file);
}

static bool settings_valid(const struct egress_settings *s, struct gov_err *err)
{
    struct arena arena;
    struct ip_nets nets;

    arena_init(&arena);
    bool url = http_client_url_valid(s->model_url, &arena, NULL);
    arena_release(&arena);
    if (!url)
        return gov_fail_at(err, GOV_INVALID_INPUT, "model_url", "format",
                           "model_url must be an http or https address with a host",
                           "model_url 须为带主机名的 http 或 https 地址");
    if (!*s->model_name)
        return gov_fail_at(err, GOV_INVALID_INPUT, "model_name", "required",
                           "model_url needs model_name, the name of the model",
                           "设置 model_url 时须设置 model_name（模型名称）");
    return ip_nets_parse(s->model_allow_private, &nets, err) || gov_err_context(err, "model_allow_private");
}

bool model_open(struct loop *loop, const struct egress_settings *settings, struct model **model,
                struct gov_err *err)
{
    char key[KEY_BYTES_MAX] = "";
    size_t length = strlen(settings->model_url);

    *model = NULL;
    if (!length)
        return true;
    if (!settings_valid(settings, err) || (*settings->model_key_file && !read_key(settings->model_key_file, key, err)))
        return false;
    struct model *m = calloc(1, sizeof *m);
    CHECK(m);
    while (length && settings->model_url[length - 1] == '/')
        length--;
    m->url = malloc(length + sizeof path);
    m->name = strdup(settings->model_name);
    m->key = strdup(key);
    CHECK(m->url && m->name && m->key);
    sodium_memzero(key, sizeof key);
    memcpy(m->url, settings->model_url, length);
    memcpy(m->url + length, path, sizeof path);
    m->client = http_client_new(loop, &(struct http_client_options){ .agent = "ExecGov/" EXECGOV_VERSION,
                                                                     .transfers_max = TRANSFERS_MAX });
    *model = m;
    return true;
}

void model_cut(struct model *model)
{
    if (model)
        http_client_cut(model->client);
}

void model_stop(struct model *model)
{
    if (model)
        http_client_stop(model->client);
}

void model_free(struct model *model)
{
    if (!model)
        return;
    sodium_memzero(model->key, strlen(model->key));
    free(model->key);
    free(model->url);
    free(model->name);
    free(model);
}
