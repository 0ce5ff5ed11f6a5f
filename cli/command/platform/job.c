/* job.c - one job: where it stands, and how it came there. */
#include <string.h>

#include "cli/command/commands.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

static const char *number(struct cli *cli, const json_t *of, const char *name, const char *unit)
{
    const json_t *value = json_object_get(of, name);
    return json_is_integer(value)
               ? arena_format(&cli->arena, "%lld%s", (long long)json_integer_value(value), unit)
               : NULL;
}

static void show_timeline(struct cli *cli, const json_t *timeline)
{
    struct table table;
    const json_t *t;
    size_t i;

    table_init(&table, &cli->arena);
    table_column(&table, "AT", "时间");
    table_column(&table, "WHAT", "变化");
    table_column(&table, "BY", "由");
    table_column_right(&table, "FENCE", "栅栏");
    table_column_right(&table, "ATTEMPT", "次数");
    table_column_flexible(&table, "WHY", "原因");
    json_array_foreach(timeline, i, t)
    {
        const char *why = json_get_text(t, "why");
        table_row(&table);
        table_cell(&table, show_local_time(cli, json_get_text(t, "at")));
        table_cell(&table, json_get_text(t, "action"));
        table_cell(&table, json_get_text(t, "actor"));
        table_cell(&table, number(cli, t, "fence", ""));
        table_cell(&table, number(cli, t, "attempt", ""));
        table_cell(&table, why ? why : json_get_text(t, "code") ? json_get_text(t, "code") : "");
    }
    show_table(cli, &table);
}

bool command_job_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *tenant = args_value(args, "tenant", NULL), *id = remote_segment(cli, args->words[0]);
    const json_t *job;
    const char *path = tenant ? remote_path(cli, arena_format(&cli->arena, "/v1/platform/jobs/%s", id), "tenant",
                                            tenant, NULL)
                              : arena_format(&cli->arena, "/v1/jobs/%s", id);

    if (!remote_get(cli, path, &job, err))
        return false;
    if (cli->json) {
        cli_print_json(job);
        return true;
    }
    const json_t *worker = json_object_get(job, "worker");
    show_line(cli, "state", "状态", json_get_text(job, "state"));
    show_line(cli, "code", "原因", json_get_text(job, "code"));
    show_line(cli, "kind", "种类",
              arena_format(&cli->arena, "%s, %s, %s", json_get_text(job, "kind"), json_get_text(job, "lane"),
                           json_get_text(job, "class")));
    show_line(cli, "request", "请求", json_get_text(job, "request_id"));
    show_line(cli, "fence", "栅栏", number(cli, job, "fence", ""));
    show_line(cli, "attempt", "次数", number(cli, job, "attempt", ""));
    show_line(cli, "crashes", "崩溃次数", number(cli, job, "crash_count", ""));
    show_line(cli, "host", "主机", json_get_text(worker, "host"));
    show_line(cli, "worker", "工作进程", json_get_text(worker, "id"));
    show_line(cli, "lease age", "租约时长", number(cli, worker, "lease_age_ms", " ms"));
    show_line(cli, "step", "步骤", json_get_text(job, "step"));
    show_line(cli, "last log", "最近日志", number(cli, job, "log_age_ms", " ms"));
    show_line(cli, "not before", "最早执行", json_get_text(job, "run_at") ? show_local_time(cli, json_get_text(job, "run_at")) : NULL);
    show_line(cli, "redriven as", "重新执行为", json_get_text(job, "redriven_as"));
    show_timeline(cli, json_object_get(job, "timeline"));
    return true;
}
