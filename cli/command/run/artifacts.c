/* artifacts.c - files come under a name of their own folder only: a name from a server is checked
 * like one from a script, written beside its place, compared with its digest, and renamed. */
#include "cli/command/run/artifacts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command/commands.h"
#include "cli/net/download.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"
#include "core/base/text.h"

bool artifacts_download(struct cli *cli, const char *url_path, const char *folder, const char *name,
                        const char *sha256, bool force, struct gov_err *err)
{
    const char *why;

    if (!text_file_name_valid(name, &why))
        return gov_fail_at(err, GOV_ARTIFACT_REFUSED, name, why,
                           "the file's name is not one that is written here (%s)",
                           "该文件名不能写入本地（%s）", why);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return gov_fail(err, GOV_CONFIGURATION, "%s cannot be made: %s", "无法创建 %s：%s", folder,
                        strerror(errno));
    const char *path = arena_format(&cli->arena, "%s/%s", folder, name);
    if (!force && access(path, F_OK) == 0)
        return gov_fail_at(err, GOV_CONFLICT, path, "exists",
                           "%s is there already; --force replaces it", "%s 已存在；--force 可覆盖",
                           path);
    char *fresh = arena_format(&cli->arena, "%s/.execgov-XXXXXX", folder);
    int fd = mkostemp(fresh, O_CLOEXEC);
    if (fd < 0)
        return gov_fail(err, GOV_CONFIGURATION, "%s cannot be written: %s", "无法写入 %s：%s", folder,
                        strerror(errno));
    mode_t mask = umask(0);
    umask(mask);
    fchmod(fd, 0666 & ~mask);
    bool done = download_into(cli, url_path, fresh, fd, sha256, err);
    if (done && rename(fresh, path) != 0)
        done = gov_fail(err, GOV_CONFIGURATION, "%s cannot be written: %s", "无法写入 %s：%s", path,
                        strerror(errno));
    if (!done)
        unlink(fresh);
    else
        cli_note(cli, "wrote %s", "已写入 %s", path);
    return done;
}

bool artifacts_fetch(struct cli *cli, const json_t *run, const char *name, const char *folder,
                     bool force, struct gov_err *err)
{
    const char *id = json_get_text(run, "id");
    const json_t *one;
    size_t i, found = 0;

    json_array_foreach(json_object_get(run, "artifacts"), i, one)
    {
        const char *own = json_get_text(one, "name");
        if (!own || !id || (name && strcmp(name, own) != 0))
            continue;
        const char *path = arena_format(&cli->arena, "/v1/runs/%s/artifacts/%s", id,
                                        remote_segment(cli, own));
        if (!artifacts_download(cli, path, folder, own, json_get_text(one, "sha256"), force, err))
            return false;
        found++;
    }
    if (name && found == 0)
        return gov_fail(err, GOV_NOT_FOUND, "the run made no file called %s", "该运行没有文件 %s",
                        name);
    return true;
}

static bool read_run(struct cli *cli, const char *id, const json_t **run, struct gov_err *err)
{
    return remote_get(cli, arena_format(&cli->arena, "/v1/runs/%s", remote_segment(cli, id)), run,
                      err);
}

bool command_artifacts_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    const json_t *run, *one;
    size_t i;

    if (!read_run(cli, args->words[0], &run, err))
        return false;
    if (cli->json) {
        cli_print_json(json_object_get(run, "artifacts"));
        return true;
    }
    table_init(&table, &cli->arena);
    table_column_flexible(&table, "NAME", "名称");
    table_column_right(&table, "SIZE", "大小");
    table_column(&table, "TYPE", "类型");
    table_column(&table, "SHA-256", "SHA-256");
    json_array_foreach(json_object_get(run, "artifacts"), i, one)
    {
        char size[SHOW_SIZE_BYTES];
        table_row(&table);
        table_cell(&table, json_get_text(one, "name"));
        table_cell(&table, show_size(json_get_int(one, "size", 0), size));
        table_cell(&table, json_get_text(one, "media_type"));
        table_cellf(&table, "%.12s…", json_get_text(one, "sha256"));
    }
    show_table(cli, &table);
    return true;
}

bool command_artifacts_get(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *run;

    return read_run(cli, args->words[0], &run, err) &&
           artifacts_fetch(cli, run, args->count > 1 ? args->words[1] : NULL,
                           args_value(args, "out", "."), args_flag(args, "force"), err);
}
