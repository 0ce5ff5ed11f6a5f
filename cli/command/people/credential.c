/* credential.c - credentials of HTTP resources, for platform administrators. A value is typed, or read from
 * a file; never an argument, which everybody on the machine can see. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command/commands.h"
#include "cli/file_text.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "cli/out/term.h"
#include "core/base/id.h"
#include "core/base/json.h"

enum { VALUE_BYTES_MAX = 16 * 1024, KEY_PATIENCE_S = 300 };

static const char list_path[] = "/v1/platform/credentials";
static const char keys_path[] = "/v1/platform/credential-keys";

bool command_credential_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;
    (void)args;

    if (!remote_list(cli, list_path, 0, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "NAME", "名称");
    table_column(&table, "VERSION", "版本");
    table_column(&table, "CHANGED", "更新时间");
    table_column_flexible(&table, "DESCRIPTION", "说明");
    table_column(&table, "KEY", "密钥");
    json_array_foreach(items, i, one)
    {
        table_row(&table);
        table_cell(&table, json_get_text(one, "name"));
        table_cell(&table, arena_format(&cli->arena, "%lld",
                                        (long long)json_get_int(one, "version", 0)));
        table_cell(&table, show_local_time(cli, json_get_text(one, "updated_at")));
        table_cell(&table, json_get_text(one, "description"));
        table_cell(&table, json_get_text(one, "key"));
    }
    show_table(cli, &table);
    return true;
}

/* The id of the credential called `name`. */
static bool credential_id(struct cli *cli, const char *name, const char **id, struct gov_err *err)
{
    struct id parsed;
    json_t *items;
    const json_t *one;
    size_t i;

    *id = name;
    if (id_parse(name, &parsed))
        return true;
    if (!remote_list(cli, remote_path(cli, list_path, "q", name, NULL), 0, &items, NULL, err))
        return false;
    json_array_foreach(items, i, one)
    {
        if (strcmp(json_get_text(one, "name"), name) == 0) {
            *id = json_get_text(one, "id");
            return true;
        }
    }
    return gov_fail(err, GOV_NOT_FOUND, "there is no credential %s; see execgov credential ls",
                    "没有凭据 %s；请查看 execgov credential ls", name);
}

/* What was typed is the text; a file whose first character is { holds the named parts. */
static bool value_read(struct cli *cli, const struct args *args, json_t **value, struct gov_err *err)
{
    const char *path = args_value(args, "value-file", NULL), *text;
    size_t bytes = 0;

    if (!path) {
        if (!term_ask(cli, cli_text(cli, "Value:", "密文："), true, &text, err))
            return gov_fail(err, GOV_INVALID_INPUT,
                            "there is no terminal to ask for the value; give --value-file FILE (- is stdin)",
                            "没有终端可输入；请用 --value-file 文件 提供（- 为标准输入）");
        bytes = strlen(text);
    } else if (!file_text_read(cli, path, VALUE_BYTES_MAX, &text, &bytes, err)) {
        return false;
    }
    while (bytes && (text[bytes - 1] == '\n' || text[bytes - 1] == '\r'))
        bytes--;
    if (path && *text == '{')
        *value = json_parse(&cli->arena, text, bytes, err);
    else
        *value = json_own(&cli->arena, json_stringn(text, bytes));
    return *value || gov_fail(err, GOV_INVALID_INPUT, "the value is neither UTF-8 text nor a JSON object",
                              "值既不是 UTF-8 文本，也不是 JSON 对象");
}

static void say_version(struct cli *cli, const json_t *credential)
{
    if (cli->json)
        cli_print_json(credential);
    cli_say(cli, "%s has version %lld now; nobody can read it back", "%s 当前为版本 %lld；任何人都无法再读出其值",
            json_get_text(credential, "name"), (long long)json_get_int(credential, "version", 0));
}

bool command_credential_create(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *made;
    json_t *value;

    if (!value_read(cli, args, &value, err))
        return false;
    json_t *body = json_own(&cli->arena,
                            json_pack("{s:s, s:O, s:s*, s:s*}", "name", args->words[0], "value", value,
                                      "description", args_value(args, "description", NULL), "tenant",
                                      args_value(args, "tenant", NULL)));
    if (!remote_post(cli, list_path, body, &made, err))
        return false;
    say_version(cli, made);
    return true;
}

bool command_credential_rotate(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *changed;
    const char *id;
    json_t *value;

    if (!credential_id(cli, args->words[0], &id, err) || !value_read(cli, args, &value, err) ||
        !remote_post(cli, arena_format(&cli->arena, "%s/%s/rotate", list_path, id),
                     json_own(&cli->arena, json_pack("{s:O}", "value", value)), &changed, err))
        return false;
    say_version(cli, changed);
    return true;
}

bool command_credential_delete(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    const char *id;

    if (!credential_id(cli, args->words[0], &id, err))
        return false;
    struct remote_call call = { .method = "DELETE",
                                .path = arena_format(&cli->arena, "%s/%s", list_path, id) };
    if (!remote_send(cli, &call, &answer, err))
        return false;
    cli_say(cli, "%s was deleted", "已删除 %s", args->words[0]);
    return true;
}

/* --- master keys --- */

bool command_credential_keys(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;
    (void)args;

    if (!remote_list(cli, keys_path, 0, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "KEY", "密钥");
    table_column(&table, "IN USE", "使用中");
    table_column(&table, "CREDENTIALS", "凭据数");
    table_column(&table, "SINCE", "发布时间");
    json_array_foreach(items, i, one)
    {
        table_row(&table);
        table_cell(&table, json_get_text(one, "id"));
        table_cell(&table, json_get_bool(one, "current", false) ? cli_text(cli, "yes", "是") : "");
        table_cell(&table, arena_format(&cli->arena, "%lld",
                                        (long long)json_get_int(one, "credentials", 0)));
        table_cell(&table, show_local_time(cli, json_get_text(one, "created_at")));
    }
    show_table(cli, &table);
    return true;
}

/* How many credentials are not under the present key yet. */
static bool keys_left(struct cli *cli, long long *left, struct gov_err *err)
{
    json_t *items;
    const json_t *one;
    size_t i;

    *left = 0;
    if (!remote_list(cli, keys_path, 0, &items, NULL, err))
        return false;
    json_array_foreach(items, i, one)
        if (!json_get_bool(one, "current", false))
            *left += json_get_int(one, "credentials", 0);
    return true;
}

bool command_credential_rotate_key(struct cli *cli, const struct args *args, struct gov_err *err)
{
    long long left, before = -1;
    const json_t *keys;

    /* Interrupted earlier: there is no newer key, but the wrapping may not be over. */
    if (!remote_post(cli, arena_format(&cli->arena, "%s/rotate", keys_path), NULL, &keys, err) &&
        err->code != GOV_ALREADY_DONE)
        return false;
    bool chosen = err->code != GOV_ALREADY_DONE;
    for (int s = 0; s < KEY_PATIENCE_S; s++) {
        if (!keys_left(cli, &left, err))
            return false;
        if (left == 0 || args_flag(args, "no-wait"))
            break;
        if (left != before)
            cli_note(cli, "%lld credential(s) to wrap", "还有 %lld 个凭据待重新封装", left);
        before = left;
        sleep(1);
    }
    if (!chosen && before < 0 && left == 0)
        return gov_fail(err, GOV_ALREADY_DONE,
                        "the newest key is in use already; \"execgov-egress new-key FILE\" makes another, "
                        "then restart execgov-egress",
                        "最新密钥已在使用；用 “execgov-egress new-key 文件” 生成新密钥并重启 execgov-egress");
    if (left > 0 && !args_flag(args, "no-wait"))
        return gov_fail(err, GOV_DEADLINE,
                        "%lld credential(s) are still sealed to a former key; is execgov-egress running "
                        "with both keys? Run this again to go on",
                        "仍有 %lld 个凭据由旧密钥封装；execgov-egress 是否同时持有两个密钥？再次执行即可继续",
                        left);
    cli_say(cli, "every credential is sealed to the newest key; the former may leave the key file",
            "所有凭据都已改用最新密钥；旧密钥可以从密钥文件中移除");
    return true;
}
