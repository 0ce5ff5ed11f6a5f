#include "worker/run/run_refusal.h"

#include <string.h>

static const char refused[] = "execgov.ExecGovRefused: ";

void run_refusal_ask(struct work *work, struct run_calls *calls)
{
    json_t *told = json_own(&work->op.arena, json_pack("{s:{}}", "told"));

    if (calls->session)
        egress_session_call(&work->op, calls->session, told, NULL, 0, &calls->answer);
}

bool run_refusal_read(const char *line, const struct gov_err *told, struct gov_err *err)
{
    if (!line)
        return false;
    /* Libraries wrap the exception in their own, and keep its words. */
    if (told->code && *told->en && strstr(line, told->en)) {
        gov_fail(err, told->code, "%s", "%s", told->en);
        memcpy(err->zh, told->zh, sizeof err->zh);
        return true;
    }
    if (strncmp(line, refused, sizeof refused - 1) != 0)
        return false;
    gov_fail(err, GOV_ADDRESS_REFUSED, "%.400s", "脚本的调用被拒绝：%.400s", line + sizeof refused - 1);
    return true;
}

/* The last line that is not blank. */
static const char *last_line(const char *text, struct arena *arena)
{
    size_t end = strlen(text), from;

    while (end && strchr(" \t\r\n", text[end - 1]))
        end--;
    for (from = end; from && text[from - 1] != '\n';)
        from--;
    return end ? arena_copy(arena, text + from, end - from) : NULL;
}

void run_refusal_explain(const struct run_calls *calls, const struct run_log *log, struct arena *arena,
                         struct gov_err *err)
{
    run_refusal_read(last_line(run_log_stderr_tail(log), arena), &calls->answer.err, err);
}
