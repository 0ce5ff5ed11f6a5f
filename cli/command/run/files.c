/* files.c - inputs that are files, apart from a run. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/run/artifacts.h"
#include "cli/input.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

bool command_files_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    long limit = 50;
    size_t i;

    if (!args_number(args, "limit", 1, 100000, &limit, err) ||
        !remote_list(cli, "/v1/files", (size_t)limit, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "FILE", "文件编号");
    table_column_flexible(&table, "NAME", "名称");
    table_column_right(&table, "SIZE", "大小");
    table_column(&table, "UPLOADED", "上传于");
    json_array_foreach(items, i, one)
    {
        char size[SHOW_SIZE_BYTES];
        table_row(&table);
        table_cell(&table, json_get_text(one, "id"));
        table_cell(&table, json_get_text(one, "name"));
        table_cell(&table, show_size(json_get_int(one, "size", 0), size));
        table_cell(&table, show_local_time(cli, json_get_text(one, "created_at")));
    }
    show_table(cli, &table);
    return true;
}

bool command_files_put(struct cli *cli, const struct args *args, struct gov_err *err)
{
    json_t *ids = json_own(&cli->arena, json_array());
    const char *id;

    for (size_t i = 0; i < args->count; i++) {
        if (!input_upload(cli, args->words[i], &id, err))
            return false;
        json_array_append_new(ids, json_string(id));
        cli_say(cli, "%s", "%s", id);
    }
    if (cli->json)
        cli_print_json(ids);
    return true;
}

bool command_files_get(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *file;
    const char *path = arena_format(&cli->arena, "/v1/files/%s", remote_segment(cli, args->words[0]));

    if (!remote_get(cli, path, &file, err))
        return false;
    const char *name = json_get_text(file, "name");
    return artifacts_download(cli, path, args_value(args, "out", "."), name ? name : args->words[0],
                              json_get_text(file, "sha256"), args_flag(args, "force"), err);
}
