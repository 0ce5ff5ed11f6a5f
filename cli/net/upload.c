/* upload.c - begin -> piece, piece … -> finish.
 *
 * The Idempotency-Key of the beginning is made of the server, the person's token, the path, and the file's size and
 * time, so that the same command finds the same upload; and where that has become a file, the file.
 */
#include "cli/net/upload.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/net/remote.h"
#include "core/base/id.h"
#include "core/base/json.h"
#include "core/io/crypto/crypto.h"

enum { FAILURES_MAX = 5, PAUSE_FIRST_MS = 500 };

static const int64_t piece_bytes = 16 << 20, whole_bytes_max = 32 << 20;

struct upload {
    struct cli *cli;
    const char *path, *name;
    struct stat info;
    const char *id;     /* of the upload, and of the file it becomes */
    const char *place;  /* "/v1/uploads/{id}" */
    int64_t offset;
};

static bool take_id(const json_t *json, const char **id, struct gov_err *err)
{
    *id = json_get_text(json, "id");
    return *id || gov_fail(err, GOV_INTERNAL, "the upload was answered without an id", "上传的响应中没有 id");
}

static bool send_whole(struct upload *u, const char **id, struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = { .method = "POST",
                                .path = remote_path(u->cli, "/v1/files", "name", u->name, NULL),
                                .upload = u->path };

    return remote_send(u->cli, &call, &answer, err) && take_id(answer.json, id, err);
}

static const char *key_of(const struct upload *u)
{
    struct arena *arena = &u->cli->arena;
    char *full = realpath(u->path, NULL), hex[CRYPTO_HEX_BYTES];
    const char *text = arena_format(arena, "%s\n%s\n%s\n%lld\n%lld.%ld", u->cli->profile.url,
                                    u->cli->profile.token ? u->cli->profile.token : "", full ? full : u->path,
                                    (long long)u->info.st_size, (long long)u->info.st_mtim.tv_sec,
                                    u->info.st_mtim.tv_nsec);

    free(full);
    crypto_sha256_hex(text, strlen(text), hex);
    return arena_format(arena, "upload-%.32s", hex);
}

static bool begin(struct upload *u, const char *key, struct gov_err *err)
{
    struct arena *arena = &u->cli->arena;
    struct remote_answer answer;
    struct remote_call call = { .method = "POST", .path = "/v1/uploads", .idempotency_key = key,
                                .body = json_own(arena, json_pack("{s:s, s:I}", "name", u->name, "size",
                                                                  (json_int_t)u->info.st_size)) };

    if (!remote_send(u->cli, &call, &answer, err) || !take_id(answer.json, &u->id, err))
        return false;
    u->place = arena_format(arena, "/v1/uploads/%s", u->id);
    return true;
}

/* Where the server is. */
static bool look(struct upload *u, struct gov_err *err)
{
    const json_t *json;

    if (!remote_get(u->cli, u->place, &json, err))
        return false;
    u->offset = json_get_int(json, "offset", 0);
    return true;
}

static bool digest_of(const struct upload *u, char hex[CRYPTO_HEX_BYTES], struct gov_err *err)
{
    unsigned char digest[crypto_hash_sha256_BYTES], piece[64 * 1024];
    crypto_hash_sha256_state hash;
    FILE *file = fopen(u->path, "re");
    size_t n;

    if (!file)
        return gov_fail_at(err, GOV_INVALID_INPUT, u->path, "unreadable", "%s cannot be read as a file",
                           "无法读取文件 %s", u->path);
    crypto_hash_sha256_init(&hash);
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        crypto_hash_sha256_update(&hash, piece, n);
    bool whole = !ferror(file);
    fclose(file);
    if (!whole)
        return gov_fail_at(err, GOV_INVALID_INPUT, u->path, "unreadable", "%s could not be read to its end",
                           "文件 %s 未能读完", u->path);
    crypto_hash_sha256_final(&hash, digest);
    sodium_bin2hex(hex, CRYPTO_HEX_BYTES, digest, sizeof digest);
    return true;
}

/* The server compares: a file that was changed meanwhile is not taken as half of each. */
static bool finish(struct upload *u, struct gov_err *err)
{
    const json_t *json;
    const char *path = arena_format(&u->cli->arena, "%s/finish", u->place);
    char hex[CRYPTO_HEX_BYTES];

    return digest_of(u, hex, err) &&
           remote_post(u->cli, path, json_own(&u->cli->arena, json_pack("{s:s}", "sha256", hex)), &json, err);
}

/* Another try may help: nobody was there, or the server asked to go on elsewhere. */
static bool helps(const struct gov_err *err)
{
    return gov_code_info(err->code)->retry_helps || err->code == GOV_CONFLICT;
}

static bool send_piece(struct upload *u, struct gov_err *err)
{
    struct remote_answer answer;
    int64_t left = u->info.st_size - u->offset;
    struct remote_call call = { .method = "PATCH", .path = u->place, .upload = u->path, .piece_from = u->offset,
                                .piece_bytes = left < piece_bytes ? left : piece_bytes };

    if (!remote_send(u->cli, &call, &answer, err))
        return false;
    u->offset = json_get_int(answer.json, "offset", u->offset);
    return true;
}

static bool send_pieces(struct upload *u, struct gov_err *err)
{
    int failures = 0;

    while (u->offset < u->info.st_size) {
        if (send_piece(u, err)) {
            failures = 0;
            continue;
        }
        if (!helps(err) || ++failures == FAILURES_MAX)
            return false;
        usleep((unsigned)(PAUSE_FIRST_MS << (failures - 1)) * 1000);
        struct gov_err ignored;
        look(u, &ignored); /* if that fails, too, the next piece says so */
    }
    return true;
}

bool upload_send(struct cli *cli, const char *path, const char *name, const char **id, struct gov_err *err)
{
    struct upload u = { .cli = cli, .path = path, .name = name };

    if (stat(path, &u.info) != 0 || u.info.st_size <= whole_bytes_max)
        return send_whole(&u, id, err);
    if (!begin(&u, key_of(&u), err))
        return false;
    if (!look(&u, err)) {
        if (err->code != GOV_NOT_FOUND)
            return false;
        if (finish(&u, err)) { /* it became a file the last time */
            *id = u.id;
            return true;
        }
        if (!begin(&u, NULL, err) || !look(&u, err))
            return false;
    }
    if (u.offset > 0)
        cli_note(cli, "%s: going on after %lld bytes", "%s：从第 %lld 字节继续", path, (long long)u.offset);
    *id = u.id;
    return send_pieces(&u, err) && finish(&u, err);
}
