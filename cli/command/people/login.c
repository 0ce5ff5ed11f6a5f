/* login.c - who one is on a server. Passwords come from the terminal or stdin, never from argv, where
 * every user of the machine reads them. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/people/secret.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "cli/out/term.h"
#include "core/base/json.h"
#include "core/base/text.h"

/* A password over plain HTTP to another machine is readable on the way. */
static void warn_plain_http(const struct cli *cli)
{
    const char *url = cli->profile.url;

    if (text_starts(url, "http://") && !text_starts(url, "http://127.") &&
        !text_starts(url, "http://localhost") && !text_starts(url, "http://[::1]"))
        cli_note(cli, "warning: %s is not encrypted; the password can be read on the way",
                 "警告：%s 未加密，密码可能在传输途中被读取", url);
}

static bool ask_text(struct cli *cli, const struct args *args, const char *option, const char *en,
                     const char *zh, const char **value, struct gov_err *err)
{
    *value = args_value(args, option, NULL);
    return *value || term_ask(cli, cli_text(cli, en, zh), false, value, err);
}

/* Keep the session that was answered and say who one is now. */
static bool keep_session(struct cli *cli, const json_t *session, struct gov_err *err)
{
    const json_t *user = json_object_get(session, "user");
    const json_t *tenant = json_object_get(session, "tenant");

    cli->profile.token = json_get_text(session, "token");
    cli->profile.email = json_get_text(user, "email");
    cli->profile.tenant = json_get_text(tenant, "name");
    if (!cli->profile.token)
        return gov_fail(err, GOV_INTERNAL, "the answer carries no token", "响应中没有令牌");
    if (!profile_write(&cli->profile, &cli->arena, err))
        return false;
    if (cli->profile.token_from_environment)
        cli_note(cli, "note: EXECGOV_TOKEN is set and goes on to win over this login; unset it to use this one",
                 "注意：已设置 EXECGOV_TOKEN，它仍优先于本次登录；要使用本次登录，请先将其取消设置");
    cli_say(cli, "logged in at %s as %s (%s)", "已登录 %s，身份 %s（%s）", cli->profile.url,
            cli->profile.email ? cli->profile.email : "?",
            cli->profile.tenant ? cli->profile.tenant : cli_text(cli, "platform", "平台"));
    if (cli->json) {
        json_t *shown = json_own(&cli->arena, json_copy((json_t *)session));
        json_object_del(shown, "token"); /* it is in the profile; scrollback is no place for it */
        cli_print_json(shown);
    }
    return true;
}

bool command_login(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *email, *password;
    const json_t *session;

    warn_plain_http(cli);
    if (!ask_text(cli, args, "email", "E-mail:", "邮箱：", &email, err) ||
        !secret_read(cli, args, "Password:", "密码：", false, &password, err))
        return false;
    json_t *body = json_own(&cli->arena,
                            json_pack("{s:s, s:s, s:s*}", "email", email, "password", password,
                                      "tenant", args_value(args, "tenant", NULL)));
    cli->profile.token = NULL;
    return remote_post(cli, "/v1/login", body, &session, err) && keep_session(cli, session, err);
}

bool command_register(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *email, *name, *password;
    const json_t *session;

    warn_plain_http(cli);
    if (!ask_text(cli, args, "email", "E-mail:", "邮箱：", &email, err) ||
        !ask_text(cli, args, "name", "Your name:", "您的姓名：", &name, err) ||
        !secret_read(cli, args, "Password:", "密码：", true, &password, err))
        return false;
    json_t *body = json_own(&cli->arena,
                            json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "email", email, "name", name,
                                      "password", password, "tenant_name",
                                      args_value(args, "tenant-name", NULL), "invitation",
                                      args_value(args, "invitation", NULL)));
    cli->profile.token = NULL;
    return remote_post(cli, "/v1/register", body, &session, err) && keep_session(cli, session, err);
}

bool command_logout(struct cli *cli, const struct args *args, struct gov_err *err)
{
    (void)args;
    /* A session that the server no longer knows is over as well. */
    if (!remote_post(cli, "/v1/logout", NULL, NULL, err) && err->code != GOV_UNAUTHENTICATED)
        return false;
    cli->problem = NULL;
    cli->profile.token = NULL;
    if (!cli->profile.token_from_environment && !profile_write(&cli->profile, &cli->arena, err))
        return false;
    cli_say(cli, "logged out", "已退出登录");
    return true;
}

static const char *joined(struct cli *cli, const json_t *texts)
{
    const json_t *one;
    const char *all = "";
    size_t i;

    json_array_foreach(texts, i, one)
        all = arena_format(&cli->arena, "%s%s%s", all, i ? ", " : "", json_string_value(one));
    return all;
}

/* Where else one may log in: login --tenant takes the id. */
static void show_other_tenants(struct cli *cli, const json_t *me)
{
    const char *here = json_get_text(json_object_get(me, "tenant"), "id");
    const json_t *one;
    size_t i, shown = 0;

    json_array_foreach(json_object_get(me, "tenants"), i, one)
    {
        const char *id = json_get_text(one, "id"), *name = json_get_text(one, "name");
        if (!id || (here && strcmp(id, here) == 0))
            continue;
        show_line(cli, shown ? " " : "also in", shown ? " " : "其他租户",
                  arena_format(&cli->arena, "%s (%s)", name ? name : "?", id));
        shown++;
    }
}

bool command_whoami(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *me;
    (void)args;

    if (!remote_get(cli, "/v1/me", &me, err))
        return false;
    if (cli->json) {
        cli_print_json(me);
        return true;
    }
    const json_t *user = json_object_get(me, "user");
    const json_t *token = json_object_get(me, "token");
    show_line(cli, "name", "姓名", json_get_text(user, "name"));
    show_line(cli, "e-mail", "邮箱", json_get_text(user, "email"));
    show_line(cli, "tenant", "租户", json_get_text(json_object_get(me, "tenant"), "name"));
    show_other_tenants(cli, me);
    show_line(cli, "roles", "角色", joined(cli, json_object_get(me, "roles")));
    show_line(cli, "may", "权限", joined(cli, json_object_get(me, "permissions")));
    show_line(cli, "token", "令牌", json_get_text(token, "kind"));
    show_line(cli, "until", "有效至", show_local_time(cli, json_get_text(token, "expires_at")));
    show_line(cli, "notice", "提示", json_get_text(json_object_get(me, "subscription"), "message"));
    show_line(cli, "server", "服务器", cli->profile.url);
    show_line(cli, "profile", "配置", cli->profile.name);
    return true;
}
