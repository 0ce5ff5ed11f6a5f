/* schedule.c - what runs by the clock. Schedules are named by name or id. */
#include "cli/command/schedule/schedule.h"

#include <stdio.h>
#include <string.h>

#include "cli/command/run/skill_near.h"
#include "cli/command/run/submit.h"
#include "cli/input.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/id.h"
#include "core/base/json.h"

bool schedule_id(struct cli *cli, const char *word, const char **id, struct gov_err *err)
{
    struct id parsed;
    json_t *items;
    const json_t *one;
    size_t i;

    *id = word;
    if (id_parse(word, &parsed))
        return true;
    if (!remote_list(cli, "/v1/schedules", 0, &items, NULL, err))
        return false;
    json_array_foreach (items, i, one) {
        *id = json_get_text(one, "id");
        if (strcmp(json_get_text(one, "name"), word) == 0)
            return true;
    }
    return gov_fail(err, GOV_NOT_FOUND, "there is no schedule \"%s\"; see execgov schedule ls",
                    "没有计划“%s”；请查看 execgov schedule ls", word);
}

static const char *path_of(struct cli *cli, const char *id, const char *rest)
{
    return arena_format(&cli->arena, "/v1/schedules/%s%s", id, rest);
}

/* --- reading --- */

bool command_schedule_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;

    if (!remote_list(cli, remote_path(cli, "/v1/schedules", "skill", args_value(args, "skill", NULL), NULL),
                     0, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column_flexible(&table, "NAME", "名称");
    table_column(&table, "RULE", "规则");
    table_column(&table, "ZONE", "时区");
    table_column(&table, "SKILL", "技能");
    table_column(&table, "STATE", "状态");
    table_column(&table, "NEXT", "下次");
    table_column(&table, "OWNER", "所有者");
    json_array_foreach (items, i, one) {
        const char *action = json_get_text(one, "action");
        table_row(&table);
        table_cell(&table, json_get_text(one, "name"));
        table_cell(&table, json_get_text(one, "cron"));
        table_cell(&table, json_get_text(one, "timezone"));
        table_cellf(&table, "%s%s%s", json_get_text(one, "skill"), action ? "/" : "", action ? action : "");
        table_cell(&table, json_get_text(one, "state"));
        table_cell(&table, json_get_text(one, "next_fire_local"));
        table_cell(&table, json_get_text(json_object_get(one, "owner"), "name"));
    }
    show_table(cli, &table);
    return true;
}

static void tell(struct cli *cli, const json_t *s)
{
    const char *action = json_get_text(s, "action");

    if (cli->json) {
        cli_print_json(s);
        return;
    }
    show_line(cli, "schedule", "计划", json_get_text(s, "name"));
    show_line(cli, "rule", "规则", json_get_text(s, "cron"));
    show_line(cli, "zone", "时区", json_get_text(s, "timezone"));
    show_line(cli, "skill", "技能", arena_format(&cli->arena, "%s%s%s", json_get_text(s, "skill"),
                                               action ? "/" : "", action ? action : ""));
    show_line(cli, "input", "输入", json_text(&cli->arena, json_object_get(s, "input")));
    show_line(cli, "catch up", "补跑", json_get_text(s, "catch_up"));
    if (json_get_bool(s, "needs_confirmation", false))
        show_line(cli, "asks", "提前征询",
                  arena_format(&cli->arena, cli_text(cli, "%lld s ahead of each slot", "每个时点前 %lld 秒"),
                               (long long)json_get_int(s, "lead_s", 0)));
    show_line(cli, "state", "状态", json_get_text(s, "state"));
    show_line(cli, "because", "原因", json_get_text(s, "state_detail"));
    show_line(cli, "next", "下次", json_get_text(s, "next_fire_local"));
    show_line(cli, "asked by", "征询请求", json_get_text(s, "asked_request_id"));
    show_line(cli, "owner", "所有者", json_get_text(json_object_get(s, "owner"), "name"));
    show_line(cli, "id", "编号", json_get_text(s, "id"));
}

bool command_schedule_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *found;
    const char *id;

    if (!schedule_id(cli, args->words[0], &id, err) || !remote_get(cli, path_of(cli, id, ""), &found, err))
        return false;
    tell(cli, found);
    return true;
}

bool command_schedule_firings(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    const char *id, *next;
    long most = 50;
    size_t i;

    if (!args_number(args, "limit", 1, 100000, &most, err) || !schedule_id(cli, args->words[0], &id, err))
        return false;
    const char *path = remote_path(cli, path_of(cli, id, "/firings"), "state", args_value(args, "state", NULL),
                                   NULL);
    if (!remote_list(cli, path, (size_t)most, &items, &next, err))
        return false;
    if (cli->json) {
        remote_list_print(items, next);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "SLOT", "时点");
    table_column(&table, "STATE", "状态");
    table_column(&table, "REQUEST", "请求");
    table_column_flexible(&table, "WHY", "原因");
    json_array_foreach (items, i, one) {
        table_row(&table);
        table_cell(&table, json_get_text(one, "local"));
        table_cell(&table, json_get_text(one, "state"));
        table_cell(&table, json_get_text(one, "request_id"));
        table_cell(&table, json_get_text(one, "message"));
    }
    show_table(cli, &table);
    return true;
}

/* --- writing --- */

static void set_text(json_t *body, const char *name, const char *value)
{
    if (value)
        json_object_set_new(body, name, json_string(value));
}

bool command_schedule_add(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *skill, *action;
    const json_t *schema = NULL, *made;
    struct input input;
    long lead_s = 0;

    submit_names(cli, args, args->words[1], &skill, &action);
    if (!args_number(args, "lead", 60, 2592000, &lead_s, err))
        return false;
    if ((args->count > 2 || args_value(args, "file", NULL)) &&
        !submit_schema(cli, skill, action, &schema, err))
        return skill_near(cli, skill, err);
    if (!input_build(cli, args, 2, schema, &input, err))
        return false;
    const char *name = args_value(args, "name", NULL);
    json_t *body = json_own(&cli->arena, json_pack("{s:s, s:s, s:s, s:O}", "cron", args->words[0], "skill",
                                                   skill, "name", name ? name : args->words[1], "input",
                                                   input.object));
    set_text(body, "action", action);
    set_text(body, "timezone", args_value(args, "timezone", NULL));
    set_text(body, "catch_up", args_value(args, "catch-up", NULL));
    if (lead_s)
        json_object_set_new(body, "lead_s", json_integer(lead_s));
    if (!submit_post(cli, args, "/v1/schedules", body, 0, &made, err))
        return skill_near(cli, skill, err);
    tell(cli, made);
    return true;
}

static bool switch_schedule(struct cli *cli, const struct args *args, bool on, struct gov_err *err)
{
    struct remote_answer answer;
    const char *id;

    if (!schedule_id(cli, args->words[0], &id, err))
        return false;
    struct remote_call call = { .method = "PATCH",
                                .path = path_of(cli, id, ""),
                                .body = json_own(&cli->arena, json_pack("{s:b}", "enabled", on)) };
    if (!remote_send(cli, &call, &answer, err))
        return false;
    tell(cli, answer.json);
    return true;
}

bool command_schedule_pause(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return switch_schedule(cli, args, false, err);
}

bool command_schedule_resume(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return switch_schedule(cli, args, true, err);
}

bool command_schedule_rm(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    const char *id;

    if (!schedule_id(cli, args->words[0], &id, err))
        return false;
    struct remote_call call = { .method = "DELETE", .path = path_of(cli, id, "") };
    if (!remote_send(cli, &call, &answer, err))
        return false;
    cli_say(cli, "deleted", "已删除");
    return true;
}

bool command_schedule_fire(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *request;
    const char *id;

    return schedule_id(cli, args->words[0], &id, err) &&
           submit_post(cli, args, path_of(cli, id, "/fire"), NULL, 0, &request, err) &&
           submit_see_through(cli, args, "/v1/requests", request, false, err);
}
