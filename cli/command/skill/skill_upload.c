/* skill_upload.c - the upload answers when the check has ended, or after a while; then the version is read again. */
#include "cli/command/skill/skill_upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/net/remote.h"
#include "core/base/clock.h"
#include "core/base/json.h"

enum { CHECK_WAIT_S = 20, CHECK_LIMIT_S = 300 };

int skill_temporary(struct cli *cli, char **path, struct gov_err *err)
{
    const char *temporary = getenv("TMPDIR");

    *path = arena_format(&cli->arena, "%s/execgov-XXXXXX", temporary ? temporary : "/tmp");
    int fd = mkostemp(*path, O_CLOEXEC);
    if (fd < 0)
        gov_fail(err, GOV_CONFIGURATION, "%s cannot be written: %s", "无法写入 %s：%s", *path, strerror(errno));
    return fd;
}

/* Read the version again until its check has ended. */
static bool wait_checked(struct cli *cli, const json_t **version, struct gov_err *err)
{
    int64_t started_us = clock_mono_us();
    struct remote_answer answer;
    struct remote_call call = { .method = "GET", .wait_s = CHECK_WAIT_S };
    const char *skill = json_get_text(*version, "skill");

    call.path = arena_format(&cli->arena, "/v1/skills/%s/versions/%lld", skill ? skill : "?",
                             (long long)json_get_int(*version, "version", 0));
    for (;;) {
        const char *state = json_get_text(*version, "state");
        if (!state || strcmp(state, "checking") != 0)
            return true;
        if (clock_mono_us() - started_us > CHECK_LIMIT_S * 1000000LL)
            return gov_fail(err, GOV_DEADLINE, "the check has not ended within %d s",
                            "检查在 %d 秒内没有结束", CHECK_LIMIT_S);
        if (!remote_send(cli, &call, &answer, err))
            return false;
        *version = answer.json;
    }
}

bool skill_upload(struct cli *cli, const char *path, const char *shown, const char *name, const json_t **version,
                  bool *known, struct gov_err *err)
{
    const char *fields[3] = { "name", name, NULL };
    struct remote_answer answer;
    struct remote_call call = {
        .method = "POST", .path = "/v1/skills", .upload = path, .part = "package", .part_filename = shown,
        .fields = name ? fields : NULL, .wait_s = CHECK_WAIT_S,
    };

    if (!remote_send(cli, &call, &answer, err))
        return false;
    if (known)
        *known = answer.status == 200;
    *version = answer.json;
    return wait_checked(cli, version, err);
}
