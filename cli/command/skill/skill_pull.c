/* skill_pull.c - a version back into a folder, or its archive as it was uploaded. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command/commands.h"
#include "cli/command/skill/skill_fetch.h"
#include "cli/net/remote.h"
#include "cli/package/package_unpack.h"
#include "core/base/json.h"
#include "core/base/text.h"

struct pull {
    const json_t *version;
    const char *skill;
    const char *archive, *suffix; /* what was fetched */
    const char *into;             /* the folder, or the file of --archive */
    size_t files;
};

static bool cannot_write(const char *path, struct gov_err *err)
{
    return gov_fail(err, GOV_CONFIGURATION, "%s cannot be written: %s", "无法写入 %s：%s", path, strerror(errno));
}

/* Into a file that was not there: what was fetched may lie on another file system, so it is copied. */
static bool copy_to(struct pull *p, struct gov_err *err)
{
    char block[65536];
    ssize_t got = 0;
    int to = open(p->into, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    if (to < 0 && errno == EEXIST)
        return gov_fail_at(err, GOV_CONFLICT, p->into, "exists", "%s is there already; move it away, or --out names another folder",
                           "%s 已存在；请先移走，或用 --out 指定其他文件夹", p->into);
    if (to < 0)
        return cannot_write(p->into, err);
    int from = open(p->archive, O_RDONLY | O_CLOEXEC);
    bool done = from >= 0;
    while (done && (got = read(from, block, sizeof block)) > 0)
        done = write(to, block, (size_t)got) == got;
    int reason = errno;
    if (from >= 0)
        close(from);
    if (close(to) == 0 && done && got == 0)
        return true;
    errno = reason;
    unlink(p->into);
    return cannot_write(p->into, err);
}

static bool keep_archive(struct cli *cli, struct pull *p, const char *folder, struct gov_err *err)
{
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return gov_fail(err, GOV_CONFIGURATION, "%s cannot be made: %s", "无法创建 %s：%s", folder, strerror(errno));
    p->into = arena_format(&cli->arena, "%s/%s-%lld%s", folder, p->skill, (long long)json_get_int(p->version, "version", 0),
                           p->suffix);
    return copy_to(p, err);
}

static void tell(struct cli *cli, const struct pull *p, bool unpacked)
{
    long long number = json_get_int(p->version, "version", 0);

    if (cli->json) {
        json_t *all = json_pack("{s:s, s:I, s:s, s:s?, s:s}", "skill", p->skill, "version", (json_int_t)number, "state",
                                json_get_text(p->version, "state"), "digest", json_get_text(p->version, "digest"),
                                unpacked ? "folder" : "archive", p->into);
        cli_print_json(all);
        json_decref(all);
    } else if (unpacked) {
        cli_say(cli, "version %lld of %s: %zu files in %s", "%2$s 的版本 %1$lld：%3$zu 个文件，位于 %4$s", number, p->skill,
                p->files, p->into);
    } else {
        cli_say(cli, "version %lld of %s: %s", "%2$s 的版本 %1$lld：%3$s", number, p->skill, p->into);
    }
}

bool command_skill_pull(struct cli *cli, const struct args *args, struct gov_err *err)
{
    bool unpacked = !args_flag(args, "archive");
    struct pull p = { .skill = args->words[0] };
    int64_t number = 0;

    if (args->count > 1 && !text_parse_i64(args->words[1], 1, INT32_MAX, &number))
        return gov_fail_at(err, GOV_INVALID_INPUT, args->words[1], "type", "a version is a number, not \"%s\"",
                           "版本应为数字，而不是“%s”", args->words[1]);
    if (!text_slug_valid(p.skill)) /* it becomes a folder's name */
        return gov_fail_at(err, GOV_INVALID_INPUT, p.skill, "format", "\"%s\" is no name of a skill (execgov list --all)",
                           "“%s”不是技能名称（execgov list --all）", p.skill);
    p.into = args_value(args, "out", p.skill);
    if (unpacked && !package_room(p.into, err))
        return false;
    if (!skill_fetch_version(cli, p.skill, number, &p.version, err) ||
        !skill_fetch_archive(cli, p.version, &p.archive, &p.suffix, err))
        return false;
    bool done = unpacked ? package_unpack(p.archive, p.into, &p.files, &cli->arena, err)
                         : keep_archive(cli, &p, args_value(args, "out", "."), err);
    unlink(p.archive);
    if (done)
        tell(cli, &p, unpacked);
    return done;
}
