#include "core/io/egress/egress_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/io/egress/channel.h"

struct egress_session {
    struct loop *loop;
    const char *socket;
    uv_timer_t deadline;
    struct channel *channel; /* NULL: not connected, or gone */
    struct op *op;           /* who waits; NULL: nobody */
    struct egress_answer *answer;
};

static void away(struct gov_err *err, const char *cause)
{
    gov_fail(err, GOV_EGRESS_UNAVAILABLE, "execgov-egress cannot be reached; nothing was sent",
             "无法连接 execgov-egress，未发送任何内容");
    snprintf(err->cause, sizeof err->cause, "%s", cause);
}

static void lost(struct egress_answer *answer, enum gov_code code, const char *en, const char *zh)
{
    answer->lost = true;
    gov_fail(&answer->err, code, "%s%.0s", "%.0s%s", en, zh);
}

static void settle(struct egress_session *s)
{
    struct op *op = s->op;

    s->op = NULL;
    s->answer = NULL;
    if (op)
        op_io_end(op, NULL);
}

/* What egress says was wrong, in our words for it. */
static void read_error(const json_t *json, struct gov_err *err)
{
    const char *code = json_get_text(json, "error");
    const json_t *detail = json_object_get(json, "detail");
    const char *en = json_is_string(detail) ? json_string_value(detail) : json_get_text(detail, "en");
    const char *zh = json_is_string(detail) ? en : json_get_text(detail, "zh");

    if (!code)
        return;
    gov_fail(err, gov_code_from_wire(code), "%s", "%s", en ? en : code);
    snprintf(err->zh, sizeof err->zh, "%s", zh ? zh : en ? en : code);
    err->retry_after_s = (int)((json_get_int(json, "retry_after_ms", 0) + 999) / 1000);
}

static void frame_release(void *frame)
{
    channel_frame_free(frame);
}

static void on_frame(void *user, struct channel_frame *frame)
{
    struct egress_session *s = user;

    if (!s->op) {
        channel_frame_free(frame);
        return;
    }
    arena_defer(&s->op->arena, frame_release, frame);
    s->answer->json = frame->json;
    s->answer->body = frame->body;
    s->answer->body_bytes = frame->body_bytes;
    read_error(frame->json, &s->answer->err);
    settle(s);
}

static void on_closed(void *user)
{
    struct egress_session *s = user;

    s->channel = NULL;
    if (s->answer)
        lost(s->answer, GOV_EGRESS_UNAVAILABLE, "execgov-egress broke off; what it was asked for may have been done",
             "execgov-egress 连接中断；所请求的操作可能已执行");
    settle(s);
}

static const struct channel_events events = { on_frame, on_closed, .takes_descriptor = false };

struct egress_session *egress_session_new(struct loop *loop, const char *socket)
{
    struct egress_session *s = calloc(1, sizeof *s);

    CHECK(s);
    s->loop = loop;
    s->socket = socket;
    uv_timer_init(&loop->uv, &s->deadline);
    s->deadline.data = s;
    return s;
}

/* A unix socket connects at once or not at all. */
static int connect_now(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd;

    if (!*path || strlen(path) >= sizeof address.sun_path) {
        errno = ENOENT;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int kept = errno;
        close(fd);
        errno = kept;
        return -1;
    }
    return fd;
}

static void send_and_wait(struct op *op, struct egress_session *s, const json_t *json, const char *body,
                          size_t bytes, int fd, struct egress_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    CHECK(!s->op);
    if (!s->channel || !channel_send(s->channel, json, body, bytes, fd)) {
        away(&answer->err, s->channel ? "it does not fit a frame" : "not connected");
        return;
    }
    s->op = op;
    s->answer = answer;
    op_io_begin(op);
}

static bool connected(struct egress_session *s, struct egress_answer *answer)
{
    int fd = connect_now(s->socket);

    memset(answer, 0, sizeof *answer);
    if (fd < 0) {
        away(&answer->err, strerror(errno));
        return false;
    }
    s->channel = channel_open(s->loop, fd, &events, s);
    return true;
}

void egress_session_begin(struct op *op, struct egress_session *session, const struct egress_hello *hello,
                          int broker, struct egress_answer *answer)
{
    if (!connected(session, answer))
        return;
    json_t *json = json_pack("{s:{s:s, s:s, s:o, s:s, s:b, s:b}}", "hello", "schema", hello->schema, "job", hello->job,
                             "fence", json_sprintf("%lld", (long long)hello->fence), "token", hello->token,
                             "delivery", hello->delivery, "intent", hello->intent);
    send_and_wait(op, session, json, NULL, 0, broker, answer);
    json_decref(json);
}

void egress_session_ask(struct op *op, struct egress_session *session, const json_t *question, const char *body,
                        size_t bytes, struct egress_answer *answer)
{
    if (connected(session, answer))
        send_and_wait(op, session, question, body, bytes, -1, answer);
}

void egress_session_call(struct op *op, struct egress_session *session, const json_t *call, const char *body,
                         size_t bytes, struct egress_answer *answer)
{
    send_and_wait(op, session, call, body, bytes, -1, answer);
}

static void on_deadline(uv_timer_t *timer)
{
    struct egress_session *s = timer->data;

    if (s->channel)
        channel_close(s->channel);
    s->channel = NULL;
    if (s->answer)
        lost(s->answer, GOV_DEADLINE, "execgov-egress gave no answer in time", "execgov-egress 未在时限内应答");
    settle(s);
}

void egress_session_deadline(struct egress_session *session, int64_t ms)
{
    uv_timer_start(&session->deadline, on_deadline, (uint64_t)(ms > 0 ? ms : 0), 0);
}

static void on_timer_closed(uv_handle_t *timer)
{
    free(timer->data);
}

void egress_session_end(struct egress_session *session)
{
    if (session->channel)
        channel_close(session->channel);
    if (session->answer)
        gov_fail_cause(&session->answer->err, GOV_CANCELLED, "the session was ended");
    settle(session);
    uv_close((uv_handle_t *)&session->deadline, on_timer_closed);
}
