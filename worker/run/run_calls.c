/* run_calls.c - hello with what the claim gave us; egress looks up the rest itself. */
#include "worker/run/run_calls.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/text.h"

enum { SHOWN_BYTES_MAX = 300 };

/* The script's end is 0 where there is none, which a descriptor of ours never is. */
static bool pair_make(struct run_calls *calls, int *ours)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        gov_fail_cause(&calls->answer.err, GOV_EGRESS_UNAVAILABLE, "socketpair: %s", strerror(errno));
        return false;
    }
    *ours = ends[0];
    calls->broker = ends[1];
    return true;
}

void run_calls_begin(struct work *work, const struct skill_action *action, bool sealed, struct run_calls *calls)
{
    struct egress_hello hello = { work->tenant.scope.schema, work->job.id.text, work->job.fence,
                                  work->job.token, false };
    int ours = -1;

    bool calling = json_array_size(action->resources) > 0;

    if (!calling && !sealed)
        return;
    if (calling && action->executor != SKILL_HTTP && !pair_make(calls, &ours))
        return;
    calls->session = egress_session_new(work->op.loop, work->worker->settings.egress);
    egress_session_begin(&work->op, calls->session, &hello, ours, &calls->answer);
    if (ours >= 0)
        close(ours);
}

void run_calls_open(struct work *work, struct run_calls *calls)
{
    json_t *call = json_own(&work->op.arena, json_pack("{s:{}}", "open"));

    egress_session_call(&work->op, calls->session, call, NULL, 0, &calls->answer);
}

json_t *run_calls_opened(struct work *work, const struct run_calls *calls, struct gov_err *err)
{
    const struct egress_answer *a = &calls->answer;
    json_t *opened = a->err.code ? NULL : json_parse(&work->op.arena, a->body, a->body_bytes, err);

    if (a->err.code)
        *err = a->err;
    return opened;
}

void run_calls_make(struct work *work, const struct skill_action *action, const json_t *input,
                    struct run_calls *calls)
{
    struct arena *arena = &work->op.arena;
    const char *dot = strchr(action->call, '.');
    const char *resource = arena_copy(arena, action->call, (size_t)(dot - action->call));
    json_t *call = json_own(arena, json_pack("{s:{s:s, s:s, s:O}}", "call", "resource", resource, "operation",
                                             dot + 1, "input", input));

    egress_session_call(&work->op, calls->session, call, NULL, 0, &calls->answer);
}

json_t *run_calls_result(struct work *work, const struct run_calls *calls, struct gov_err *err)
{
    const struct egress_answer *a = &calls->answer;
    struct arena *arena = &work->op.arena;
    int64_t status = json_get_int(a->json, "status", 0);
    struct gov_err ignored;
    bool text = text_utf8_valid(a->body, a->body_bytes) && strlen(a->body) == a->body_bytes;

    /* "Not now": what may be repeated is, when it says. */
    if ((status == 429 || status == 503) && work->job.attempt < work->job.max_attempts) {
        gov_fail(err, GOV_RESOURCE_UNAVAILABLE, "it answered %lld: not now", "返回 %lld：暂时无法处理", (long long)status);
        err->retry_after_s = (int)(json_get_int(a->json, "retry_after_ms", 0) / 1000);
        return NULL;
    }
    if (status >= 400) {
        gov_fail(err, GOV_RESOURCE_FAILED, "it answered %lld: %.*s", "返回 %lld：%.*s", (long long)status,
                 (int)(text ? text_utf8_cut(a->body, a->body_bytes, SHOWN_BYTES_MAX) : 0), a->body);
        return NULL;
    }
    json_t *body = a->body_bytes && text ? json_parse(arena, a->body, a->body_bytes, &ignored) : NULL;
    if (body)
        json_incref(body);
    else
        body = text ? json_string(a->body) : json_null();
    json_t *result = json_own(arena, json_pack("{s:I, s:o}", "status", (json_int_t)status, "body", body));
    if (json_get_bool(a->json, "found", false))
        json_object_set_new(result, "found", json_true());
    return result;
}

bool run_calls_looks(const struct work *work, const struct gov_err *err, const struct run_calls *calls)
{
    return err->code && (calls->session || work->job.fence > JOB_FENCE_FIRST_CLAIM);
}

void run_calls_look(struct work *work, const struct gov_err *err, struct run_calls *calls)
{
    if (run_calls_looks(work, err, calls))
        DB_QUERY(&work->op, work->worker->db, &work->tenant.scope, SQL_QUERIES_EFFECT_OPEN, &calls->open,
                 work->job.id.text);
}

bool run_calls_come_again(struct work *work, const struct run_calls *calls, struct gov_err *err)
{
    const char *cause = arena_text(&work->op.arena, gov_err_detail(err, GOV_EN));

    if (!calls->open.count)
        return gov_code_info(err->code)->retry_helps && err->code != GOV_OK;
    gov_fail(err, GOV_OUTCOME_UNKNOWN,
             "a write to \"%s\" was sent and its answer was lost; whether it happened is not known yet (%s)",
             "已向“%s”发送写操作但未收到应答，尚不能确认是否生效（%s）", db_text(&calls->open, 0, 1), cause);
    err->retry_after_s = (int)db_int(&calls->open, 0, 0);
    return err->retry_after_s > 0;
}

void run_calls_end(struct run_calls *calls)
{
    if (calls->session)
        egress_session_end(calls->session);
    if (calls->broker > 0)
        close(calls->broker);
    calls->session = NULL;
    calls->broker = 0;
}
