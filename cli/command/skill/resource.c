/* resource.c - HTTP resources: define, grant, try without sending, draft from an OpenAPI document. Of the
 * platform, but for `resource ls`, which shows a tenant what it was granted. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/command/skill/openapi_draft.h"
#include "cli/file_text.h"
#include "cli/input.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "cli/yaml.h"
#include "core/base/id.h"
#include "core/base/json.h"

enum { DEFINITION_BYTES_MAX = 1 << 20, DOCUMENT_BYTES_MAX = 8 << 20 };

static const char platform_path[] = "/v1/platform/http-resources";
static const char networks_path[] = "/v1/platform/open-networks";

static void operations_show(struct cli *cli, struct table *table, const json_t *resource,
                            const json_t *operations)
{
    const json_t *one;
    size_t i;

    json_array_foreach(operations, i, one)
    {
        table_row(table);
        table_cell(table, arena_format(&cli->arena, "%s.%s", json_get_text(resource, "name"),
                                       json_get_text(one, "name")));
        table_cell(table, json_get_text(one, "method"));
        table_cell(table, json_get_text(one, "path"));
        table_cell(table, json_get_bool(one, "allowed", false) ? cli_text(cli, "allowed", "允许")
                                                               : cli_text(cli, "denied", "拒绝"));
        table_cell(table, json_get_text(one, "risk"));
    }
}

static bool of_platform(struct cli *cli)
{
    const json_t *me;
    struct gov_err ignored;

    return remote_get(cli, "/v1/me", &me, &ignored) &&
           !json_is_object(json_object_get(me, "tenant"));
}

bool command_resource_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    bool platform = of_platform(cli);
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;
    (void)args;

    if (!remote_list(cli, platform ? platform_path : "/v1/http-resources", 0, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "OPERATION", "操作");
    table_column(&table, "METHOD", "方法");
    table_column_flexible(&table, "PATH", "路径");
    table_column(&table, "WHITELIST", "白名单");
    table_column(&table, "RISK", "风险");
    json_array_foreach(items, i, one)
        operations_show(cli, &table, one,
                        json_object_get(platform ? json_object_get(one, "definition") : one, "operations"));
    show_table(cli, &table);
    return true;
}

/* The resource called `name`; NULL and no error: there is none. */
static bool resource_find(struct cli *cli, const char *name, const json_t **found, struct gov_err *err)
{
    json_t *items;
    const json_t *one;
    size_t i;

    *found = NULL;
    if (!remote_list(cli, remote_path(cli, platform_path, "q", name, NULL), 0, &items, NULL, err))
        return false;
    json_array_foreach(items, i, one)
        if (strcmp(json_get_text(one, "name"), name) == 0)
            *found = one;
    return true;
}

static bool resource_id(struct cli *cli, const char *name, const char **id, struct gov_err *err)
{
    const json_t *found;

    if (!resource_find(cli, name, &found, err))
        return false;
    if (!found)
        return gov_fail(err, GOV_NOT_FOUND, "there is no HTTP resource %s; see execgov resource ls",
                        "没有 HTTP 资源 %s；请查看 execgov resource ls", name);
    *id = json_get_text(found, "id");
    return true;
}

/* New, or its definition replaced. */
bool command_resource_put(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *name = args->words[0], *text;
    const json_t *found;
    size_t bytes;

    if (!file_text_read(cli, args->words[1], DEFINITION_BYTES_MAX, &text, &bytes, err))
        return false;
    json_t *definition = json_parse(&cli->arena, text, bytes, err);
    if (!definition || !resource_find(cli, name, &found, err))
        return false;
    json_t *body = json_own(&cli->arena, json_pack("{s:s, s:O, s:s*}", "name", name, "definition", definition,
                                                   "credential", args_value(args, "credential", NULL)));
    struct remote_answer answer;
    struct remote_call call = {
        .method = found ? "PUT" : "POST",
        .path = found ? arena_format(&cli->arena, "%s/%s", platform_path, json_get_text(found, "id"))
                      : platform_path,
        .body = body,
    };
    if (!remote_send(cli, &call, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer.json);
    cli_say(cli, "%s has revision %lld", "%s 的修订号为 %lld", name,
            (long long)json_get_int(answer.json, "revision", 0));
    return true;
}

/* "a,b" as an array. */
static json_t *words_of(const char *text)
{
    json_t *words = json_array();

    for (;; text++) {
        size_t bytes = strcspn(text, ",");
        json_array_append_new(words, json_stringn(text, bytes));
        text += bytes;
        if (!*text)
            return words;
    }
}

bool command_resource_grant(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *id, *tenant = args_value(args, "tenant", NULL), *edition = args_value(args, "edition", NULL);
    const json_t *made;
    json_t *body = json_own(&cli->arena, json_object());

    if (!!tenant + !!edition + args_flag(args, "everybody") != 1)
        return gov_fail(err, GOV_INVALID_INPUT, "say whom: --tenant ID[,ID...], --edition CODE[,CODE...] or --everybody",
                        "请指定对象：--tenant 编号[,编号…]、--edition 代码[,代码…] 或 --everybody");
    if (!resource_id(cli, args->words[0], &id, err))
        return false;
    if (tenant)
        json_object_set_new(body, "tenants", words_of(tenant));
    else if (edition)
        json_object_set_new(body, "editions", words_of(edition));
    else
        json_object_set_new(body, "everybody", json_true());
    if (args_value(args, "credential", NULL))
        json_object_set_new(body, "credential", json_string(args_value(args, "credential", NULL)));
    if (!remote_post(cli, arena_format(&cli->arena, "%s/%s/grants", platform_path, id), body, &made, err))
        return false;
    if (cli->json)
        cli_print_json(made);
    cli_say(cli, "granted", "已授权");
    return true;
}

bool command_resource_dry_run(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *name = args->words[0], *dot = strchr(name, '.'), *id;
    json_t *parameters = json_own(&cli->arena, json_object());
    const json_t *shown;

    if (!dot)
        return gov_fail(err, GOV_INVALID_INPUT, "name the operation: RESOURCE.OPERATION",
                        "请写出操作：资源名.操作名");
    for (size_t i = 1; args->words[i]; i++)
        if (!input_assign(parameters, NULL, args->words[i], &cli->arena, err))
            return false;
    if (!resource_id(cli, arena_copy(&cli->arena, name, (size_t)(dot - name)), &id, err))
        return false;
    json_t *body = json_own(&cli->arena,
                            json_pack("{s:s, s:O}", "operation", dot + 1, "parameters", parameters));
    const char *file = args_value(args, "input", NULL), *text;
    size_t bytes;
    if (file) {
        if (!file_text_read(cli, file, DEFINITION_BYTES_MAX, &text, &bytes, err))
            return false;
        json_object_set_new(body, "body", json_stringn(text, bytes));
    }
    if (!remote_post(cli, arena_format(&cli->arena, "%s/%s/dry-run", platform_path, id), body, &shown, err))
        return false;
    cli_print_json(shown); /* the exact request: nothing to make prettier */
    cli->exit_code = json_get_bool(shown, "allowed", false) ? 0 : 4;
    return true;
}

bool command_resource_probe(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *id;
    const json_t *shown;

    if (!resource_id(cli, args->words[0], &id, err) ||
        !remote_post(cli, arena_format(&cli->arena, "%s/%s/probe", platform_path, id), NULL, &shown, err))
        return false;
    bool ok = json_get_bool(shown, "ok", false);
    const char *detail = json_get_text(shown, "detail");
    if (cli->json)
        cli_print_json(shown);
    long long status = json_get_int(shown, "status", 0), ms = json_get_int(shown, "ms", 0);
    if (ok)
        cli_say(cli, "it answered %lld in %lld ms", "应答 %lld，用时 %lld 毫秒", status, ms);
    else if (detail)
        cli_say(cli, "no answer: %s", "没有应答：%s", detail);
    else
        cli_say(cli, "it answered %lld", "应答为 %lld", status);
    cli->exit_code = ok ? 0 : 1;
    return true;
}

bool command_resource_import(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *text;
    size_t bytes;

    if (!file_text_read(cli, args->words[0], DOCUMENT_BYTES_MAX, &text, &bytes, err))
        return false;
    /* JSON is YAML, too; but its faults are better told by who knows it is JSON. */
    bool json = text[strspn(text, " \t\r\n")] == '{';
    const json_t *document = json ? json_parse(&cli->arena, text, bytes, err) : yaml_read(text, bytes, &cli->arena, err);
    json_t *draft = document ? openapi_draft(document, &cli->arena, err) : NULL;
    if (!draft)
        return false;
    cli_print_json(draft);
    cli_note(cli, "a draft: reads are on, writes are off; look at it, then execgov resource put NAME FILE",
             "草稿：读操作已启用，写操作未启用；核对后执行 execgov resource put 名称 文件");
    return true;
}

bool command_network_open(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *made;
    json_t *body = json_own(&cli->arena,
                            json_pack("{s:s, s:s, s:s}", "purpose", args->words[0], "network", args->words[1],
                                      "comment", args_value(args, "comment", "")));

    if (!remote_post(cli, networks_path, body, &made, err))
        return false;
    if (cli->json)
        cli_print_json(made);
    cli_say(cli, "%s may be called for purpose %s", "已为 %2$s 开放 %1$s", args->words[1], args->words[0]);
    return true;
}

bool command_network_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "purpose", { "PURPOSE", "用途" } },     { "network", { "NETWORK", "网段" } }, { "comment", { "WHY", "说明" } },
        { "created_at", { "SINCE", "开放于" } }, { "id", { "ID", "编号" } },           { NULL, { NULL, NULL } },
    };

    (void)args;
    return money_list(cli, networks_path, columns, err);
}
