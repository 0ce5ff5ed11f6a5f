/* password.c - one's own password, reset links and invitations. */
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/people/secret.h"
#include "cli/net/remote.h"
#include "cli/out/term.h"
#include "core/base/json.h"

/* With --password-stdin: the first line is the old one (or the token), the second the new one. */
bool command_password_change(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *current, *password;

    if (!secret_read(cli, args, "Password now:", "当前密码：", false, &current, err) ||
        !secret_read(cli, args, "New password:", "新密码：", true, &password, err))
        return false;
    json_t *body = json_own(&cli->arena, json_pack("{s:s, s:s}", "current", current, "password",
                                                   password));
    if (!remote_post(cli, "/v1/password", body, NULL, err))
        return false;
    cli_say(cli, "changed; other sessions have ended", "已修改，其他会话已结束");
    return true;
}

/* A link or the token at its end. */
static const char *token_of(const char *link)
{
    const char *hash = strrchr(link, '#');
    const char *token = hash ? hash + 1 : link;
    const char *equals = hash ? strrchr(token, '=') : NULL;

    return equals ? equals + 1 : token;
}

bool command_password_reset(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *link, *password;

    if (!secret_read(cli, args, "Reset link:", "重置链接：", false, &link, err) ||
        !secret_read(cli, args, "New password:", "新密码：", true, &password, err))
        return false;
    json_t *body = json_own(&cli->arena, json_pack("{s:s, s:s}", "token", token_of(link),
                                                   "password", password));
    if (!remote_post(cli, "/v1/password/reset", body, NULL, err))
        return false;
    cli_say(cli, "changed; log in with it", "已修改，请用新密码登录");
    return true;
}

bool command_invitation_accept(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *link;
    const json_t *session;

    if (!secret_read(cli, args, "Invitation link:", "邀请链接：", false, &link, err))
        return false;
    json_t *body = json_own(&cli->arena, json_pack("{s:s}", "invitation", token_of(link)));
    if (!remote_post(cli, "/v1/invitations/accept", body, &session, err))
        return false;
    const char *tenant = json_get_text(json_object_get(session, "tenant"), "name");
    cli->profile.token = json_get_text(session, "token");
    cli->profile.tenant = tenant;
    if (!profile_write(&cli->profile, &cli->arena, err))
        return false;
    cli_say(cli, "you are in %s now", "您已加入 %s", tenant ? tenant : "?");
    return true;
}
