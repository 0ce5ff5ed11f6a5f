/* signing.c - who signs versions, and whose signatures count. Keys and signatures are minisign's; nothing
 * is signed here, so that no secret key comes near. */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command/commands.h"
#include "cli/command/skill/skill_findings.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "cli/package/package.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/io/crypto/minisign.h"

static const char settings_path[] = "/v1/settings";

/* A small file as text; NULL if it cannot be read as one. */
static const char *file_text(struct cli *cli, const char *path)
{
    char text[2 * MINISIGN_TEXT_BYTES_MAX];
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(text, 1, sizeof text, file) : 0;
    bool whole = file && !ferror(file);

    if (file)
        fclose(file);
    return whole && n > 0 && n < sizeof text ? arena_copy(&cli->arena, text, n) : NULL;
}

/* --- a version's signature --- */

static bool hash_file(const char *path, char hex[2 * crypto_hash_sha256_BYTES + 1])
{
    unsigned char digest[crypto_hash_sha256_BYTES], piece[64 * 1024];
    crypto_hash_sha256_state hash;
    FILE *file = fopen(path, "re");
    size_t n;

    if (!file)
        return false;
    crypto_hash_sha256_init(&hash);
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        crypto_hash_sha256_update(&hash, piece, n);
    bool whole = !ferror(file);
    fclose(file);
    crypto_hash_sha256_final(&hash, digest);
    sodium_bin2hex(hex, 2 * crypto_hash_sha256_BYTES + 1, digest, sizeof digest);
    return whole;
}

/* What a push of this folder will be called, as the line that is signed. */
bool command_skill_digest(struct cli *cli, const struct args *args, struct gov_err *err)
{
    char path[] = "/tmp/execgov-XXXXXX", hex[2 * crypto_hash_sha256_BYTES + 1];
    struct package package;

    if (!package_read(args->count > 0 ? args->words[0] : ".", &package, &cli->arena, err))
        return false;
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return gov_fail(err, GOV_CONFIGURATION, "%s cannot be written", "无法写入 %s", path);
    close(fd);
    bool packed = package_archive(&package, path, err);
    bool hashed = packed && hash_file(path, hex);
    unlink(path);
    if (!packed)
        return false;
    if (!hashed)
        return gov_fail(err, GOV_CONFIGURATION, "%s cannot be read", "无法读取 %s", path);
    if (cli->json) {
        json_t *said = json_pack("{s:s}", "digest", hex);
        cli_print_json(said);
        json_decref(said);
    } else {
        printf("%s\n", hex);
    }
    return true;
}

bool command_skill_sign(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *text = file_text(cli, args->words[2]);
    const json_t *version;
    int64_t number;

    if (!text_parse_i64(args->words[1], 1, INT32_MAX, &number))
        return gov_fail_at(err, GOV_INVALID_INPUT, args->words[1], "type", "a version is a number, not \"%s\"",
                           "版本应为数字，而不是“%s”", args->words[1]);
    if (!text)
        return gov_fail_at(err, GOV_INVALID_INPUT, args->words[2], "unreadable",
                           "%s is no .minisig file; make one: execgov skill digest DIR > d; minisign -S -m d",
                           "%s 不是 .minisig 文件；生成方法：execgov skill digest 目录 > d; minisign -S -m d", args->words[2]);
    json_t *body = json_own(&cli->arena, json_pack("{s:s}", "signature", text));
    const char *path = arena_format(&cli->arena, "/v1/skills/%s/versions/%lld/sign", remote_segment(cli, args->words[0]),
                                    (long long)number);
    if (!remote_post(cli, path, body, &version, err))
        return false;
    if (cli->json)
        cli_print_json(version);
    else
        skill_findings_show_version(cli, version);
    const char *state = json_get_text(json_object_get(version, "signature"), "state");
    if (!state || strcmp(state, "valid") != 0)
        cli->exit_code = gov_code_info(GOV_FINDINGS)->exit_code;
    return true;
}

/* --- whose count --- */

static bool settings_read(struct cli *cli, struct remote_answer *answer, struct gov_err *err)
{
    struct remote_call call = { .method = "GET", .path = settings_path };
    return remote_send(cli, &call, answer, err);
}

static bool settings_write(struct cli *cli, json_t *body, const char *etag, struct gov_err *err)
{
    struct remote_call call = { .method = "PATCH", .path = settings_path, .body = json_own(&cli->arena, body),
                                .if_match = etag };
    struct remote_answer answer;

    if (!remote_send(cli, &call, &answer, err))
        return false;
    if (cli->json) {
        json_t *said = json_pack("{s:O, s:O}", "signing_keys", json_object_get(answer.json, "signing_keys"),
                                 "signed_only", json_object_get(answer.json, "signed_only"));
        cli_print_json(said);
        json_decref(said);
    }
    return true;
}

bool command_signing_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    struct table table;
    const json_t *one;
    size_t i;
    (void)args;

    if (!settings_read(cli, &answer, err))
        return false;
    const json_t *keys = json_object_get(answer.json, "signing_keys");
    bool only = json_get_bool(answer.json, "signed_only", false);
    if (cli->json) {
        json_t *said = json_pack("{s:O, s:b}", "items", keys, "signed_only", only);
        cli_print_json(said);
        json_decref(said);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "NAME", "名称");
    table_column(&table, "KEY ID", "密钥编号");
    table_column(&table, "KEY", "公钥");
    json_array_foreach(keys, i, one)
    {
        table_row(&table);
        table_cell(&table, json_get_text(one, "name"));
        table_cell(&table, json_get_text(one, "id"));
        table_cell(&table, json_get_text(one, "key"));
    }
    show_table(cli, &table);
    cli_note(cli, only ? "only what one of these signed is published" : "versions without a signature are published, too",
             only ? "只发布由上述密钥签名的版本" : "未签名的版本也可以发布");
    return true;
}

/* The trusted keys but the one of this name; `found` says whether there was one. */
static json_t *keys_without(const json_t *keys, const char *name, bool *found)
{
    json_t *rest = json_array(), *one;
    size_t i;

    *found = false;
    json_array_foreach((json_t *)keys, i, one)
    {
        bool same = strcmp(json_get_text(one, "name"), name) == 0;
        *found |= same;
        if (!same)
            json_array_append(rest, one);
    }
    return rest;
}

/* The line of a minisign.pub, from the file or as it was typed. */
static const char *key_line(struct cli *cli, const char *word)
{
    const char *text = file_text(cli, word);

    while (text && !text_starts(text, "RW")) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return text ? arena_copy(&cli->arena, text, strcspn(text, "\r\n")) : word;
}

bool command_signing_trust(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *name = args->words[0], *line = key_line(cli, args->words[1]);
    struct remote_answer answer;
    struct minisign_key key;
    bool replaces;

    if (!minisign_key_read(line, &key, err) || !settings_read(cli, &answer, err))
        return false;
    json_t *keys = keys_without(json_object_get(answer.json, "signing_keys"), name, &replaces);
    json_array_append_new(keys, json_pack("{s:s, s:s}", "name", name, "key", line));
    if (!settings_write(cli, json_pack("{s:o}", "signing_keys", keys), answer.etag, err))
        return false;
    cli_say(cli, "signatures of %s (%s) are trusted", "已信任 %s 的签名（%s）", name, key.id);
    return true;
}

bool command_signing_forget(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    bool found;

    if (!settings_read(cli, &answer, err))
        return false;
    json_t *keys = keys_without(json_object_get(answer.json, "signing_keys"), args->words[0], &found);
    if (!found) {
        json_decref(keys);
        return gov_fail(err, GOV_NOT_FOUND, "no key is called \"%s\": execgov signing ls",
                        "没有名为“%s”的密钥：execgov signing ls", args->words[0]);
    }
    if (!settings_write(cli, json_pack("{s:o}", "signing_keys", keys), answer.etag, err))
        return false;
    cli_say(cli, "signatures of %s are not trusted any more", "不再信任 %s 的签名", args->words[0]);
    return true;
}

bool command_signing_only(struct cli *cli, const struct args *args, struct gov_err *err)
{
    bool on = strcmp(args->words[0], "on") == 0;
    struct remote_answer answer;

    if (!on && strcmp(args->words[0], "off") != 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, args->words[0], "enum", "say on or off", "请指定 on 或 off");
    if (!settings_read(cli, &answer, err) ||
        !settings_write(cli, json_pack("{s:b}", "signed_only", on), answer.etag, err))
        return false;
    cli_say(cli, on ? "only what a trusted key signed is published from now on" : "versions without a signature are published, too",
            on ? "此后只发布由受信任密钥签名的版本" : "未签名的版本也可以发布");
    return true;
}
