#include "cli/command/skill/skill_fetch.h"

#include <unistd.h>

#include "cli/command/skill/skill_upload.h"
#include "cli/net/download.h"
#include "cli/net/remote.h"
#include "cli/package/package_unpack.h"
#include "core/base/json.h"

static const char *version_path(struct cli *cli, const char *skill, int64_t number, const char *rest)
{
    return arena_format(&cli->arena, "/v1/skills/%s/versions/%lld%s", remote_segment(cli, skill), (long long)number, rest);
}

bool skill_fetch_version(struct cli *cli, const char *skill, int64_t number, const json_t **version, struct gov_err *err)
{
    const json_t *shown;

    if (number == 0) {
        if (!remote_get(cli, arena_format(&cli->arena, "/v1/skills/%s", remote_segment(cli, skill)), &shown, err))
            return false;
        number = json_get_int(json_object_get(shown, "latest"), "version", 0);
        number = json_get_int(shown, "version", number);
    }
    if (number == 0)
        return gov_fail(err, GOV_NOT_FOUND, "%s has no version yet", "%s 还没有版本", skill);
    return remote_get(cli, version_path(cli, skill, number, ""), version, err);
}

bool skill_fetch_archive(struct cli *cli, const json_t *version, const char **path, const char **suffix, struct gov_err *err)
{
    const char *skill = json_get_text(version, "skill"), *digest = json_get_text(version, "digest");
    char *fresh;

    if (!skill || !digest)
        return gov_fail(err, GOV_INTERNAL, "the answer names no version", "响应中没有版本");
    int fd = skill_temporary(cli, &fresh, err);
    if (fd < 0)
        return false;
    const char *from = version_path(cli, skill, json_get_int(version, "version", 0), "/package");
    bool done = download_into(cli, from, fresh, fd, digest, err);
    *path = fresh;
    *suffix = done ? package_suffix(fresh) : NULL;
    if (done && !*suffix)
        done = gov_fail(err, GOV_FINDINGS, "version %lld of %s is no archive that anything can open", "%2$s 的版本 %1$lld 不是可打开的压缩包",
                        (long long)json_get_int(version, "version", 0), skill);
    if (!done)
        unlink(fresh);
    return done;
}
