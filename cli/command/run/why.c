/* why.c - why something does not run, and who may run what. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/run/skill_near.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/id.h"
#include "core/base/json.h"

static void show_reasons(const struct cli *cli, const json_t *reasons)
{
    const json_t *reason;
    size_t i;

    json_array_foreach(reasons, i, reason)
    {
        show_line(cli, "because", "原因", json_get_text(reason, "message"));
        show_line(cli, "what helps", "解决办法", json_get_text(reason, "remedy"));
    }
}

bool command_why_run(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *why;

    if (!remote_get(cli, arena_format(&cli->arena, "/v1/runs/%s/why",
                                      remote_segment(cli, args->words[0])), &why, err))
        return false;
    if (cli->json) {
        cli_print_json(why);
        return true;
    }
    show_line(cli, "state", "状态", show_state(cli, json_get_text(why, "state")));
    show_reasons(cli, json_object_get(why, "blockers"));
    const json_t *position = json_object_get(why, "position");
    if (json_is_integer(position))
        show_line(cli, "before it", "前面还有",
                  arena_format(&cli->arena, "%lld", (long long)json_integer_value(position)));
    if (json_get_text(why, "next_attempt_at"))
        show_line(cli, "tried again", "下次尝试",
                  show_local_time(cli, json_get_text(why, "next_attempt_at")));
    if (json_array_size(json_object_get(why, "blockers")) == 0)
        cli_say(cli, "  nothing holds it back", "  没有阻碍");
    return true;
}

bool command_why_skill(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *why, *action;
    size_t i;
    const char *path = arena_format(&cli->arena, "/v1/skills/%s/why",
                                    remote_segment(cli, args->words[0]));

    path = remote_path(cli, path, "user", args_value(args, "user", NULL), NULL);
    if (!remote_get(cli, path, &why, err))
        return !args_value(args, "user", NULL) && skill_near(cli, args->words[0], err);
    if (cli->json) {
        cli_print_json(why);
        return true;
    }
    show_line(cli, "skill", "技能", json_get_text(why, "skill"));
    show_line(cli, "person", "人员", json_get_text(json_object_get(why, "user"), "name"));
    json_array_foreach(json_object_get(why, "actions"), i, action)
    {
        bool allowed = json_get_bool(action, "allowed", false);
        const char *verdict = allowed ? cli_text(cli, "may run", "可运行")
                                      : cli_text(cli, "may not run", "不可运行");
        show_line(cli, verdict, verdict, json_get_text(action, "name"));
        show_reasons(cli, json_object_get(action, "reasons"));
    }
    return true;
}

bool command_why(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct id id;

    return id_parse(args->words[0], &id) ? command_why_run(cli, args, err)
                                         : command_why_skill(cli, args, err);
}
