/* skill_package.c - from a folder to a version: init, check, try, push. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command/commands.h"
#include "cli/command/skill/skill_findings.h"
#include "cli/command/skill/skill_upload.h"
#include "cli/command/run/submit.h"
#include "cli/input.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "cli/package/package.h"
#include "core/base/json.h"
#include "core/base/text.h"

static const char *folder_of(const struct args *args)
{
    return args->count > 0 ? args->words[0] : ".";
}

bool command_skill_init(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct package package;

    if (!package_read(folder_of(args), &package, &cli->arena, err))
        return false;
    const char *path = arena_format(&cli->arena, "%s/skill.json", package.folder);
    char *text = json_dumps(package_draft(&package, &cli->arena), JSON_INDENT(2));
    int flags = args_flag(args, "force") ? O_TRUNC : O_EXCL;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
    int reason = errno;
    bool written = fd >= 0 && dprintf(fd, "%s\n", text) > 0;
    free(text);
    if (fd >= 0)
        close(fd);
    if (!written && reason == EEXIST)
        return gov_fail_at(err, GOV_CONFLICT, path, "exists",
                           "%s is there already; --force replaces it", "%s 已存在；--force 可覆盖",
                           path);
    if (!written)
        return gov_fail(err, GOV_CONFIGURATION, "%s cannot be written: %s", "无法写入 %s：%s", path,
                        strerror(reason));
    cli_say(cli, "wrote %s; look at it, then: execgov skill check %s",
            "已写入 %s；请检查后执行：execgov skill check %s", path, package.folder);
    return true;
}

static size_t count_of(const json_t *findings, const char *severity)
{
    const json_t *one;
    size_t i, count = 0;

    json_array_foreach(findings, i, one)
    {
        const char *its = json_get_text(one, "severity");
        count += its && strcmp(its, severity) == 0;
    }
    return count;
}

/* What `skill check` answers: unchanged | needs | cannot. */
static const char *verdict_of(const json_t *findings)
{
    return count_of(findings, "error") ? "cannot" : count_of(findings, "warning") ? "needs" : "unchanged";
}

static void tell_check(struct cli *cli, const struct package *package, const json_t *findings)
{
    const char *verdict = verdict_of(findings);

    if (cli->json) {
        json_t *all = json_pack("{s:b, s:s, s:i, s:O}", "ok", strcmp(verdict, "cannot") != 0, "verdict", verdict,
                                "files", (int)package->count, "findings", findings);
        cli_print_json(all);
        json_decref(all);
        return;
    }
    skill_findings_show(cli, findings);
    for (size_t i = 0; i < package->ignored_count; i++)
        cli_note(cli, "left out: %s", "已忽略：%s", package->ignored[i]);
    if (strcmp(verdict, "cannot") == 0)
        cli_say(cli, "cannot be uploaded like this: %zu errors", "当前无法上传：%zu 个错误",
                count_of(findings, "error"));
    else if (strcmp(verdict, "needs") == 0)
        cli_say(cli, "can be uploaded, and needs what the %zu warnings say before it runs as it does here",
                "可以上传；需先处理 %zu 条警告，才能与本机运行结果一致", count_of(findings, "warning"));
    else
        cli_say(cli, "runs unchanged, as far as %zu files can show; the server checks again in the sandbox",
                "从 %zu 个文件看无需改动即可运行；服务器会在隔离环境中再次检查", package->count);
}

bool command_skill_check(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct package package;

    if (!package_read(folder_of(args), &package, &cli->arena, err))
        return false;
    const json_t *findings = package_check(&package, cli->language, &cli->arena);
    tell_check(cli, &package, findings);
    if (count_of(findings, "error"))
        cli->exit_code = gov_code_info(GOV_FINDINGS)->exit_code;
    return true;
}

/* The server names a skill at upload, before anything opens the archive; so what skill.json says goes
 * with it. NULL: it says nothing, or is broken, which the check will tell. */
static const char *name_inside(struct cli *cli, const struct package *package)
{
    const char *text = package_text(package, "skill.json", &cli->arena);
    struct gov_err ignored;

    if (!text)
        return NULL;
    const json_t *manifest = json_parse(&cli->arena, text, strlen(text), &ignored);
    const char *name = json_get_text(manifest, "name");
    return text_slug_valid(name) ? name : NULL;
}

/* Pack, upload, and wait for the findings. */
static bool push(struct cli *cli, const struct args *args, const json_t **version,
                 struct gov_err *err)
{
    struct package package;
    char *path;

    if (!package_read(folder_of(args), &package, &cli->arena, err))
        return false;
    const char *name = args_value(args, "name", name_inside(cli, &package));
    int fd = skill_temporary(cli, &path, err);
    if (fd < 0)
        return false;
    close(fd);
    bool done = package_archive(&package, path, err) &&
                skill_upload(cli, path, arena_format(&cli->arena, "%s.tar.gz", package.name), name, version, NULL, err);
    unlink(path);
    return done;
}

bool command_skill_push(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *version;

    if (!push(cli, args, &version, err))
        return false;
    const char *skill = json_get_text(version, "skill");
    const char *state = json_get_text(version, "state");
    long long number = json_get_int(version, "version", 0);
    if (cli->json)
        cli_print_json(version);
    else
        skill_findings_show_version(cli, version);
    if (!skill || !state || strcmp(state, "refused") == 0 || strcmp(state, "rejected") == 0)
        cli->exit_code = gov_code_info(GOV_FINDINGS)->exit_code;
    else if (strcmp(state, "in_review") == 0)
        cli_note(cli, "next: execgov skill review %s %lld --approve, then execgov skill publish %s %lld",
                 "下一步：execgov skill review %s %lld --approve，然后 execgov skill publish %s %lld",
                 skill, number, skill, number);
    return true;
}

bool command_skill_try(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *version, *action, *run, *schema = NULL;
    const char *wanted = args_value(args, "action", NULL);
    struct input input;
    size_t i;

    if (!push(cli, args, &version, err))
        return false;
    if (!cli->json)
        skill_findings_show(cli, json_object_get(version, "findings"));
    json_array_foreach(json_object_get(version, "actions"), i, action)
    {
        const char *name = json_get_text(action, "name");
        if (wanted ? name && strcmp(name, wanted) == 0 : i == 0)
            schema = json_object_get(action, "input_schema");
    }
    if (!input_build(cli, args, 1, schema, &input, err))
        return false;
    json_t *body = json_own(&cli->arena, json_pack("{s:O, s:s*}", "input", input.object, "action",
                                                   wanted));
    if (json_array_size(input.files) > 0)
        json_object_set(body, "files", input.files);
    const char *path = arena_format(&cli->arena, "/v1/skills/%s/versions/%lld/try",
                                    json_get_text(version, "skill"),
                                    (long long)json_get_int(version, "version", 0));
    return submit_post(cli, args, path, body, 0, &run, err) &&
           submit_see_through(cli, args, "/v1/runs", run, true, err);
}
