/* run.c - run and plan: by hand, with inputs typed by the action's schema. */
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/run/skill_near.h"
#include "cli/command/run/submit.h"
#include "cli/input.h"
#include "cli/net/remote.h"
#include "core/base/json.h"
#include "core/base/text.h"

/* The schema is fetched only where something has to be typed or put in place by it. */
static bool needs_schema(const struct args *args)
{
    return args->count > 1 || args_value(args, "file", NULL);
}

static void set_text(json_t *body, const char *name, const char *value)
{
    if (value)
        json_object_set_new(body, name, json_string(value));
}

/* The options that POST /v1/runs takes as they are. */
static bool take_options(const struct args *args, json_t *body, struct gov_err *err)
{
    long version = 0, delay_s = -1;

    if (!args_number(args, "skill-version", 1, 1000000, &version, err) ||
        !args_number(args, "delay", 0, 31536000, &delay_s, err))
        return false;
    if (version)
        json_object_set_new(body, "version", json_integer(version));
    if (delay_s >= 0)
        json_object_set_new(body, "delay_ms", json_integer((json_int_t)delay_s * 1000));
    set_text(body, "class", args_value(args, "class", NULL));
    set_text(body, "run_at", args_value(args, "at", NULL));
    set_text(body, "callback_url", args_value(args, "callback", NULL));
    set_text(body, "concurrency_key", args_value(args, "concurrency-key", NULL));
    set_text(body, "timezone", args_value(args, "timezone", NULL));
    return true;
}

static bool make_body(struct cli *cli, const struct args *args, const char *mode, json_t **body,
                      struct gov_err *err)
{
    const char *skill, *action;
    const json_t *schema = NULL;
    struct input input;

    submit_names(cli, args, args->words[0], &skill, &action);
    if (needs_schema(args) && !submit_schema(cli, skill, action, &schema, err))
        return skill_near(cli, skill, err);
    if (!input_build(cli, args, 1, schema, &input, err))
        return false;
    *body = json_own(&cli->arena, json_pack("{s:s, s:O}", "skill", skill, "input", input.object));
    set_text(*body, "action", action);
    set_text(*body, "mode", mode);
    if (json_array_size(input.files) > 0)
        json_object_set(*body, "files", input.files);
    return take_options(args, *body, err);
}

static bool hand_in(struct cli *cli, const struct args *args, const char *mode, bool wait,
                    struct gov_err *err)
{
    const json_t *run;
    json_t *body;

    if (!make_body(cli, args, mode, &body, err))
        return false;
    int wait_s = wait || args_flag(args, "wait") || args_value(args, "out", NULL)
                     ? REMOTE_WAIT_S_MAX : 0;
    if (cli->timeout_s > 0 && wait_s > cli->timeout_s)
        wait_s = (int)cli->timeout_s;
    if (!submit_post(cli, args, "/v1/runs", body, wait_s, &run, err))
        return skill_near(cli, json_get_text(body, "skill"), err);
    return submit_see_through(cli, args, "/v1/runs", run, wait, err);
}

bool command_run(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return hand_in(cli, args, NULL, false, err);
}

/* Is the first word a skill's name, and not the one word of a wish? The server knows. */
static bool names_skill(struct cli *cli, const struct args *args)
{
    const char *skill, *action;
    const json_t *found;
    struct gov_err unasked;

    submit_names(cli, args, args->words[0], &skill, &action);
    if (!text_slug_valid(skill))
        return false;
    bool known = remote_get(cli, arena_format(&cli->arena, "/v1/skills/%s", skill), &found, &unasked);
    cli->problem = NULL;
    return known;
}

bool command_plan(struct cli *cli, const struct args *args, struct gov_err *err)
{
    if (names_skill(cli, args))
        return hand_in(cli, args, "plan", true, err);
    return command_ask(cli, args, err);
}
