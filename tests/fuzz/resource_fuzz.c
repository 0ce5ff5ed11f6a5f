/* A method, an address and a body, separated by line feeds, from anybody; or "@" and an operation, and its parameter: the
 * whitelist's verdict comes in bounded time, and what it lets through is what is listed. The address's host is classed
 * too.
 *
 * What passes is an allowed operation, below the base URL, in its own spelling: no dot segment, no encoded slash, no
 * second encoding; and no parameter spells an operation that is not allowed. */
#include <stdint.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/ip_class.h"
#include "core/base/json.h"
#include "core/model/resource.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char definition[] =
    "{\"base_url\":\"https://p.example/v1\",\"operations\":["
    "{\"name\":\"get\",\"method\":\"GET\",\"path\":\"/o/{id}\",\"parameters\":{\"id\":{\"type\":\"string\"},"
    "\"q\":{\"type\":\"string\"}}},"
    "{\"name\":\"make\",\"method\":\"POST\",\"path\":\"/o\",\"allowed\":true,\"body\":true},"
    "{\"name\":\"update\",\"method\":\"POST\",\"path\":\"/o/{id}\",\"allowed\":true,\"body\":true,"
    "\"parameters\":{\"id\":{\"type\":\"string\"}}},"
    "{\"name\":\"purge\",\"method\":\"POST\",\"path\":\"/o/purge\"},"
    "{\"name\":\"drop\",\"method\":\"DELETE\",\"path\":\"/o/{id}\",\"parameters\":{\"id\":{\"type\":\"string\"}}}]}";

static void check_passed(const struct resource_call *call)
{
    const char *path = call->url + strlen("https://p.example");

    CHECK(call->operation && call->operation->allowed);
    CHECK(strncmp(call->url, "https://p.example/v1/o", 22) == 0);
    CHECK(strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0 ||
          strcmp(call->method, "POST") == 0);
    CHECK(!strstr(path, "/../") && !strstr(path, "/./") && !strstr(path, "//") && !strstr(path, "\\"));
    size_t length = strcspn(path, "?");
    for (size_t i = 0; i + 2 < length; i++)
        CHECK(strncasecmp(path + i, "%2f", 3) != 0 && strncasecmp(path + i, "%5c", 3) != 0 &&
              strncasecmp(path + i, "%00", 3) != 0);
    /* "purge", or what a server takes for it */
    CHECK(strcmp(call->method, "POST") != 0 || strncasecmp(path, "/v1/o/purge", 11) != 0 ||
          (path[11] && path[11] != '.' && path[11] != '?' && strncasecmp(path + 11, "%20", 3) != 0));
    for (const char *c = call->url; *c; c++)
        CHECK(*c > 0x20 && *c < 0x7f);
}

static void check_host(const char *url, struct arena *arena)
{
    struct resource_url parts;
    struct ip_address address;

    if (!resource_url_read(url, &parts, arena))
        return;
    CHECK(*parts.host && parts.port > 0 && parts.port < 65536 && parts.path[0] == '/');
    CHECK(!strchr(parts.host, '@') && !strchr(parts.host, '/'));
    size_t length = strlen(parts.host);
    const char *plain = *parts.host == '[' ? arena_copy(arena, parts.host + 1, length - 2) : parts.host;
    if (ip_parse(plain, &address) && address.v6 && address.bytes[0] != 0x20 && (address.bytes[0] & 0xe0) != 0x20)
        CHECK(ip_class(&address) != IP_GLOBAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct resource resource; /* read once: the wish is what is fuzzed */
    static struct arena kept;
    struct resource_call call;
    struct arena arena;
    struct gov_err err;

    if (bytes > 20000)
        return 0;
    if (!resource.json) {
        arena_init(&kept);
        CHECK(resource_read(json_parse(&kept, definition, strlen(definition), &err), &resource, &kept, &err));
    }
    arena_init(&arena);
    char *text = arena_copy(&arena, data, bytes), *url = strchr(text, '\n');
    char *body = url ? strchr(url + 1, '\n') : NULL;
    if (url) {
        *url++ = 0;
        if (body)
            *body++ = 0;
        struct resource_wish wish = { .method = text, .url = url, .body = body,
                                      .body_bytes = body ? strlen(body) : 0 };
        if (*text == '@')
            wish = (struct resource_wish){ .operation = text + 1, .parameters = json_own(&arena, json_pack("{s:s}", "id", url)),
                                           .body = body, .body_bytes = wish.body_bytes };
        check_host(url, &arena);
        if (resource_call_make(&resource, &wish, &call, &arena, &err))
            check_passed(&call);
        else
            CHECK(err.code && *err.en && *err.zh);
    }
    arena_release(&arena);
    return 0;
}
