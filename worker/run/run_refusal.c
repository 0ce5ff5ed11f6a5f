#include "worker/run/run_refusal.h"

#include <string.h>

#include "worker/run/run_denial.h"

static const char refused[] = "execgov.ExecGovRefused: ";
static const char missing[] = "ModuleNotFoundError: No module named '";

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
    run_denial_call(line + sizeof refused - 1, err);
    return true;
}

bool run_refusal_module(const char *line, const char *runtime, struct gov_err *err)
{
    return line && strncmp(line, missing, sizeof missing - 1) == 0 &&
           run_denial_module(line + sizeof missing - 1, '\'', runtime, err);
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

enum run_refused run_refusal_explain(const struct run_calls *calls, const struct run_log *log, const char *runtime,
                                     struct arena *arena, struct gov_err *err)
{
    static const struct gov_err nothing;
    const char *line = last_line(run_log_stderr_tail(log), arena);

    if (run_refusal_module(line, runtime, err))
        return REFUSED_MODULE;
    if (calls->answer.err.code && run_refusal_read(line, &calls->answer.err, err) &&
        strcmp(err->en, calls->answer.err.en) == 0)
        return REFUSED_NOTHING; /* egress said it, and wrote it down */
    return run_refusal_read(line, &nothing, err) ? REFUSED_CALL : REFUSED_NOTHING;
}
