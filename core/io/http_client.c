/* http_client.c - curl_multi_socket_action over uv_poll and one uv_timer.
 *
 * libcurl tells which sockets to watch (on_socket) and when to call again (on_timer); neither may call
 * back into it, so a zero timeout goes through the uv timer as well. Finished transfers are collected
 * after each action. A uv_poll handle is closed before libcurl closes its socket: CURL_POLL_REMOVE
 * comes first.
 */
#include "core/io/http_client.h"

#include <ctype.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/buf.h"
#include "core/base/check.h"
#include "core/base/list.h"
#include "core/io/mail.h"

enum { TRANSFERS_MAX = 16, CONNECT_MS = 10000, TIMEOUT_MS = 20000, RETRY_AFTER_S_MAX = 86400,
       HEADER_BYTES_MAX = 32 * 1024 };

struct http_client {
    struct loop *loop;
    CURLM *multi;
    uv_timer_t timer;
    struct list transfers;
    struct ip_nets open;
    int transfers_max, host_max;
    char agent[80];
    bool reuse;
    bool outdated; /* kept connections were allowed by networks that are not the open ones any more */
    bool is_cut;
};

struct transfer {
    struct list link;
    struct http_client *client;
    struct op *op;
    struct http_exchange *exchange;
    CURL *easy;
    struct curl_slist *headers;
    struct buf answer, answer_headers;
    struct mail_body letter;
    bool refused; /* the address is not for us */
    char refused_class[16];
};

struct watcher {
    uv_poll_t poll; /* first */
    struct http_client *client;
    curl_socket_t socket;
};

/* --- ending --- */

static void fail_exchange(struct transfer *t, CURLcode code)
{
    struct gov_err *err = &t->exchange->err;

    if (t->refused)
        gov_fail(err, GOV_ADDRESS_REFUSED, "the host's address is %s; only public ones are called",
                 "该主机的地址属于 %s；只允许访问公网地址", t->refused_class);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        gov_fail(err, GOV_DEADLINE, "no answer within %lld ms", "%lld 毫秒内没有应答",
                 (long long)t->exchange->timeout_ms);
    else if ((code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) && !t->exchange->mail)
        gov_fail(err, GOV_INVALID_INPUT, "this is not an http or https address",
                 "这不是 http 或 https 地址");
    else
        gov_fail(err, GOV_OVERLOADED, "the host was not reached: %s", "无法连接主机：%s",
                 curl_easy_strerror(code));
}

static bool has_left(const struct transfer *t)
{
    long sent = 0;

    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
    return t->exchange->mail ? t->letter.sent > 0 : sent > 0;
}

static void read_outcome(struct transfer *t, CURLcode code)
{
    struct http_exchange *x = t->exchange;
    curl_off_t wait = 0;
    long status = 0;
    /* Our own cut in on_answer: what came is what was wanted. */
    bool cut = code == CURLE_WRITE_ERROR && t->answer.length == x->answer_bytes_max;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait);
    x->sent = has_left(t);
    x->cut = cut;
    /* A mail server's refusal is an answer; libcurl calls it a failure of whatever it did just then. */
    bool refused = x->mail && status >= 400;
    if (code != CURLE_OK && !cut && !refused) {
        fail_exchange(t, code);
        return;
    }
    x->status = (int)status;
    x->retry_after_s = wait < 0 ? 0 : wait > RETRY_AFTER_S_MAX ? RETRY_AFTER_S_MAX : wait;
}

/* Everything of the transfer goes; its op goes on. */
static void transfer_end(struct transfer *t)
{
    struct http_exchange *x = t->exchange;
    struct op *op = t->op;

    x->answer = arena_copy(&op->arena, buf_text(&t->answer), t->answer.length);
    x->answer_bytes = t->answer.length;
    x->answer_headers = arena_copy(&op->arena, buf_text(&t->answer_headers), t->answer_headers.length);
    list_remove(&t->link);
    if (t->easy) {
        curl_multi_remove_handle(t->client->multi, t->easy);
        curl_easy_cleanup(t->easy);
    }
    curl_slist_free_all(t->headers);
    mail_body_free(&t->letter);
    buf_release(&t->answer);
    buf_release(&t->answer_headers);
    free(t);
    op_io_end(op, NULL);
}

static void collect(struct http_client *c)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(c->multi, &left)) != NULL) {
        struct transfer *t;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        read_outcome(t, code);
        transfer_end(t);
    }
}

/* --- the loop's side --- */

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watcher *w = (struct watcher *)poll;
    struct http_client *c = w->client;
    int running, flags = 0;

    if (status < 0)
        flags = CURL_CSELECT_ERR;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(c->multi, w->socket, flags, &running);
    collect(c);
}

static void on_watcher_closed(uv_handle_t *handle)
{
    free(handle);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *client, void *watcher)
{
    struct http_client *c = client;
    struct watcher *w = watcher;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w) {
            curl_multi_assign(c->multi, socket, NULL);
            uv_close((uv_handle_t *)&w->poll, on_watcher_closed);
        }
        return 0;
    }
    if (!w) {
        w = calloc(1, sizeof *w);
        CHECK(w);
        w->client = c;
        w->socket = socket;
        CHECK(uv_poll_init_socket(&c->loop->uv, &w->poll, socket) == 0);
        curl_multi_assign(c->multi, socket, w);
    }
    if (what & CURL_POLL_IN)
        events |= UV_READABLE;
    if (what & CURL_POLL_OUT)
        events |= UV_WRITABLE;
    uv_poll_start(&w->poll, events, on_ready);
    return 0;
}

static void on_timeout(uv_timer_t *timer)
{
    struct http_client *c = timer->data;
    int running;

    curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(c);
}

static int on_timer(CURLM *multi, long timeout_ms, void *client)
{
    struct http_client *c = client;

    (void)multi;
    if (timeout_ms < 0)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timeout, (uint64_t)timeout_ms, 0);
    return 0;
}

static void multi_make(struct http_client *c)
{
    c->multi = curl_multi_init();
    CHECK(c->multi);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)c->transfers_max);
    curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)c->host_max);
}

/* --- the rules --- */

static bool address_of(const struct curl_sockaddr *where, struct ip_address *address)
{
    memset(address, 0, sizeof *address);
    if (where->family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&where->addr;
        memcpy(address->bytes, &in->sin_addr, 4);
        return true;
    }
    if (where->family == AF_INET6) {
        /* curl_sockaddr ends with a plain sockaddr; the whole address lies behind it. */
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)&where->addr;
        address->v6 = true;
        memcpy(address->bytes, &in->sin6_addr, 16);
        return true;
    }
    return false;
}

static curl_socket_t on_open(void *transfer, curlsocktype purpose, struct curl_sockaddr *where)
{
    struct transfer *t = transfer;
    struct ip_address address;
    enum ip_class class = IP_RESERVED;

    if (purpose == CURLSOCKTYPE_IPCXN && address_of(where, &address)) {
        class = ip_class(&address);
        if (class == IP_GLOBAL || ip_nets_hold(&t->client->open, &address))
            return socket(where->family, where->socktype | SOCK_CLOEXEC, where->protocol);
    }
    t->refused = true;
    snprintf(t->refused_class, sizeof t->refused_class, "%s", ip_class_name(class));
    return CURL_SOCKET_BAD;
}

static size_t on_answer(char *data, size_t one, size_t bytes, void *transfer)
{
    struct transfer *t = transfer;
    size_t room = t->exchange->answer_bytes_max - t->answer.length;

    bytes *= one;
    buf_add(&t->answer, data, bytes < room ? bytes : room);
    return bytes <= room ? bytes : 0;
}

/* Status lines start a block anew: what came before was a 1xx answer. */
static size_t on_header(char *data, size_t one, size_t bytes, void *transfer)
{
    struct transfer *t = transfer;
    size_t length = bytes * one;

    while (length && (data[length - 1] == '\n' || data[length - 1] == '\r'))
        length--;
    if (length > 5 && memcmp(data, "HTTP/", 5) == 0)
        buf_clear(&t->answer_headers);
    else if (length && t->answer_headers.length + length < HEADER_BYTES_MAX) {
        buf_add(&t->answer_headers, data, length);
        buf_add_char(&t->answer_headers, '\n');
    }
    return bytes * one;
}

static bool url_valid(const char *url, const char *plain, const char *tls, struct arena *arena, const char **host)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *name = NULL, *user = NULL;

    bool good = u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
                curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                (strcmp(scheme, plain) == 0 || strcmp(scheme, tls) == 0) &&
                curl_url_get(u, CURLUPART_HOST, &name, 0) == CURLUE_OK && *name &&
                curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER;
    if (good && host) {
        char *copy = arena_text(arena, name);
        for (char *c = copy; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        *host = copy;
    }
    curl_free(scheme);
    curl_free(name);
    curl_free(user);
    curl_url_cleanup(u);
    return good;
}

bool http_client_url_valid(const char *url, struct arena *arena, const char **host)
{
    return url_valid(url, "http", "https", arena, host);
}

bool http_client_mail_url_valid(const char *url, struct arena *arena)
{
    return url_valid(url, "smtp", "smtps", arena, NULL);
}

static bool header_valid(const char *header)
{
    return strpbrk(header, "\r\n") == NULL && strchr(header, ':') != NULL;
}

static void set_request(struct transfer *t)
{
    struct http_exchange *x = t->exchange;

    curl_easy_setopt(t->easy, CURLOPT_URL, x->url);
    if (x->mail) {
        t->letter = (struct mail_body){ .data = x->body, .bytes = x->body_bytes };
        mail_set(t->easy, x->mail, &t->letter);
        return;
    }
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (strcmp(x->method, "HEAD") == 0)
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, x->method);
    if (x->body) {
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body_bytes);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, x->body);
    }
    for (const char *const *h = x->headers; h && *h; h++) {
        CHECK(header_valid(*h));
        t->headers = curl_slist_append(t->headers, *h);
    }
    t->headers = curl_slist_append(t->headers, "Expect:");
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(t->easy, CURLOPT_USERAGENT, t->client->agent);
}

/* Kept connections of other networks than those open now are closed as soon as nothing is under way, and none is used
 * until then. */
static void kept_close(struct http_client *c)
{
    if (!c->outdated || !list_empty(&c->transfers))
        return;
    curl_multi_cleanup(c->multi);
    uv_timer_stop(&c->timer);
    multi_make(c);
    c->outdated = false;
}

/* libcurl sends a request once more when a connection that was used before ends without an answer, whatever its method:
 * the peer may have taken it. What writes has a connection of its own. */
static bool used_connection_will_do(const struct transfer *t)
{
    const char *method = t->exchange->method;
    return t->client->reuse && !t->client->outdated && (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0);
}

static void set_rules(struct transfer *t)
{
    int64_t ms = t->exchange->timeout_ms ? t->exchange->timeout_ms : TIMEOUT_MS;

    t->exchange->timeout_ms = ms;
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(t->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, used_connection_will_do(t) ? 0L : 1L);
    curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, t->client->reuse && !t->client->outdated ? 0L : 1L);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    if (t->exchange->inflate)
        curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)ms);
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(ms < CONNECT_MS ? ms : CONNECT_MS));
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
}

/* --- public --- */

struct http_client *http_client_new(struct loop *loop, const struct http_client_options *options)
{
    struct http_client *c = calloc(1, sizeof *c);

    CHECK(c);
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
    c->loop = loop;
    c->open = options->open;
    c->reuse = options->reuse;
    snprintf(c->agent, sizeof c->agent, "%s", options->agent ? options->agent : "ExecGov");
    list_init(&c->transfers);
    uv_timer_init(&loop->uv, &c->timer);
    c->timer.data = c;
    c->host_max = options->host_max;
    c->transfers_max = options->transfers_max ? options->transfers_max : TRANSFERS_MAX;
    multi_make(c);
    return c;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void fail_cut(struct http_exchange *exchange)
{
    gov_fail_cause(&exchange->err, GOV_SHUTTING_DOWN, "the client stops");
}

void http_client_cut(struct http_client *client)
{
    client->is_cut = true;
    while (!list_empty(&client->transfers)) {
        struct transfer *t = LIST_ITEM(client->transfers.next, struct transfer, link);
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not see that transfer_end unlinks the first */
        t->exchange->sent = has_left(t);
        fail_cut(t->exchange);
        transfer_end(t);
    }
}

void http_client_stop(struct http_client *client)
{
    http_client_cut(client);
    curl_multi_cleanup(client->multi);
    uv_timer_stop(&client->timer);
    uv_close((uv_handle_t *)&client->timer, on_timer_closed);
}

void http_client_reopen(struct http_client *client, const struct ip_nets *open)
{
    if (ip_nets_same(&client->open, open))
        return;
    client->open = *open;
    client->outdated = client->reuse;
}

void http_client_send(struct op *op, struct http_client *client, struct http_exchange *exchange)
{
    struct transfer *t;

    exchange->status = 0;
    exchange->answer = arena_text(&op->arena, "");
    exchange->answer_bytes = 0;
    exchange->retry_after_s = 0;
    exchange->sent = exchange->cut = false;
    exchange->answer_headers = "";
    memset(&exchange->err, 0, sizeof exchange->err);
    if (client->is_cut) {
        fail_cut(exchange);
        return;
    }
    if (exchange->mail ? !http_client_mail_url_valid(exchange->url, &op->arena)
                       : !http_client_url_valid(exchange->url, &op->arena, NULL)) {
        gov_fail(&exchange->err, GOV_INVALID_INPUT, "this is not an %s address", "这不是 %s 地址",
                 exchange->mail ? "smtp / smtps" : "http / https");
        return;
    }
    kept_close(client);
    t = calloc(1, sizeof *t);
    CHECK(t);
    t->client = client;
    t->op = op;
    t->exchange = exchange;
    t->easy = curl_easy_init();
    CHECK(t->easy);
    list_init(&t->link);
    list_append(&client->transfers, &t->link);
    set_request(t);
    set_rules(t);
    op_io_begin(op);
    CHECK(curl_multi_add_handle(client->multi, t->easy) == CURLM_OK);
}
