/* runtime.c - the module sets that scripts run with, on this machine.
 *
 * `install` has Debian's packages installed and waits until sandboxd, which finds them by itself, has
 * made its read-only copy. Without a sandboxd the packages alone are installed: it will find them at
 * its start. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/command/commands.h"
#include "cli/out/table.h"
#include "cli/sandboxd.h"
#include "core/base/json.h"

enum { MADE_WITHIN_S = 120, AGAIN_MS = 200 };

/* What Debian has to have for each; `base` comes with the platform itself. */
static const struct {
    const char *name;
    const char *packages[5];
    const char *proof; /* lies there when the packages are installed */
} runtimes[] = {
    { "base",
      { "python3-openpyxl", "python3-requests", "python3-dateutil", "python3-packaging" },
      "/usr/lib/python3/dist-packages/openpyxl" },
    { "data", { "python3-pandas" }, "/usr/lib/python3/dist-packages/pandas" },
};

enum { RUNTIMES = sizeof runtimes / sizeof *runtimes };

bool command_runtime_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *status, *one;
    struct table table;
    struct buf out = { 0 };
    size_t i;

    if (!sandboxd_ask(cli, sandboxd_socket(args), &status, err))
        return false;
    if (cli->json) {
        json_t *items = json_pack("{s:O}", "items", json_object_get(status, "runtimes"));
        cli_print_json(items);
        json_decref(items);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "RUNTIME", "运行环境");
    table_column(&table, "STATE", "状态");
    table_column(&table, "DIGEST", "摘要");
    table_column_flexible(&table, "HOW TO GET IT", "安装方法");
    json_array_foreach(json_object_get(status, "runtimes"), i, one)
    {
        bool present = json_get_bool(one, "present", false);
        const char *name = json_get_text(one, "name"), *digest = json_get_text(one, "digest");
        table_row(&table);
        table_cell(&table, name);
        table_cell(&table, present ? cli_text(cli, "installed", "已安装") : cli_text(cli, "absent", "未安装"));
        table_cellf(&table, "%.12s", present && digest ? digest : "-");
        table_cell(&table, present ? "" : arena_format(&cli->arena, "execgov runtime install %s", name));
    }
    table_print(&table, cli->language, 0, cli->colour_out, &out);
    fputs(buf_text(&out), stdout);
    buf_release(&out);
    return true;
}

/* apt-get speaks for itself, on stderr: stdout is ours. */
_Noreturn static void apt_become(const char *const *packages)
{
    const char *words[12] = { "apt-get", "install", "-y", "--no-install-recommends" };
    size_t n = 4;

    while (*packages && n < 11)
        words[n++] = *packages++;
    setenv("DEBIAN_FRONTEND", "noninteractive", 1);
    if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        _exit(127);
    execvp(words[0], (char *const *)words);
    _exit(127);
}

static bool packages_install(struct cli *cli, int index, struct gov_err *err)
{
    const char *const *packages = runtimes[index].packages;
    char *list = "";
    int status = -1;

    for (int i = 0; packages[i]; i++)
        list = arena_format(&cli->arena, "%s %s", list, packages[i]);
    if (geteuid() != 0)
        return gov_fail(err, GOV_FORBIDDEN, "Debian's packages are missing; as root: apt-get install%s",
                        "缺少 Debian 软件包，请以 root 执行：apt-get install%s", list);
    cli_note(cli, "installing%s", "正在安装%s", list);
    fflush(stderr);
    pid_t pid = fork();
    if (pid == 0)
        apt_become(packages);
    if (pid > 0)
        waitpid(pid, &status, 0);
    if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return gov_fail(err, GOV_SANDBOX_UNAVAILABLE,
                    "apt-get could not install%s; it says why above. First try: apt-get update",
                    "apt-get 无法安装%s，原因见上文。请先执行：apt-get update", list);
}

/* sandboxd looks whenever it is asked; it copies for some seconds. */
static bool made_wait(struct cli *cli, const char *socket, const char *name, struct gov_err *err)
{
    const struct timespec pause = { 0, AGAIN_MS * 1000000L };
    const json_t *status;

    for (int i = 0; i < MADE_WITHIN_S * 1000 / AGAIN_MS; i++) {
        if (!sandboxd_ask(cli, socket, &status, err))
            return false;
        if (sandboxd_has_runtime(status, name))
            return true;
        nanosleep(&pause, NULL); /* there is nothing to be woken by */
    }
    return gov_fail(err, GOV_SANDBOX_UNAVAILABLE,
                    "the packages are installed, but sandboxd has no runtime %s after %d s; its log says why",
                    "软件包已安装，但 sandboxd 在 %2$d 秒后仍没有运行环境 %1$s，原因见其日志", name,
                    MADE_WITHIN_S);
}

bool command_runtime_install(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *name = args->words[0], *socket = sandboxd_socket(args);
    const json_t *status;
    int index = 0;

    while (index < RUNTIMES && strcmp(runtimes[index].name, name) != 0)
        index++;
    if (index == RUNTIMES)
        return gov_fail_at(err, GOV_INVALID_INPUT, name, "enum",
                           "there is no runtime \"%s\": base or data",
                           "没有运行环境“%s”：可选 base 或 data", name);
    bool listens = sandboxd_present(socket);
    if (listens && sandboxd_ask(cli, socket, &status, err) && sandboxd_has_runtime(status, name)) {
        cli_say(cli, "%s is installed", "%s 已安装", name);
        return true;
    }
    if (access(runtimes[index].proof, R_OK) < 0 && !packages_install(cli, index, err))
        return false;
    if (!listens) {
        cli_say(cli, "the packages of %s are there; no sandboxd listens at %s, it finds them at its start",
                "%s 的软件包已就绪；%s 处没有 sandboxd，其启动时会自动识别", name, socket);
        return true;
    }
    if (!made_wait(cli, socket, name, err))
        return false;
    cli_say(cli, "%s is installed", "%s 已安装", name);
    return true;
}
