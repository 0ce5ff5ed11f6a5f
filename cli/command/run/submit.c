#include "cli/command/run/submit.h"

#include <stdio.h>
#include <string.h>

#include "cli/command/run/artifacts.h"
#include "cli/net/follow.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

bool submit_post(struct cli *cli, const struct args *args, const char *path, const json_t *body,
                 int wait_s, const json_t **thing, struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = {
        .method = "POST",
        .path = path,
        .body = body,
        .wait_s = wait_s,
        .idempotency_key = args_value(args, "idempotency-key", NULL),
    };

    if (!remote_send(cli, &call, &answer, err))
        return false;
    *thing = answer.json;
    return true;
}

void submit_names(struct cli *cli, const struct args *args, const char *word, const char **skill,
                  const char **action)
{
    const char *slash = strchr(word, '/');

    *skill = slash ? arena_copy(&cli->arena, word, (size_t)(slash - word)) : word;
    *action = args_value(args, "action", slash ? slash + 1 : NULL);
}

static bool fail_no_action(const char *skill, const char *action, const json_t *actions,
                           struct gov_err *err)
{
    char names[200] = "";
    size_t used = 0;
    const json_t *one;
    size_t i;

    json_array_foreach(actions, i, one)
    {
        const char *name = json_get_text(one, "name");
        if (name && used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                                     name);
    }
    if (action)
        return gov_fail_at(err, GOV_INVALID_INPUT, "--action", "enum",
                           "%s has no action \"%s\"; it has %s", "%s 没有动作“%s”；可用：%s", skill,
                           action, names);
    return gov_fail_at(err, GOV_INVALID_INPUT, "--action", "required",
                       "%s has several actions; say which: %s%s", "%s 有多个动作，请指定：%s%s", skill,
                       names, "");
}

bool submit_schema(struct cli *cli, const char *skill, const char *action, const json_t **schema,
                   struct gov_err *err)
{
    const json_t *found, *one, *actions;
    size_t i;

    if (!remote_get(cli, arena_format(&cli->arena, "/v1/skills/%s", remote_segment(cli, skill)),
                    &found, err))
        return false;
    actions = json_object_get(found, "actions");
    json_array_foreach(actions, i, one)
    {
        const char *name = json_get_text(one, "name");
        bool wanted = action ? name && strcmp(name, action) == 0 : json_array_size(actions) == 1;
        if (wanted) {
            *schema = json_object_get(one, "input_schema");
            return true;
        }
    }
    return fail_no_action(skill, action, actions, err);
}

static void tell_next(const struct cli *cli, const json_t *thing)
{
    const char *state = json_get_text(thing, "state");
    const char *request = json_get_text(thing, "request_id");
    const char *id = json_get_text(thing, "id");

    if (!request)
        request = id;
    if (!state || !id)
        return;
    if (strcmp(state, "awaiting_confirmation") == 0)
        cli_note(cli, "somebody has to confirm it: execgov confirmations show %s",
                 "需要他人确认：execgov confirmations show %s", request);
    else if (strcmp(state, "needs_answer") == 0)
        cli_note(cli, "answer it: execgov answer %s NAME=VALUE, or --candidate SKILL",
                 "请补充：execgov answer %s 名称=值，或 --candidate 技能", id);
    else if (!show_state_ended(state))
        cli_note(cli, "see: execgov %s show %s", "查看：execgov %s show %s",
                 request == id ? "requests" : "runs", id);
}

void submit_tell(struct cli *cli, const json_t *thing, bool waited)
{
    const char *state = json_get_text(thing, "state");

    if (cli->json)
        cli_print_json(thing);
    else if (json_object_get(thing, "skill") && json_object_get(thing, "input"))
        show_run_card(cli, thing);
    else
        show_request_card(cli, thing);
    const json_t *plan = json_object_get(thing, "plan");
    bool is_run = json_object_get(thing, "request_id") != NULL;
    if (!cli->json && is_run && json_is_object(plan))
        show_plan_card(cli, plan);
    tell_next(cli, thing);
    cli->exit_code = show_exit_code(thing);
    /* Who waited for an end and got a question has not got what he waited for. */
    if (waited && state && strcmp(state, "awaiting_confirmation") == 0)
        cli->exit_code = gov_code_info(GOV_CONFIRMATION_REQUIRED)->exit_code;
}

bool submit_stay(struct cli *cli, const struct args *args, const char *collection,
                 const json_t **thing, bool wait, struct gov_err *err)
{
    const char *id = json_get_text(*thing, "id");

    if (!id)
        return gov_fail(err, GOV_INTERNAL, "the answer carries no id", "响应中没有 id");
    const char *path = arena_format(&cli->arena, "%s/%s", collection, id);
    if (args_flag(args, "follow"))
        return follow_events(cli, path, thing, err);
    return !wait || follow_wait(cli, path, thing, err);
}

bool submit_finish(struct cli *cli, const struct args *args, const json_t *thing, bool waited,
                   struct gov_err *err)
{
    const char *folder = args_value(args, "out", NULL);
    const json_t *run = json_object_get(thing, "run");

    submit_tell(cli, thing, waited);
    if (!folder)
        return true;
    return artifacts_fetch(cli, json_is_object(run) ? run : thing, NULL, folder,
                           args_flag(args, "force"), err);
}

bool submit_see_through(struct cli *cli, const struct args *args, const char *collection,
                        const json_t *thing, bool wait, struct gov_err *err)
{
    wait = wait || args_flag(args, "wait") || args_flag(args, "follow") ||
           args_value(args, "out", NULL);
    return submit_stay(cli, args, collection, &thing, wait, err) &&
           submit_finish(cli, args, thing, wait, err);
}
