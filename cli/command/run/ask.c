/* ask.c - ask in words; when the server has questions and somebody sits at the terminal, ask him. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/run/submit.h"
#include "cli/input.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "cli/out/term.h"
#include "core/base/json.h"
#include "core/base/text.h"

enum { ROUNDS_MAX = 20 };

static const char *joined_words(struct cli *cli, const struct args *args)
{
    const char *text = args->words[0];

    for (size_t i = 1; i < args->count; i++)
        text = arena_format(&cli->arena, "%s %s", text, args->words[i]);
    return text;
}

static bool upload_all(struct cli *cli, const struct args *args, json_t *files, struct gov_err *err)
{
    const char *path, *id;

    for (size_t n = 0; (path = args_nth(args, "file", n)); n++) {
        if (!input_upload(cli, path, &id, err))
            return false;
        json_array_append_new(files, json_string(id));
    }
    return true;
}

/* Print the choices and read one, by number or by value. A new reference; NULL: nothing was said. */
static json_t *read_choice(struct cli *cli, const json_t *choices, const char *text)
{
    const json_t *choice;
    const char *answer;
    struct gov_err unasked;
    int64_t number;
    size_t i;

    json_array_foreach(choices, i, choice)
    {
        char *value = json_dumps(json_object_get(choice, "value"), JSON_ENCODE_ANY | JSON_COMPACT);
        const char *title = json_get_text(choice, "title");
        char *shown = term_visible(title ? title : value, true);
        fprintf(stderr, "  %zu  %s\n", i + 1, shown);
        free(shown);
        free(value);
    }
    char *question = term_visible(text, true);
    bool said = term_ask(cli, question, false, &answer, &unasked);
    free(question);
    if (!said || !*answer)
        return NULL;
    if (json_array_size(choices) > 0 &&
        text_parse_i64(answer, 1, (int64_t)json_array_size(choices), &number))
        return json_incref(json_object_get(json_array_get(choices, (size_t)number - 1), "value"));
    return json_string(answer);
}

/* One question. False: the person gave no answer, or one of the wrong type. */
static bool ask_question(struct cli *cli, const json_t *question, json_t *reply, struct gov_err *err)
{
    const char *kind = json_get_text(question, "kind");
    const char *name = json_get_text(question, "name");
    const char *text = json_get_text(question, "text");
    const json_t *schema = json_object_get(question, "schema");
    json_t *value = read_choice(cli, json_object_get(question, "choices"), text ? text : "?");

    if (!value)
        return gov_fail(err, GOV_INVALID_INPUT, "no answer was given; the request still waits",
                        "没有回答；请求仍在等待");
    if (kind && strcmp(kind, "candidate") == 0) {
        json_object_set_new(reply, "candidate", value);
        return true;
    }
    if (json_is_object(schema) && json_is_string(value)) {
        json_t *typed = input_value(schema, schema, json_string_value(value), name ? name : "", err);
        json_decref(value);
        if (!typed)
            return false;
        value = typed;
    }
    if (!json_object_get(reply, "inputs"))
        json_object_set_new(reply, "inputs", json_object());
    json_object_set_new(json_object_get(reply, "inputs"), name ? name : "", value);
    return true;
}

/* Ask the person what the request asks, and send the answers. */
static bool converse(struct cli *cli, const struct args *args, const json_t **request,
                     struct gov_err *err)
{
    const json_t *intent = json_object_get(*request, "intent");
    json_t *reply = json_own(&cli->arena, json_object());
    const json_t *question;
    size_t i;

    json_array_foreach(json_object_get(intent, "questions"), i, question)
        if (!ask_question(cli, question, reply, err))
            return false;
    const char *path = arena_format(&cli->arena, "/v1/requests/%s/answer",
                                    json_get_text(*request, "id"));
    return submit_post(cli, args, path, reply, 0, request, err);
}

/* Stay with the request; when it asks and somebody is there, ask him, and stay again. */
static bool stay_and_answer(struct cli *cli, const struct args *args, const json_t **request,
                            struct gov_err *err)
{
    bool at_terminal = cli->tty_in && cli->tty_err && !cli->json;

    for (int round = 0; round < ROUNDS_MAX; round++) {
        if (!submit_stay(cli, args, "/v1/requests", request, true, err))
            return false;
        const char *state = json_get_text(*request, "state");
        if (!at_terminal || !state || strcmp(state, "needs_answer") != 0)
            return true;
        if (!converse(cli, args, request, err))
            return false;
    }
    return true;
}

bool command_ask(struct cli *cli, const struct args *args, struct gov_err *err)
{
    bool plan = strcmp(args->command->words, "plan") == 0;
    bool stay = !args_flag(args, "no-wait");
    const json_t *request;
    json_t *files = json_own(&cli->arena, json_array());
    json_t *body = json_own(&cli->arena, json_pack("{s:s}", "text", joined_words(cli, args)));

    if (!upload_all(cli, args, files, err))
        return false;
    if (json_array_size(files) > 0)
        json_object_set(body, "files", files);
    if (plan)
        json_object_set_new(body, "mode", json_string("plan"));
    if (args_value(args, "follow-up-of", NULL))
        json_object_set_new(body, "follow_up_of", json_string(args_value(args, "follow-up-of", NULL)));
    if (args_value(args, "timezone", NULL))
        json_object_set_new(body, "timezone", json_string(args_value(args, "timezone", NULL)));
    int wait_s = stay && !args_flag(args, "follow") ? REMOTE_WAIT_S_MAX : 0;
    if (cli->timeout_s > 0 && wait_s > cli->timeout_s)
        wait_s = (int)cli->timeout_s;
    if (!submit_post(cli, args, "/v1/requests", body, wait_s, &request, err))
        return false;
    if (stay && !stay_and_answer(cli, args, &request, err))
        return false;
    return submit_finish(cli, args, request, stay, err);
}

bool command_answer(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *candidate = args_value(args, "candidate", NULL);
    const json_t *request;
    struct input input;

    if (!input_build(cli, args, 1, NULL, &input, err))
        return false;
    json_t *body = json_own(&cli->arena, json_object());
    if (candidate)
        json_object_set_new(body, "candidate", json_string(candidate));
    if (json_object_size(input.object) > 0)
        json_object_set(body, "inputs", input.object);
    if (json_object_size(body) == 0)
        return gov_fail(err, GOV_INVALID_INPUT, "say NAME=VALUE or --candidate SKILL",
                        "请给出 名称=值 或 --candidate 技能");
    const char *path = arena_format(&cli->arena, "/v1/requests/%s/answer",
                                    remote_segment(cli, args->words[0]));
    return submit_post(cli, args, path, body, 10, &request, err) &&
           submit_see_through(cli, args, "/v1/requests", request, !args_flag(args, "no-wait"), err);
}
