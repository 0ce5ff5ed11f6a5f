/* worker.c - who works, and asking one to drain. */
#include "cli/command/commands.h"
#include "cli/command/platform/worker_platform.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/buf.h"
#include "core/base/json.h"

/* "py,sh" */
static const char *lanes_of(struct cli *cli, const json_t *worker)
{
    struct buf text = { 0 };
    const json_t *lane;
    size_t i;

    json_array_foreach(json_object_get(worker, "lanes"), i, lane)
        buf_addf(&text, "%s%s", i ? "," : "", json_string_value(lane));
    const char *copy = text.length ? arena_text(&cli->arena, text.data) : "-";
    buf_release(&text);
    return copy;
}

bool command_worker_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *w;
    size_t i;
    (void)args;

    if (!remote_list(cli, "/v1/platform/workers", 0, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "STATE", "状态");
    table_column_flexible(&table, "HOST", "主机");
    table_column_right(&table, "PID", "进程");
    table_column(&table, "VERSION", "版本");
    table_column(&table, "LANES", "通道");
    table_column_right(&table, "BUSY", "使用中");
    table_column(&table, "LEVEL", "隔离");
    table_column(&table, "PLATFORM", "平台运行时");
    table_column(&table, "SEEN", "最近心跳");
    table_column(&table, "ID", "编号");
    json_array_foreach(items, i, w)
    {
        table_row(&table);
        table_cell(&table, json_get_text(w, "state"));
        table_cell(&table, json_get_text(w, "host"));
        table_cellf(&table, "%lld", (long long)json_get_int(w, "pid", 0));
        table_cell(&table, json_get_text(w, "version"));
        table_cell(&table, lanes_of(cli, w));
        table_cellf(&table, "%lld/%lld", (long long)json_get_int(w, "busy", 0),
                    (long long)json_get_int(w, "slots", 0));
        table_cell(&table, json_get_text(w, "isolation"));
        table_cell(&table, worker_platform_text(cli, w));
        table_cell(&table, show_local_time(cli, json_get_text(w, "seen_at")));
        table_cell(&table, json_get_text(w, "id"));
    }
    show_table(cli, &table);
    const char *differ = worker_platforms_differ(cli, items);
    if (differ)
        cli_say(cli, "the machines differ: %s", "各机器不一致：%s", differ);
    return true;
}

bool command_worker_drain(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *worker;
    const char *path = arena_format(&cli->arena, "/v1/platform/workers/%s/drain",
                                    remote_segment(cli, args->words[0]));

    if (!remote_post(cli, path, NULL, &worker, err))
        return false;
    if (cli->json)
        cli_print_json(worker);
    cli_say(cli, "it takes nothing more, finishes, and ends", "它不再接收任务，完成手头工作后退出");
    return true;
}
