/* skill_version.c - reviewing, publishing and going back. A version is named by its number; without
 * one the newest is meant. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/skill/skill_findings.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "cli/out/term.h"
#include "core/base/json.h"
#include "core/base/text.h"

static const char *skill_path(struct cli *cli, const char *skill, const char *rest)
{
    return arena_format(&cli->arena, "/v1/skills/%s%s", remote_segment(cli, skill), rest);
}

/* The number in the second word, or that of the newest version. */
static bool version_number(struct cli *cli, const struct args *args, int64_t *number,
                           struct gov_err *err)
{
    json_t *items;

    if (args->count > 1 && text_parse_i64(args->words[1], 1, INT32_MAX, number))
        return true;
    if (args->count > 1)
        return gov_fail_at(err, GOV_INVALID_INPUT, args->words[1], "type",
                           "a version is a number, not \"%s\"", "版本应为数字，而不是“%s”",
                           args->words[1]);
    if (!remote_list(cli, skill_path(cli, args->words[0], "/versions"), 1, &items, NULL, err))
        return false;
    *number = json_get_int(json_array_get(items, 0), "version", 0);
    if (*number == 0)
        return gov_fail(err, GOV_NOT_FOUND, "%s has no version yet", "%s 还没有版本", args->words[0]);
    return true;
}

static const char *version_path(struct cli *cli, const char *skill, int64_t number,
                                const char *rest)
{
    return skill_path(cli, skill,
                      arena_format(&cli->arena, "/versions/%lld%s", (long long)number, rest));
}

bool command_skill_versions(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;

    if (!remote_list(cli, skill_path(cli, args->words[0], "/versions"), 0, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column_right(&table, "VERSION", "版本");
    table_column(&table, "STATE", "状态");
    table_column(&table, "BY", "上传者");
    table_column(&table, "UPLOADED", "上传于");
    table_column(&table, "SIGNED BY", "签名者");
    table_column(&table, "DIGEST", "摘要");
    json_array_foreach(items, i, one)
    {
        const char *digest = json_get_text(one, "digest");
        table_row(&table);
        table_cellf(&table, "%s%lld", json_get_bool(one, "current", false) ? "* " : "",
                    (long long)json_get_int(one, "version", 0));
        table_cell(&table, json_get_text(one, "state"));
        table_cell(&table, json_get_text(json_object_get(one, "created_by"), "name"));
        table_cell(&table, show_local_time(cli, json_get_text(one, "created_at")));
        table_cell(&table, skill_findings_signer(cli, one));
        table_cellf(&table, "%.12s", digest ? digest : "-");
    }
    show_table(cli, &table);
    return true;
}

static bool read_version(struct cli *cli, const struct args *args, const json_t **version,
                         struct gov_err *err)
{
    int64_t number;

    if (!version_number(cli, args, &number, err))
        return false;
    const char *path = version_path(cli, args->words[0], number, "");
    return remote_get(cli, remote_path(cli, path, "against", args_value(args, "against", NULL), NULL),
                      version, err);
}

bool command_skill_version(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *version, *file;
    size_t i;

    if (!read_version(cli, args, &version, err))
        return false;
    if (cli->json) {
        cli_print_json(version);
        return true;
    }
    skill_findings_show_version(cli, version);
    json_array_foreach(json_object_get(version, "files"), i, file)
    {
        char size[SHOW_SIZE_BYTES];
        show_line(cli, i ? " " : "files", i ? " " : "文件",
                  arena_format(&cli->arena, "%s (%s)", json_get_text(file, "path"),
                               show_size(json_get_int(file, "size", 0), size)));
    }
    return true;
}

/* Lines of a unified diff, coloured as everybody does. */
static void print_diff(struct cli *cli, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        const char *colour = *text == '+' ? "\033[32m" : *text == '-' ? "\033[31m" : "";
        char *line = arena_copy(&cli->arena, text, length);
        if (cli->colour_out && *colour)
            printf("%s", colour);
        cli_say(cli, "%s%s", "%s%s", line, "");
        if (cli->colour_out && *colour)
            printf("\033[0m");
        text += length + (text[length] == '\n');
    }
}

bool command_skill_diff(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *version, *file;
    size_t i;

    if (!read_version(cli, args, &version, err))
        return false;
    const json_t *diff = json_object_get(version, "diff");
    if (cli->json) {
        cli_print_json(diff ? diff : json_own(&cli->arena, json_array()));
        return true;
    }
    json_array_foreach(diff, i, file)
    {
        const char *unified = json_get_text(file, "unified");
        cli_say(cli, "%s: %s", "%s：%s", json_get_text(file, "change"), json_get_text(file, "path"));
        if (unified)
            print_diff(cli, unified);
    }
    if (json_array_size(diff) == 0)
        cli_note(cli, "nothing differs", "没有差异");
    return true;
}

bool command_skill_review(struct cli *cli, const struct args *args, struct gov_err *err)
{
    bool approve = args_flag(args, "approve");
    const char *comment = args_value(args, "comment", NULL);
    const json_t *version;
    int64_t number;

    if (approve == args_flag(args, "reject"))
        return gov_fail(err, GOV_INVALID_INPUT, "say --approve or --reject",
                        "请指定 --approve 或 --reject");
    if (!version_number(cli, args, &number, err))
        return false;
    json_t *body = json_own(&cli->arena, json_pack("{s:s, s:s*}", "decision",
                                                   approve ? "approve" : "reject", "comment",
                                                   comment));
    if (!remote_post(cli, version_path(cli, args->words[0], number, "/review"), body, &version, err))
        return false;
    if (cli->json)
        cli_print_json(version);
    cli_say(cli, "%s v%lld: %s", "%s v%lld：%s", args->words[0], (long long)number,
            approve ? cli_text(cli, "approved", "已批准") : cli_text(cli, "rejected", "已驳回"));
    return true;
}

/* publish and rollback answer the skill. */
static bool tell_skill(struct cli *cli, const json_t *skill)
{
    if (cli->json)
        cli_print_json(skill);
    cli_say(cli, "%s runs version %lld now", "%s 现在运行版本 %lld", json_get_text(skill, "name"),
            (long long)json_get_int(skill, "version", 0));
    return true;
}

bool command_skill_publish(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *skill;
    int64_t number;

    if (!version_number(cli, args, &number, err) ||
        !remote_post(cli, version_path(cli, args->words[0], number, "/publish"), NULL, &skill, err))
        return false;
    return tell_skill(cli, skill);
}

bool command_skill_rollback(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *skill;
    int64_t number;

    if (!version_number(cli, args, &number, err))
        return false;
    json_t *body = json_own(&cli->arena, json_pack("{s:I, s:s*}", "version", (json_int_t)number,
                                                   "comment", args_value(args, "comment", NULL)));
    return remote_post(cli, skill_path(cli, args->words[0], "/rollback"), body, &skill, err) &&
           tell_skill(cli, skill);
}

bool command_skill_yank(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *version;
    int64_t number;

    if (!version_number(cli, args, &number, err))
        return false;
    json_t *body = json_own(&cli->arena, json_pack("{s:s*}", "comment",
                                                   args_value(args, "comment", NULL)));
    if (!remote_post(cli, version_path(cli, args->words[0], number, "/yank"), body, &version, err))
        return false;
    if (cli->json)
        cli_print_json(version);
    cli_say(cli, "%s v%lld was withdrawn", "已撤回 %s v%lld", args->words[0], (long long)number);
    return true;
}
