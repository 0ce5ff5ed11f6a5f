/* calendar.c - years of workdays: what is known and from where, and importing one. */
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/file_text.h"
#include "cli/net/remote.h"
#include "cli/yaml.h"
#include "core/base/json.h"

#define PATH "/v1/platform/calendars"

enum { FILE_BYTES_MAX = 256 * 1024 };

static const struct money_column day_columns[] = {
    { "date", { "DAY", "日期" } }, { "works", { "WORKDAY", "工作日" } }, { "name", { "NAME", "名称" } }, { NULL, { NULL, NULL } },
};

static void days_add(json_t *days, const json_t *list, bool works)
{
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
        json_array_append_new(days, json_pack("{s:O, s:b, s:O?}", "date", json_object_get(one, "date"), "works", works, "name",
                                              json_object_get(one, "name")));
}

bool command_calendar_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *calendar;
    json_t *items;
    size_t i;

    if (!remote_list(cli, remote_path(cli, PATH, "year", args->words[0], "country", args_value(args, "country", NULL), NULL), 0,
                     &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    json_array_foreach(items, i, calendar)
    {
        json_t *days = json_own(&cli->arena, json_array());

        money_one(cli, calendar);
        days_add(days, json_object_get(calendar, "holidays"), false);
        days_add(days, json_object_get(calendar, "workdays"), true);
        money_table(cli, days, day_columns);
    }
    if (json_array_size(items) == 0)
        cli_note(cli, "no table of workdays is known for %s: weekdays count", "没有 %s 年的工作日表：按周一至周五计算", args->words[0]);
    return true;
}

/* What is new has the names that the file gives. */
static void names_add(json_t *added, const json_t *table)
{
    json_t *day, *one;
    size_t i, k;

    json_array_foreach(added, i, day)
        json_array_foreach(json_object_get(table, "holidays"), k, one)
            if (json_get_text(one, "name") && json_get_text(one, "date") &&
                strcmp(json_get_text(one, "date"), json_get_text(day, "date")) == 0)
                json_object_set(day, "name", json_object_get(one, "name"));
}

/* Where in the file it stands what the server refused. */
static void lines_add(struct cli *cli, const char *text, size_t bytes)
{
    json_t *fault;
    size_t i;

    json_array_foreach(json_object_get(cli->problem, "errors"), i, fault)
    {
        const char *path = json_get_text(fault, "path");
        size_t line = path ? yaml_line(text, bytes, path) : 0;

        if (line)
            json_object_set_new(fault, "line", json_integer((json_int_t)line));
    }
}

bool command_calendar_import(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *answer;
    const char *text;
    size_t bytes;

    if (!file_text_read(cli, args->words[0], FILE_BYTES_MAX, &text, &bytes, err))
        return false;
    json_t *table = yaml_read(text, bytes, &cli->arena, err);
    if (!table)
        return false;
    if (!json_is_object(table))
        return gov_fail_at(err, GOV_INVALID_INPUT, args->words[0], "type",
                           "must be YAML or JSON with country, year, source, citation, holidays, workdays",
                           "须为 YAML 或 JSON，含 country、year、source、citation、holidays、workdays");
    json_object_set_new(table, "dry_run", json_boolean(args_flag(args, "dry-run")));
    if (!remote_post(cli, PATH, table, &answer, err)) {
        lines_add(cli, text, bytes);
        return false;
    }
    if (cli->json) {
        cli_print_json(answer);
        return true;
    }
    money_one(cli, answer);
    printf("%s\n", cli_text(cli, "new in it:", "新增："));
    names_add(json_object_get(answer, "added"), table);
    money_table(cli, json_object_get(answer, "added"), day_columns);
    if (json_array_size(json_object_get(answer, "removed"))) {
        printf("%s\n", cli_text(cli, "no longer in it:", "移除："));
        money_table(cli, json_object_get(answer, "removed"), day_columns);
    }
    if (args_flag(args, "dry-run"))
        cli_note(cli, "nothing was changed", "未做任何更改");
    return true;
}
