#include "worker/run/run_denial.h"

#include <stdio.h>
#include <string.h>

#include "core/model/skill/runtime.h"

enum { MODULE_BYTES_MAX = 100 };

#define MODULE_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

bool run_denial_module(const char *text, char end, const char *runtime, struct gov_err *err)
{
    char module[MODULE_BYTES_MAX + 1];
    size_t bytes = strspn(text, MODULE_LETTERS);

    if (bytes == 0 || bytes > MODULE_BYTES_MAX || (text[bytes] != end && text[bytes] != '.'))
        return false;
    snprintf(module, sizeof module, "%.*s", (int)bytes, text);
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

void run_denial_call(const char *text, struct gov_err *err)
{
    gov_fail(err, GOV_ADDRESS_REFUSED, "%.400s", "脚本的调用被拒绝：%.400s", text);
}

/* A script may print as many marks as it likes: only what is kept takes memory. */
bool run_denials_note(struct run_denials *d, enum output_mark mark, const char *words, size_t bytes,
                      struct buf *shown)
{
    char text[OUTPUT_MARK_BYTES_MAX];
    struct gov_err err = { 0 };
    const char *where = "";

    if (d->count == RUN_DENIALS_MAX || bytes >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)bytes, words);
    if (mark == MARK_REFUSED) {
        run_denial_call(text, &err);
    } else {
        where = strchr(text, ' ');
        if (!where || !where[1] || !run_denial_module(text, ' ', d->runtime, &err))
            return false;
    }
    if (run_denials_have(d, err.en))
        return true;
    d->items[d->count] = ARENA_NEW(d->arena, struct run_denial);
    *d->items[d->count++] = (struct run_denial){ mark, err };
    buf_addf(shown, "execgov:%s%s %s\nexecgov:%s%s %s\n", where, *where ? ":" : "", err.en, where,
             *where ? ":" : "", err.zh);
    return true;
}

bool run_denials_have(const struct run_denials *d, const char *said)
{
    for (int i = 0; i < d->count; i++)
        if (strcmp(d->items[i]->err.en, said) == 0)
            return true;
    return false;
}
