/* limits.c - what each tenant may at once, how fast, and whether it is paused. */
#include <stdlib.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

static const char *limit_text(struct cli *cli, double number)
{
    return number > 0 ? arena_format(&cli->arena, "%g", number) : cli_text(cli, "none", "不限");
}

static void limit_row(struct cli *cli, struct table *table, const char *name, const char *skill, const json_t *of,
                      const char *slots)
{
    table_row(table);
    table_cell(table, name);
    table_cell(table, skill);
    table_cell(table, skill ? "" : arena_format(&cli->arena, "%lld", (long long)json_get_int(of, "weight", 1)));
    table_cell(table, limit_text(cli, (double)json_get_int(of, slots, 0)));
    table_cell(table, limit_text(cli, json_number_value(json_object_get(of, "rate_per_s"))));
    table_cell(table, json_get_bool(of, "paused", false) ? cli_text(cli, "paused", "已暂停") : "");
}

static void show_limits(struct cli *cli, const json_t *items)
{
    struct table table;
    const json_t *item, *skill;
    size_t i, k;

    table_init(&table, &cli->arena);
    table_column_flexible(&table, "TENANT", "租户");
    table_column_flexible(&table, "SKILL", "技能");
    table_column_right(&table, "WEIGHT", "权重");
    table_column_right(&table, "AT ONCE", "并发");
    table_column_right(&table, "PER SECOND", "每秒");
    table_column(&table, "", "");
    table_column(&table, "ID", "编号");
    json_array_foreach(items, i, item)
    {
        const json_t *tenant = json_object_get(item, "tenant");
        limit_row(cli, &table, json_get_text(tenant, "name"), NULL, item, "concurrency");
        table_cell(&table, json_get_text(tenant, "id"));
        json_array_foreach(json_object_get(item, "skills"), k, skill)
            limit_row(cli, &table, "", json_get_text(skill, "skill"), skill, "slots");
    }
    show_table(cli, &table);
}

bool command_limits_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    json_t *items;

    const char *words = args->count ? args->words[0] : NULL;
    if (!remote_list(cli, remote_path(cli, "/v1/platform/limits", "q", words, NULL), 0, &items, NULL, err))
        return false;
    if (cli->json)
        remote_list_print(items, NULL);
    else
        show_limits(cli, items);
    return true;
}

static bool change(struct cli *cli, const struct args *args, json_t *body, struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = { .method = "PATCH", .body = json_own(&cli->arena, body) };

    call.path = arena_format(&cli->arena, "/v1/platform/limits/%s", remote_segment(cli, args->words[0]));
    if (!remote_send(cli, &call, &answer, err))
        return false;
    if (cli->json) {
        cli_print_json(answer.json);
        return true;
    }
    json_t *items = json_own(&cli->arena, json_array());
    json_array_append(items, (json_t *)answer.json);
    show_limits(cli, items);
    return true;
}

/* --concurrency and --rate are the tenant's, or with --skill that skill's. */
bool command_limits_set(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *skill = args_value(args, "skill", NULL), *rate = args_value(args, "rate", NULL);
    long weight = -1, slots = -1;
    char *end = NULL;
    double per_s = rate ? strtod(rate, &end) : 0;

    if (!args_number(args, "weight", 1, 1000, &weight, err) ||
        !args_number(args, "concurrency", 0, 10000, &slots, err))
        return false;
    if (rate && (end == rate || *end || !(per_s >= 0 && per_s <= 100000)))
        return gov_fail_at(err, GOV_INVALID_INPUT, "--rate", "range", "--rate is a number from 0 to 100000",
                           "--rate 须为 0 到 100000 之间的数");
    if (skill && weight >= 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "--weight", "exclusive", "a skill has no weight, its tenant has",
                           "技能没有权重，权重属于租户");
    json_t *of = json_object(), *body = of;
    if (slots >= 0)
        json_object_set_new(of, skill ? "slots" : "concurrency", json_integer(slots));
    if (rate)
        json_object_set_new(of, "rate_per_s", json_real(per_s));
    if (weight >= 0)
        json_object_set_new(of, "weight", json_integer(weight));
    if (skill) {
        json_object_set_new(of, "skill", json_string(skill));
        body = json_pack("{s:[o]}", "skills", of);
    }
    if (args_value(args, "comment", NULL))
        json_object_set_new(body, "comment", json_string(args_value(args, "comment", NULL)));
    return change(cli, args, body, err);
}

static bool pause_or_resume(struct cli *cli, const struct args *args, bool paused, struct gov_err *err)
{
    const char *skill = args_value(args, "skill", NULL), *comment = args_value(args, "comment", NULL);

    if (skill)
        return change(cli, args,
                      json_pack("{s:[{s:s, s:b}], s:s*}", "skills", "skill", skill, "paused", paused, "comment",
                                comment),
                      err);
    return change(cli, args, json_pack("{s:b, s:s*}", "paused", paused, "comment", comment), err);
}

bool command_limits_pause(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return pause_or_resume(cli, args, true, err);
}

bool command_limits_resume(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return pause_or_resume(cli, args, false, err);
}
