/* about.c - what this program and the server are. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/net/remote.h"
#include "cli/out/completion.h"
#include "core/base/json.h"

bool command_version(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = { .method = "GET", .path = "/version", .anonymous = true };
    bool reached = !args_flag(args, "local") && remote_send(cli, &call, &answer, err);
    const char *theirs = reached ? json_get_text(answer.json, "version") : NULL;

    cli->problem = NULL;
    if (cli->json) {
        json_t *both = json_pack("{s:s, s:s?, s:s}", "client", EXECGOV_VERSION, "server", theirs,
                                 "url", cli->profile.url);
        cli_print_json(both);
        json_decref(both);
        return true;
    }
    printf("execgov %s\n", EXECGOV_VERSION);
    if (theirs)
        cli_say(cli, "server  %s at %s", "服务器  %s，%s", theirs, cli->profile.url);
    else if (!args_flag(args, "local"))
        cli_note(cli, "no server answers at %s", "%s 没有响应", cli->profile.url);
    return true;
}

bool command_completion(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct buf out = { 0 };
    (void)cli;

    if (strcmp(args->words[0], "bash") == 0)
        completion_bash(&out);
    else if (strcmp(args->words[0], "zsh") == 0)
        completion_zsh(&out);
    else
        return gov_fail_at(err, GOV_INVALID_INPUT, args->words[0], "enum", "bash or zsh, not \"%s\"",
                           "应为 bash 或 zsh，而不是“%s”", args->words[0]);
    fputs(buf_text(&out), stdout);
    buf_release(&out);
    return true;
}
