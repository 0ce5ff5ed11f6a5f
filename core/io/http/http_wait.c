/* http_wait.c - deadlines in first-in first-out lists.
 *
 * Every kind of wait has one constant length, so a connection that begins to
 * wait goes to the end of its list and the heads are always the next to
 * expire. Arming is O(1), and one timer that looks at six heads four times a
 * second serves any number of connections. It rests when nobody waits.
 */
#include "core/base/check.h"
#include "core/io/http/http_conn.h"

enum { TICK_MS = 250 };

static const struct http_fault header_late = { GOV_REQUEST_TIMEOUT,
                                               "the header did not arrive in time",
                                               "请求头未在规定时间内到达" };
static const struct http_fault body_late = { GOV_REQUEST_TIMEOUT, "the body came too slowly",
                                             "请求体发送过慢" };

static uint64_t wait_ms(const struct http_options *options, enum http_wait wait)
{
    switch (wait) {
    case HTTP_WAIT_IDLE:
        return (uint64_t)options->idle_timeout_ms;
    case HTTP_WAIT_HEADER:
        return (uint64_t)options->header_timeout_ms;
    case HTTP_WAIT_BODY:
        return (uint64_t)options->body_timeout_ms;
    case HTTP_WAIT_WRITE:
        return (uint64_t)options->write_timeout_ms;
    case HTTP_WAIT_LINGER:
        return (uint64_t)options->linger_ms;
    default:
        return 0;
    }
}

void http_wait_init(struct http_server *server)
{
    for (int i = 0; i < HTTP_WAIT_COUNT; i++)
        list_init(&server->waiting[i]);
}

void http_wait_arm(struct http_conn *c, enum http_wait wait)
{
    struct http_server *server = c->server;

    list_remove(&c->waiting);
    c->wait = (uint8_t)wait;
    if (wait == HTTP_WAIT_NONE)
        return;
    if (wait == HTTP_WAIT_WRITE)
        c->queued_at_arm = uv_stream_get_write_queue_size(&c->uv.stream);
    if (wait == HTTP_WAIT_BODY)
        c->body_step = 0;
    c->deadline_ms = uv_now(server->loop) + wait_ms(&server->options, wait);
    list_append(&server->waiting[wait], &c->waiting);
    http_wait_timer_start(server);
}

void http_wait_ensure(struct http_conn *c, enum http_wait wait)
{
    if (c->wait != wait)
        http_wait_arm(c, wait);
}

static void expire(struct http_conn *c)
{
    struct http_server *server = c->server;
    enum http_wait wait = c->wait;

    http_wait_arm(c, HTTP_WAIT_NONE);
    switch (wait) {
    case HTTP_WAIT_HEADER:
        server->metrics.timeouts++;
        http_conn_fault(c, &header_late);
        break;
    case HTTP_WAIT_BODY:
        server->metrics.timeouts++;
        http_conn_fault(c, &body_late);
        break;
    case HTTP_WAIT_WRITE:
        if (uv_stream_get_write_queue_size(&c->uv.stream) < c->queued_at_arm) {
            http_wait_arm(c, HTTP_WAIT_WRITE); /* slow, but reading */
            break;
        }
        server->metrics.timeouts++;
        http_conn_close(c);
        break;
    default:
        http_conn_close(c);
    }
}

static void on_tick(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    uint64_t now = uv_now(server->loop);
    bool anyone = false;

    for (int i = 0; i < HTTP_WAIT_COUNT; i++) {
        struct list *list = &server->waiting[i];
        while (!list_empty(list)) {
            struct http_conn *c = LIST_ITEM(list->next, struct http_conn, waiting);
            if (c->deadline_ms > now)
                break;
            expire(c);
        }
        anyone = anyone || !list_empty(list);
    }
    if (server->stopping && now >= (uint64_t)server->stop_deadline_ms) {
        while (!list_empty(&server->connections))
            http_conn_close(LIST_ITEM(server->connections.next, struct http_conn, all));
    }
    if (!anyone && !server->stopping && !uv_is_closing((uv_handle_t *)timer))
        uv_timer_stop(timer);
}

void http_wait_timer_start(struct http_server *server)
{
    if (!uv_is_closing((uv_handle_t *)&server->timer) &&
        !uv_is_active((uv_handle_t *)&server->timer))
        uv_timer_start(&server->timer, on_tick, TICK_MS, TICK_MS);
}
