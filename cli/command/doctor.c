/* doctor.c - is everything there that a command needs: settings, server, token, workers.
 *
 * Every check runs, whatever the one before said; the exit code is that of the first that failed. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command/commands.h"
#include "cli/command/platform/worker_platform.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "cli/sandboxd.h"
#include "core/base/json.h"

enum { CLOCK_SKEW_S_MAX = 60 };

struct doctor {
    struct cli *cli;
    json_t *checks; /* [{name, ok, detail}] */
};

static void tell(struct doctor *doctor, const char *name, bool ok, const char *detail)
{
    struct cli *cli = doctor->cli;

    json_array_append_new(doctor->checks, json_pack("{s:s, s:b, s:s}", "name", name, "ok", ok,
                                                    "detail", detail ? detail : ""));
    const char *mark = ok ? "ok  " : "FAIL";
    const char *colour = ok ? "\033[32m" : "\033[31m";
    if (!cli->json)
        printf("%s%s%s  %-12s %s\n", cli->colour_out ? colour : "", mark,
               cli->colour_out ? "\033[0m" : "", name, detail ? detail : "");
}

static void tell_failure(struct doctor *doctor, const char *name, const struct gov_err *err)
{
    struct cli *cli = doctor->cli;

    tell(doctor, name, false,
         arena_format(&cli->arena, "%s (%s)", gov_err_detail(err, cli->language),
                      gov_code_info(err->code)->wire));
    if (cli->exit_code == 0)
        cli->exit_code = gov_code_info(err->code)->exit_code;
    cli->problem = NULL;
}

static void check_settings(struct doctor *doctor)
{
    struct cli *cli = doctor->cli;
    struct gov_err err;
    const char *path;
    unsigned mode;

    if (!profile_path(&cli->arena, &path, &err)) {
        tell_failure(doctor, "settings", &err);
        return;
    }
    if (profile_exposed(path, &mode)) {
        gov_fail(&err, GOV_CONFIGURATION, "%s can be read by others (mode %04o): chmod 600 it",
                 "%s 可被其他用户读取（权限 %04o）：请执行 chmod 600", path, mode);
        tell_failure(doctor, "settings", &err);
        return;
    }
    tell(doctor, "settings", true,
         arena_format(&cli->arena, cli_text(cli, "%s, profile %s, %s", "%s，配置 %s，%s"), path,
                      cli->profile.name, cli->profile.url));
}

/* The server's clock against ours: tokens, expiries and "today" depend on it. */
static void check_clock(struct doctor *doctor, const char *date)
{
    struct cli *cli = doctor->cli;
    time_t theirs = date ? curl_getdate(date, NULL) : -1;
    long skew = theirs < 0 ? 0 : labs((long)(time(NULL) - theirs));
    struct gov_err err;

    if (theirs < 0)
        return;
    if (skew <= CLOCK_SKEW_S_MAX) {
        tell(doctor, "clock", true, cli_text(cli, "agrees with the server's", "与服务器一致"));
        return;
    }
    gov_fail(&err, GOV_CONFIGURATION, "differs from the server's by %ld s; set one of them right",
             "与服务器相差 %ld 秒，请校准", skew);
    tell_failure(doctor, "clock", &err);
}

static void check_server(struct doctor *doctor)
{
    struct cli *cli = doctor->cli;
    struct remote_answer answer;
    struct gov_err err;
    const json_t *one;
    size_t i;
    struct remote_call version = { .method = "GET", .path = "/version", .anonymous = true };
    struct remote_call ready = { .method = "GET", .path = "/readyz", .anonymous = true };

    if (!remote_send(cli, &version, &answer, &err)) {
        tell_failure(doctor, "server", &err);
        return;
    }
    const char *theirs = json_get_text(answer.json, "version");
    tell(doctor, "server", true,
         arena_format(&cli->arena, cli_text(cli, "version %s; this program is %s",
                                            "版本 %s；本程序 %s"),
                      theirs ? theirs : "?", EXECGOV_VERSION));
    check_clock(doctor, answer.date);
    bool good = remote_send(cli, &ready, &answer, &err);
    json_array_foreach(json_object_get(answer.json, "checks"), i, one)
    {
        const char *name = json_get_text(one, "name");
        tell(doctor, name ? name : "?", json_get_bool(one, "ok", false),
             json_get_text(one, "detail"));
    }
    if (!good)
        tell_failure(doctor, "ready", &err);
    else
        tell(doctor, "ready", true, json_get_text(answer.json, "status"));
}

static void check_token(struct doctor *doctor)
{
    struct cli *cli = doctor->cli;
    const json_t *me;
    struct gov_err err;

    if (!cli->profile.token) {
        gov_fail(&err, GOV_UNAUTHENTICATED, "not logged in: execgov login",
                 "未登录：execgov login");
        tell_failure(doctor, "token", &err);
        return;
    }
    if (!remote_get(cli, "/v1/me", &me, &err)) {
        tell_failure(doctor, "token", &err);
        return;
    }
    const char *who = json_get_text(json_object_get(me, "user"), "email");
    const char *until = json_get_text(json_object_get(me, "token"), "expires_at");
    tell(doctor, "token", true,
         arena_format(&cli->arena, cli_text(cli, "%s, until %s", "%s，有效至 %s"), who ? who : "?",
                      show_local_time(cli, until)));
}

/* Only people of the platform see the workers; for everybody else there is nothing to say. */
static void check_workers(struct doctor *doctor)
{
    struct cli *cli = doctor->cli;
    const json_t *workers, *one, *problem;
    struct gov_err err;
    size_t i, k;

    if (!cli->profile.token)
        return;
    if (!remote_get(cli, "/v1/platform/workers", &workers, &err)) {
        if (err.code != GOV_NOT_FOUND && err.code != GOV_FORBIDDEN &&
            err.code != GOV_UNAUTHENTICATED)
            tell_failure(doctor, "workers", &err);
        cli->problem = NULL;
        return;
    }
    json_array_foreach(json_object_get(workers, "items"), i, one)
    {
        const char *state = json_get_text(one, "state");
        const char *isolation = json_get_text(one, "isolation");
        const char *id = json_get_text(one, "id");
        tell(doctor, "worker", state && strcmp(state, "live") == 0,
             arena_format(&cli->arena, "%s  %s  %s", id ? id : "?", state ? state : "?",
                          isolation ? isolation : "?"));
        json_array_foreach(json_object_get(one, "problems"), k, problem)
            tell(doctor, "worker", false, json_string_value(problem));
    }
    const char *differ = worker_platforms_differ(cli, json_object_get(workers, "items"));
    if (differ)
        tell(doctor, "platform", false, differ);
}

/* Only where scripts are run: a machine without a sandboxd lacks nothing. One that was named has to
 * answer. */
static void check_sandbox(struct doctor *doctor, const struct args *args)
{
    struct cli *cli = doctor->cli;
    const char *socket = sandboxd_socket(args);
    const json_t *status, *one;
    struct gov_err err;
    size_t i;

    if (!sandboxd_present(socket) && !args_value(args, "sandbox", NULL))
        return;
    if (!sandboxd_ask(cli, socket, &status, &err)) {
        tell_failure(doctor, "sandbox", &err);
        return;
    }
    const char *detail = json_get_text(status, "detail");
    if (json_get_bool(status, "accepting", false)) {
        tell(doctor, "sandbox", true,
             arena_format(&cli->arena, cli_text(cli, "isolation level %d: %s", "隔离级别 %d：%s"),
                          (int)json_get_int(status, "level", 0), detail ? detail : ""));
    } else {
        gov_fail(&err, GOV_SANDBOX_UNAVAILABLE, "takes no scripts: %s", "不接受脚本：%s",
                 detail ? detail : "");
        tell_failure(doctor, "sandbox", &err);
    }
    json_array_foreach(json_object_get(status, "probes"), i, one)
    {
        const char *name = json_get_text(one, "name");
        bool ok = json_get_bool(one, "ok", false), required = json_get_bool(one, "required", false);
        if (!ok)
            tell(doctor, "probe", !required,
                 arena_format(&cli->arena, "%s: %s", name ? name : "?", json_get_text(one, "detail")));
    }
    json_array_foreach(json_object_get(status, "runtimes"), i, one)
    {
        const char *name = json_get_text(one, "name");
        tell(doctor, "runtime", true,
             arena_format(&cli->arena, "%s: %s", name ? name : "?",
                          json_get_bool(one, "present", false)
                              ? cli_text(cli, "installed", "已安装")
                              : arena_format(&cli->arena, "execgov runtime install %s", name)));
    }
}

bool command_doctor(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct doctor doctor = { .cli = cli, .checks = json_own(&cli->arena, json_array()) };
    (void)err;

    check_settings(&doctor);
    check_server(&doctor);
    check_token(&doctor);
    check_workers(&doctor);
    check_sandbox(&doctor, args);
    if (cli->json) {
        json_t *all = json_pack("{s:b, s:O}", "ok", cli->exit_code == 0, "checks", doctor.checks);
        cli_print_json(all);
        json_decref(all);
    }
    return true;
}
