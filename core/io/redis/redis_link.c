/* redis_link.c - hiredis 0.14 on libuv.
 *
 * hiredis' own libuv adapter ignores poll errors, so a refused connection hangs there for ever;
 * this one gives them to hiredis as the events it waited for. Names are resolved before hiredis
 * sees them, because it would block the loop. hiredis frees its context by itself after a failed
 * attempt and after a loss; `context` is NULL from the moment we are told.
 */
#include "core/io/redis/redis_link.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"

enum { BACKOFF_FIRST_MS = 50, BACKOFF_MAX_MS = 2000, COMMAND_MS = 2000, CONNECT_MS = 2000 };

static void link_open(struct redis_link *link);
static void link_lost(struct redis_link *link);

/* --- adapter --- */

struct poller {
    uv_poll_t handle;
    redisAsyncContext *context; /* NULL once hiredis has freed it */
    int wanted;
    bool armed;
};

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct poller *p = handle->data;

    if (status < 0) { /* libuv has stopped watching */
        p->armed = false;
        events = p->wanted;
    }
    if (p->context && (events & UV_READABLE))
        redisAsyncHandleRead(p->context);
    if (p->context && (events & UV_WRITABLE)) /* reading may have freed it */
        redisAsyncHandleWrite(p->context);
}

static void poller_want(struct poller *p, int wanted)
{
    if (p->armed && p->wanted == wanted)
        return;
    p->wanted = wanted;
    p->armed = wanted != 0;
    if (wanted)
        uv_poll_start(&p->handle, wanted, on_poll);
    else
        uv_poll_stop(&p->handle);
}

static void add_read(void *data)
{
    struct poller *p = data;
    poller_want(p, p->wanted | UV_READABLE);
}

static void del_read(void *data)
{
    struct poller *p = data;
    poller_want(p, p->wanted & ~UV_READABLE);
}

static void add_write(void *data)
{
    struct poller *p = data;
    poller_want(p, p->wanted | UV_WRITABLE);
}

static void del_write(void *data)
{
    struct poller *p = data;
    poller_want(p, p->wanted & ~UV_WRITABLE);
}

static void free_poller(uv_handle_t *handle)
{
    free(handle->data);
}

/* hiredis closes the socket after this; the poll handle must be off before. */
static void cleanup(void *data)
{
    struct poller *p = data;
    p->context = NULL;
    uv_close((uv_handle_t *)&p->handle, free_poller);
}

static bool attach(redisAsyncContext *context, uv_loop_t *uv)
{
    struct poller *p = calloc(1, sizeof *p);
    CHECK(p);
    if (uv_poll_init(uv, &p->handle, context->c.fd) != 0) {
        free(p);
        return false;
    }
    p->handle.data = p;
    p->context = context;
    context->ev.data = p;
    context->ev.addRead = add_read;
    context->ev.delRead = del_read;
    context->ev.addWrite = add_write;
    context->ev.delWrite = del_write;
    context->ev.cleanup = cleanup;
    return true;
}

/* --- addresses --- */

/* "host:port" or "[v6]:port" into its parts. */
static bool address_split(const char *address, char *host, size_t host_bytes, int *port)
{
    const char *colon = strrchr(address, ':');
    const char *begin = address, *end = colon;
    int64_t value;

    if (!colon || !text_parse_i64(colon + 1, 1, 65535, &value))
        return false;
    if (*begin == '[') {
        if (end[-1] != ']')
            return false;
        begin++, end--;
    } else if (memchr(begin, ':', (size_t)(end - begin))) {
        return false;
    }
    if (end <= begin || (size_t)(end - begin) >= host_bytes)
        return false;
    snprintf(host, host_bytes, "%.*s", (int)(end - begin), begin);
    *port = (int)value;
    return true;
}

static bool address_good(const char *address)
{
    char host[256];
    int port;

    return text_starts(address, "unix:") ? strlen(address) > 5 && strlen(address) < 5 + 108
                                         : address_split(address, host, sizeof host, &port);
}

/* The parts of a list; -1: too many. They are cut out of `list`. */
static int addresses_split(char *list, const char **into)
{
    int count = 0;

    for (char *at = list, *next; at; at = next) {
        next = strchr(at, ',');
        if (next)
            *next++ = 0;
        if (count == REDIS_ADDRESSES_MAX)
            return -1;
        into[count++] = at;
    }
    return count;
}

bool redis_address_check(const char *address, struct gov_err *err)
{
    char copy[1024];
    const char *parts[REDIS_ADDRESSES_MAX];
    bool good = strlen(address) < sizeof copy;

    if (good) {
        snprintf(copy, sizeof copy, "%s", address);
        int count = addresses_split(copy, parts);
        good = count > 0;
        for (int i = 0; i < count; i++)
            good = good && address_good(parts[i]);
    }
    return good || gov_fail(err, GOV_INVALID_INPUT,
                            "\"%s\" is no Redis address: write unix:/path/of/socket or host:port, or up to 16 of them "
                            "separated by commas",
                            "“%s”不是 Redis 地址：请写 unix:/套接字路径 或 主机:端口，可用逗号分隔最多 16 个", address);
}

static const char *address_of(const struct redis_link *link)
{
    return *link->moved ? link->moved : link->addresses[link->at];
}

/* --- the life of a connection --- */

static struct redis_link *link_of(const redisAsyncContext *context)
{
    return context->data;
}

static void on_timer(uv_timer_t *timer)
{
    struct redis_link *link = timer->data;

    if (link->state == LINK_BACKOFF)
        link_open(link);
    else if (link->state == LINK_CONNECTING || link->state == LINK_RESOLVING)
        redis_link_drop(link, "connecting took too long");
}

static void on_auth(redisAsyncContext *context, void *answer, void *data)
{
    redisReply *reply = answer;
    char why[160];
    (void)data;

    if (!reply || reply->type != REDIS_REPLY_ERROR)
        return;
    snprintf(why, sizeof why, "%s", reply->str);
    redis_link_drop(link_of(context), why);
}

static void on_connect(const redisAsyncContext *context, int status)
{
    struct redis_link *link = link_of(context);

    if (link->context != context)
        return; /* dropped already */
    if (status != REDIS_OK) {
        snprintf(link->fault, sizeof link->fault, "%s", context->errstr ? context->errstr : "?");
        link->context = NULL;
        link_lost(link);
        return;
    }
    if (!text_starts(address_of(link), "unix:"))
        redisEnableKeepAlive((redisContext *)&context->c);
    uv_timer_stop(&link->timer);
    link->state = LINK_UP;
    link->attempts = 0;
    link->up(link);
}

static void on_disconnect(const redisAsyncContext *context, int status)
{
    struct redis_link *link = link_of(context);
    (void)status;

    if (link->context != context)
        return;
    snprintf(link->fault, sizeof link->fault, "%s",
             context->errstr && *context->errstr ? context->errstr : "the connection was closed");
    link->context = NULL;
    link_lost(link);
}

static void link_lost(struct redis_link *link)
{
    if (link->state == LINK_STOPPED)
        return;
    if (!link->redirected) {
        *link->moved = 0;
        link->at = (link->at + 1) % link->address_count;
    }
    link->redirected = false;
    int shift = link->attempts < 6 ? link->attempts : 6;
    uint32_t most = BACKOFF_FIRST_MS << shift;
    if (most > BACKOFF_MAX_MS)
        most = BACKOFF_MAX_MS;
    link->attempts++;
    link->state = LINK_BACKOFF;
    uv_timer_start(&link->timer, on_timer, most / 2 + randombytes_uniform(most / 2 + 1), 0);
    link->down(link);
}

static void link_connect(struct redis_link *link, const char *host, int port)
{
    const char *address = address_of(link);
    redisAsyncContext *context = text_starts(address, "unix:") ? redisAsyncConnectUnix(address + 5)
                                                               : redisAsyncConnect(host, port);
    CHECK(context);
    if (context->err || !attach(context, &link->loop->uv)) {
        snprintf(link->fault, sizeof link->fault, "%s", context->err ? context->errstr : "poll");
        redisAsyncFree(context);
        link_lost(link);
        return;
    }
    link->context = context;
    link->state = LINK_CONNECTING;
    context->data = link;
    redisAsyncSetConnectCallback(context, on_connect);
    redisAsyncSetDisconnectCallback(context, on_disconnect);
    if (link->options.password && link->options.user)
        redisAsyncCommand(context, on_auth, NULL, "AUTH %s %s", link->options.user,
                          link->options.password);
    else if (link->options.password)
        redisAsyncCommand(context, on_auth, NULL, "AUTH %s", link->options.password);
}

static void link_gone(struct redis_link *link)
{
    if (link->timer_closed && !link->resolving && link->state == LINK_STOPPED) {
        arena_release(&link->arena);
        link->gone(link);
    }
}

static void link_resolve(struct redis_link *link);

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct redis_link *link = request->data;
    char host[INET6_ADDRSTRLEN] = "", ignored[256];
    int port = 0;

    link->resolving = false;
    if (link->state == LINK_RESOLVING && strcmp(link->asked, address_of(link)) != 0) {
        link_resolve(link); /* that was an older question, about another address */
    } else if (link->state == LINK_RESOLVING) {
        if (status == 0)
            status = getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof host, NULL, 0,
                                 NI_NUMERICHOST);
        if (status != 0) {
            snprintf(link->fault, sizeof link->fault, "the name cannot be resolved");
            link_lost(link);
        } else {
            address_split(address_of(link), ignored, sizeof ignored, &port);
            link_connect(link, host, port);
        }
    }
    uv_freeaddrinfo(found);
    link_gone(link);
}

static void link_resolve(struct redis_link *link)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    char host[256] = "";
    int port = 0;

    address_split(address_of(link), host, sizeof host, &port);
    snprintf(link->asked, sizeof link->asked, "%s", address_of(link));
    link->resolver.data = link;
    link->resolving =
        uv_getaddrinfo(&link->loop->uv, &link->resolver, on_resolved, host, NULL, &hints) == 0;
    if (!link->resolving)
        link_lost(link);
}

static void link_open(struct redis_link *link)
{
    unsigned char parsed[sizeof(struct in6_addr)];
    char host[256] = "";
    int port = 0;

    uv_timer_start(&link->timer, on_timer, (uint64_t)link->options.connect_ms, 0);
    if (text_starts(address_of(link), "unix:")) {
        link_connect(link, NULL, 0);
        return;
    }
    CHECK(address_split(address_of(link), host, sizeof host, &port));
    if (inet_pton(AF_INET, host, parsed) == 1 || inet_pton(AF_INET6, host, parsed) == 1) {
        link_connect(link, host, port);
        return;
    }
    link->state = LINK_RESOLVING;
    if (!link->resolving) /* else its answer comes first */
        link_resolve(link);
}

void redis_link_start(struct redis_link *link, struct loop *loop,
                      const struct redis_options *options)
{
    link->loop = loop;
    arena_init(&link->arena);
    link->options = *options;
    link->options.address = arena_text(&link->arena, options->address);
    link->options.user = arena_text(&link->arena, options->user);
    link->options.password = arena_text(&link->arena, options->password);
    char *list = arena_format(&link->arena, "%s", options->address);
    link->address_count = addresses_split(list, link->addresses);
    CHECK(link->address_count > 0);
    link->options.user = arena_text(&link->arena, options->user);
    link->options.password = arena_text(&link->arena, options->password);
    if (!link->options.command_ms)
        link->options.command_ms = COMMAND_MS;
    if (!link->options.connect_ms)
        link->options.connect_ms = CONNECT_MS;
    uv_timer_init(&loop->uv, &link->timer);
    link->timer.data = link;
    link_open(link);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct redis_link *link = handle->data;
    link->timer_closed = true;
    link_gone(link);
}

void redis_link_stop(struct redis_link *link)
{
    redisAsyncContext *context = link->context;

    CHECK(link->state != LINK_STOPPED);
    link->state = LINK_STOPPED;
    link->context = NULL;
    if (context)
        redisAsyncFree(context);
    if (link->resolving)
        uv_cancel((uv_req_t *)&link->resolver);
    uv_close((uv_handle_t *)&link->timer, on_timer_closed);
}

void redis_link_drop(struct redis_link *link, const char *why)
{
    redisAsyncContext *context = link->context;

    if (link->state == LINK_STOPPED || link->state == LINK_BACKOFF)
        return;
    snprintf(link->fault, sizeof link->fault, "%s", why);
    link->context = NULL;
    if (context)
        redisAsyncFree(context);
    link_lost(link);
}

void redis_link_redirect(struct redis_link *link, const char *address, const char *why)
{
    if (link->state != LINK_UP)
        return; /* on the way: others that were in flight hear the same */
    if (address && strlen(address) < sizeof link->moved && address_good(address)) {
        snprintf(link->moved, sizeof link->moved, "%s", address);
        link->redirected = true;
    }
    redis_link_drop(link, why);
}

bool redis_link_usable(const struct redis_link *link)
{
    return link->context && !(link->context->c.flags & (REDIS_DISCONNECTING | REDIS_FREEING));
}
