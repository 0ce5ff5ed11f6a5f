#include "worker/run/run_refusal.h"

#include <stdio.h>
#include <string.h>

#include "core/model/skill_runtime.h"

enum { MODULE_BYTES_MAX = 100 };

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
    gov_fail(err, GOV_ADDRESS_REFUSED, "%.400s", "脚本的调用被拒绝：%.400s", line + sizeof refused - 1);
    return true;
}

bool run_refusal_module(const char *line, const char *runtime, struct gov_err *err)
{
    char module[MODULE_BYTES_MAX + 1];

    if (!line || strncmp(line, missing, sizeof missing - 1) != 0)
        return false;
    const char *name = line + sizeof missing - 1;
    size_t bytes = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (!bytes || bytes > MODULE_BYTES_MAX || (name[bytes] != '.' && name[bytes] != '\''))
        return false;
    snprintf(module, sizeof module, "%.*s", (int)bytes, name);
    const char *with = skill_runtime_with(module);
    if (with && strcmp(with, runtime) != 0)
        gov_fail(err, GOV_SCRIPT_FAILED,
                 "the module \"%s\" is not in runtime \"%s\"; runtime \"%s\" has it: name it in skill.json",
                 "运行环境“%2$s”中没有模块“%1$s”；运行环境“%3$s”中有：请在 skill.json 中指定", module, runtime, with);
    else
        gov_fail(err, GOV_SCRIPT_FAILED,
                 "the module \"%s\" is not in runtime \"%s\"; the package has to bring it: name it with its hashes in "
                 "requirements.txt and put its wheel into wheels/",
                 "运行环境“%2$s”中没有模块“%1$s”；请由技能包自带：在 requirements.txt 中写明其哈希，并将其 wheel 放入 "
                 "wheels/", module, runtime);
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
