/* list.c - what there is to run. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/run/skill_near.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

static const char *risk_of(const json_t *skill)
{
    const json_t *action;
    size_t i;

    json_array_foreach(json_object_get(skill, "actions"), i, action)
    {
        const char *risk = json_get_text(action, "risk");
        if (risk && strcmp(risk, "high") == 0)
            return "high";
    }
    return "low";
}

static const char *actions_of(struct cli *cli, const json_t *skill)
{
    const json_t *action;
    const char *names = "";
    size_t i;

    json_array_foreach(json_object_get(skill, "actions"), i, action)
        names = arena_format(&cli->arena, "%s%s%s", names, i ? " " : "",
                             json_get_text(action, "name"));
    return names;
}

bool command_list(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;
    const char *path = remote_path(cli, "/v1/skills", "q", args->count ? args->words[0] : NULL,
                                   "all", args_flag(args, "all") ? "true" : NULL, NULL);

    if (!remote_list(cli, path, 0, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    if (args_flag(args, "names")) {
        json_array_foreach(items, i, one)
            puts(json_get_text(one, "name") ? json_get_text(one, "name") : "");
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "SKILL", "技能");
    table_column_flexible(&table, "TITLE", "标题");
    table_column_right(&table, "VERSION", "版本");
    table_column(&table, "RISK", "风险");
    table_column_flexible(&table, "ACTIONS", "动作");
    json_array_foreach(items, i, one)
    {
        bool enabled = json_get_bool(one, "enabled", true);
        table_row(&table);
        table_cellf(&table, "%s%s", json_get_text(one, "name"),
                    enabled ? "" : cli_text(cli, " (off)", "（停用）"));
        table_cell(&table, json_get_text(one, "title"));
        if (json_is_integer(json_object_get(one, "version")))
            table_cellf(&table, "%lld", (long long)json_get_int(one, "version", 0));
        else
            table_cell(&table, NULL);
        table_cell(&table, risk_of(one));
        table_cell(&table, actions_of(cli, one));
    }
    show_table(cli, &table);
    if (table.rows == 0)
        cli_note(cli, "nothing here that you may run; bring a script in: execgov skill check DIR",
                 "没有可运行的技能；导入脚本：execgov skill check 目录");
    return true;
}

static void show_parameters(struct cli *cli, const json_t *schema)
{
    const json_t *required = json_object_get(schema, "required");
    const json_t *property, *one;
    const char *name;
    size_t i;

    json_object_foreach((json_t *)json_object_get(schema, "properties"), name, property)
    {
        bool needed = false;
        json_array_foreach(required, i, one)
            needed = needed || strcmp(json_string_value(one), name) == 0;
        const char *type = json_get_text(property, "format");
        if (!type)
            type = json_get_text(property, "type");
        const char *words = json_get_text(property, "description");
        if (!words)
            words = json_get_text(property, "title");
        show_line(cli, " ", " ",
                  arena_format(&cli->arena, "%s=%s%s  %s", name, type ? type : "…",
                               needed ? " *" : "", words ? words : ""));
    }
}

bool command_skill_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *skill, *one;
    size_t i;

    if (!remote_get(cli, arena_format(&cli->arena, "/v1/skills/%s",
                                      remote_segment(cli, args->words[0])), &skill, err))
        return skill_near(cli, args->words[0], err);
    if (cli->json) {
        cli_print_json(skill);
        return true;
    }
    show_line(cli, "skill", "技能", json_get_text(skill, "name"));
    show_line(cli, "title", "标题", json_get_text(skill, "title"));
    show_line(cli, "about", "说明", json_get_text(skill, "description"));
    show_line(cli, "owner", "负责人", json_get_text(json_object_get(skill, "owner"), "name"));
    show_line(cli, "state", "状态", json_get_bool(skill, "enabled", true)
                                        ? cli_text(cli, "on", "启用")
                                        : cli_text(cli, "off", "停用"));
    if (json_is_integer(json_object_get(skill, "version")))
        show_line(cli, "version", "版本",
                  arena_format(&cli->arena, "%lld", (long long)json_get_int(skill, "version", 0)));
    json_array_foreach(json_object_get(skill, "actions"), i, one)
    {
        show_line(cli, "action", "动作",
                  arena_format(&cli->arena, "%s  %s  (%s)", json_get_text(one, "name"),
                               json_get_text(one, "title"), json_get_text(one, "risk")));
        show_parameters(cli, json_object_get(one, "input_schema"));
    }
    json_array_foreach(json_object_get(skill, "examples"), i, one)
        show_line(cli, i ? " " : "ask", i ? " " : "示例", json_string_value(one));
    return true;
}
