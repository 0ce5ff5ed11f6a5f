/* confirmation_talk.c - around a decision: ask back, answer, more time; and the rules that say who decides. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

static bool talk(struct cli *cli, const struct args *args, const char *what, struct gov_err *err)
{
    const char *comment = args_value(args, "comment", NULL);
    const json_t *request;
    json_t *body = json_own(&cli->arena, json_pack("{s:s*}", "comment", comment));
    const char *path = arena_format(&cli->arena, "/v1/requests/%s/%s",
                                    remote_segment(cli, args->words[0]), what);

    if (!comment && strcmp(what, "extend") != 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "--comment", "required",
                           "say what: --comment TEXT", "请给出内容：--comment 文字");
    if (!remote_post(cli, path, body, &request, err))
        return false;
    if (cli->json)
        cli_print_json(request);
    else
        show_request_card(cli, request);
    return true;
}

bool command_confirmations_ask(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return talk(cli, args, "ask", err);
}

bool command_confirmations_reply(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return talk(cli, args, "reply", err);
}

bool command_confirmations_extend(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return talk(cli, args, "extend", err);
}

/* A rule's conditions on one line: "skill=refund risk=high"; "everything" for none. */
static const char *conditions(struct cli *cli, const json_t *when)
{
    const char *name;
    json_t *value;
    char *text = arena_format(&cli->arena, "%s", "");

    json_object_foreach((json_t *)when, name, value)
        text = arena_format(&cli->arena, "%s%s%s=%s", text, *text ? " " : "", name,
                            json_string_value(value) ? json_string_value(value) : "?");
    return *text ? text : cli_text(cli, "everything", "全部");
}

static const char *roles(struct cli *cli, const json_t *list)
{
    const json_t *role;
    size_t i;
    char *text = arena_format(&cli->arena, "%s", "");

    json_array_foreach((json_t *)list, i, role)
        text = arena_format(&cli->arena, "%s%s%s", text, i ? ", " : "", json_string_value(role));
    return *text ? text : "owner, admin, approver";
}

bool command_confirmations_rules(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    const json_t *answer, *rule;
    size_t i;
    (void)args;

    if (!remote_get(cli, "/v1/confirmation-rules", &answer, err))
        return false;
    if (cli->json) {
        cli_print_json(answer);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "RULE", "规则");
    table_column_flexible(&table, "WHEN", "条件");
    table_column(&table, "PEOPLE", "人数");
    table_column(&table, "ROLES", "角色");
    json_array_foreach(json_object_get(answer, "rules"), i, rule)
    {
        table_row(&table);
        table_cell(&table, json_get_text(rule, "name"));
        table_cell(&table, conditions(cli, json_object_get(rule, "when")));
        table_cell(&table, arena_format(&cli->arena, "%lld",
                                        (long long)json_get_int(rule, "people", 1)));
        table_cell(&table, roles(cli, json_object_get(rule, "roles")));
    }
    show_table(cli, &table);
    cli_note(cli, "the first rule that matches counts; high risk needs somebody else in any case",
             "以首条匹配的规则为准；高风险操作始终需要他人确认");
    return true;
}

/* Read from a file; "-" is standard input. */
static bool rules_read(struct cli *cli, const char *path, json_t **rules, struct gov_err *err)
{
    json_error_t at;

    *rules = strcmp(path, "-") == 0 ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &at)
                                    : json_load_file(path, JSON_REJECT_DUPLICATES, &at);
    if (!*rules)
        return gov_fail(err, GOV_BAD_JSON, "%s:%d:%d: %s", "%s:%d:%d：%s", path, at.line, at.column,
                        at.text);
    json_own(&cli->arena, *rules);
    return true;
}

bool command_confirmations_rules_set(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    json_t *rules;

    if (!rules_read(cli, args->words[0], &rules, err))
        return false;
    json_t *body = json_own(&cli->arena, json_is_array(rules) ? json_pack("{s:O}", "rules", rules)
                                                              : json_incref(rules));
    struct remote_call call = { .method = "PUT", .path = "/v1/confirmation-rules", .body = body };
    if (!remote_send(cli, &call, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer.json);
    cli_say(cli, "%zu rules are in force", "%zu 条规则已生效",
            json_array_size(json_object_get(answer.json, "rules")));
    return true;
}
