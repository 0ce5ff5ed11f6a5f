/* report.c - reports of the money side, to the screen or into a file; months of the ledger; years of workdays. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/net/remote.h"
#include "core/base/json.h"

#define BASE "/v1/platform/"

bool command_report_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "name", { "NAME", "名称" } }, { "title", { "WHAT", "内容" } }, { "span", { "OF", "时间" } }, { NULL, { NULL, NULL } },
    };
    (void)args;
    return money_list(cli, BASE "reports", columns, err);
}

static bool take_bytes(void *into, const char *data, size_t bytes)
{
    return fwrite(data, 1, bytes, into) == bytes;
}

static bool unwritable(const char *path, struct gov_err *err)
{
    return gov_fail(err, GOV_CONFIGURATION, "%s cannot be written: %s", "无法写入 %s：%s", path, strerror(errno));
}

/* Under another name until it is whole: half a report is never found under its name. */
static bool fetch_file(struct cli *cli, struct remote_call *call, const char *path, struct gov_err *err)
{
    char *fresh = arena_format(&cli->arena, "%s.XXXXXX", path);
    struct remote_answer answer;
    mode_t mask = umask(0);
    int fd = mkostemp(fresh, O_CLOEXEC);

    umask(mask);
    if (fd < 0)
        return unwritable(path, err);
    fchmod(fd, 0666 & ~mask);
    FILE *file = fdopen(fd, "w");
    call->sink_into = file;
    bool good = remote_send(cli, call, &answer, err);
    if (good && (ferror(file) || fflush(file) != 0))
        good = unwritable(path, err);
    fclose(file);
    if (good && rename(fresh, path) != 0)
        good = unwritable(path, err);
    if (!good)
        unlink(fresh);
    else
        cli_note(cli, "wrote %s", "已写入 %s", path);
    return good;
}

bool command_report(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *output = args_value(args, "output", NULL), *format = cli->json ? "json" : args_value(args, "format", "csv");
    struct remote_answer answer;
    struct remote_call call = {
        .method = "GET",
        .path = remote_path(cli, arena_format(&cli->arena, BASE "reports/%s", remote_segment(cli, args->words[0])), "format",
                            format, "from", args_value(args, "from", NULL), "to", args_value(args, "to", NULL), "as_of",
                            args_value(args, "as-of", NULL), "timezone", args_value(args, "timezone", NULL), "currency",
                            args_value(args, "currency", NULL), "bom", output ? "true" : "false", NULL),
        .accept = "*/*",
        .sink = take_bytes,
        .sink_into = stdout,
    };

    if (output && access(output, F_OK) == 0 && !args_flag(args, "force"))
        return gov_fail_at(err, GOV_CONFLICT, output, "exists", "%s is there already; --force replaces it",
                           "%s 已存在；--force 可覆盖", output);
    return output ? fetch_file(cli, &call, output, err) : remote_send(cli, &call, &answer, err);
}

/* --- months --- */

static const char *month_path(struct cli *cli, const struct args *args, const char *act)
{
    return arena_format(&cli->arena, BASE "periods/%s%s%s", remote_segment(cli, args->words[0]), act ? "/" : "", act ? act : "");
}

static void checks_show(struct cli *cli, const json_t *checks)
{
    struct table table;
    const json_t *check;
    size_t i;

    table_init(&table, &cli->arena);
    table_column(&table, "OPEN", "未完成");
    table_column(&table, "CHECK", "检查项");
    table_column_flexible(&table, "WHAT HAS TO HOLD", "要求");
    table_column_flexible(&table, "FIRST OF THEM", "示例");
    json_array_foreach(checks, i, check)
    {
        int64_t open = json_get_int(check, "open", 0);

        table_row(&table);
        table_cell(&table, open ? arena_format(&cli->arena, "%lld%s", (long long)open, json_get_bool(check, "must", false) ? " !" : "") : "-");
        table_cell(&table, json_get_text(check, "name"));
        table_cell(&table, json_get_text(check, "title"));
        table_cell(&table, json_string_value(json_array_get(json_object_get(check, "examples"), 0)));
    }
    show_table(cli, &table);
}

static void period_show(struct cli *cli, const json_t *period)
{
    static const struct money_column accounts[] = {
        { "account", { "ACCOUNT", "科目" } }, { "currency", { "CUR", "币种" } }, { "debit_minor", { "DEBIT", "借方" } },
        { "credit_minor", { "CREDIT", "贷方" } }, { NULL, { NULL, NULL } },
    };
    static const struct money_column history[] = {
        { "at", { "WHEN", "时间" } }, { "act", { "ACT", "操作" } }, { "by", { "BY", "操作人" } }, { "comment", { "WHY", "说明" } },
        { "accepted", { "STILL OPEN", "接受的未完成项" } }, { NULL, { NULL, NULL } },
    };

    money_one(cli, period);
    if (json_object_get(period, "checks"))
        checks_show(cli, json_object_get(period, "checks"));
    money_table(cli, json_object_get(period, "accounts"), accounts);
    if (json_array_size(json_object_get(period, "history")))
        money_table(cli, json_object_get(period, "history"), history);
}

bool command_period_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "month", { "MONTH", "月份" } }, { "state", { "STATE", "状态" } }, { "closed_at", { "CLOSED", "结账时间" } },
        { "closed_by", { "BY", "操作人" } }, { NULL, { NULL, NULL } },
    };
    (void)args;
    return money_list(cli, BASE "periods", columns, err);
}

bool command_period_check(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *period, *check;
    size_t i;

    if (!remote_get(cli, month_path(cli, args, NULL), &period, err))
        return false;
    json_array_foreach(json_object_get(period, "checks"), i, check)
        if (json_get_int(check, "open", 0))
            cli->exit_code = 1;
    if (cli->json)
        cli_print_json(period);
    else
        period_show(cli, period);
    return true;
}

/* "a,b" as a list. */
static json_t *names(const char *text)
{
    json_t *list = json_array();

    for (const char *at = text; at && *at;) {
        size_t length = strcspn(at, ",");

        if (length)
            json_array_append_new(list, json_stringn(at, length));
        at += length + (at[length] == ',');
    }
    return list;
}

bool command_period_close(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *answer;
    json_t *body = json_own(&cli->arena, json_pack("{s:o, s:s*}", "accept", names(args_value(args, "accept", NULL)), "comment",
                                                   args_value(args, "comment", NULL)));

    if (!remote_post(cli, month_path(cli, args, "close"), body, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer);
    else
        period_show(cli, answer);
    return true;
}

bool command_period_reopen(struct cli *cli, const struct args *args, struct gov_err *err)
{
    if (!args_value(args, "comment", NULL))
        return gov_fail(err, GOV_INVALID_INPUT, "say why: --comment WHY", "请说明原因：--comment 原因");
    return money_post(cli, month_path(cli, args, "reopen"), json_pack("{s:s}", "reason", args_value(args, "comment", NULL)), err);
}
