/* bundle.c - everything is written beside its place and renamed; the manifest is the last, and says that it is whole. */
#include "cli/command/people/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command/run/artifacts.h"
#include "core/base/json.h"

enum { PIECE_BYTES = 64 * 1024, FORMAT = 1 };

static const char *at(const struct bundle *b, const char *path)
{
    return arena_format(&b->cli->arena, "%s/%s", b->folder, path);
}

static bool cannot(struct gov_err *err, const char *path)
{
    return gov_fail(err, GOV_CONFIGURATION, "%s cannot be written: %s", "无法写入 %s：%s", path, strerror(errno));
}

static void hex_of(crypto_hash_sha256_state *hash, char hex[crypto_hash_sha256_BYTES * 2 + 1])
{
    unsigned char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256_final(hash, digest);
    sodium_bin2hex(hex, crypto_hash_sha256_BYTES * 2 + 1, digest, sizeof digest);
}

/* Whether `path` is a file with these bytes. */
static bool is_there(const struct bundle *b, const char *path, const char *sha256, int64_t bytes)
{
    char hex[crypto_hash_sha256_BYTES * 2 + 1];
    crypto_hash_sha256_state hash;
    struct stat about;
    size_t read;

    if (stat(at(b, path), &about) != 0 || !S_ISREG(about.st_mode) || about.st_size != bytes)
        return false;
    FILE *file = fopen(at(b, path), "re");
    unsigned char *piece = malloc(PIECE_BYTES);
    bool good = file && piece;
    crypto_hash_sha256_init(&hash);
    while (good && (read = fread(piece, 1, PIECE_BYTES, file)) > 0)
        crypto_hash_sha256_update(&hash, piece, read);
    good = good && !ferror(file);
    free(piece);
    if (file)
        fclose(file);
    hex_of(&hash, hex);
    return good && strcmp(hex, sha256) == 0;
}

/* Take an entry in. One with records is a collection, the others are files. */
static void enter(struct bundle *b, json_t *entry)
{
    const char *path = json_get_text(entry, "path");
    bool collection = json_object_get(entry, "records") != NULL;

    if (!json_object_get(b->entries, path)) {
        b->records += json_get_int(entry, "records", 0);
        b->files += !collection;
        b->bytes += json_get_int(entry, "bytes", 0);
    }
    json_object_set(b->entries, path, entry);
}

static bool remember(struct bundle *b, json_t *entry, struct gov_err *err)
{
    const char *path = at(b, "progress.jsonl");
    FILE *file = fopen(path, "ae");
    bool good = file && json_dumpf(entry, file, JSON_COMPACT) == 0 && fputc('\n', file) != EOF;

    if (file && fclose(file) != 0)
        good = false;
    if (!good)
        return cannot(err, path);
    enter(b, entry);
    return true;
}

/* What an earlier run has done; a last line that was cut off is not counted. */
static void go_on(struct bundle *b)
{
    FILE *file = fopen(at(b, "progress.jsonl"), "re");
    char *line = NULL;
    size_t size = 0;

    while (file && getline(&line, &size, file) > 0) {
        json_t *entry = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        const char *path = json_get_text(entry, "path"), *sha256 = json_get_text(entry, "sha256");

        if (path && sha256 && is_there(b, path, sha256, json_get_int(entry, "bytes", -1)))
            enter(b, entry);
        json_decref(entry);
    }
    free(line);
    if (file)
        fclose(file);
}

static bool is_empty(const char *folder)
{
    DIR *listing = opendir(folder);
    bool empty = true;
    struct dirent *one;

    while (listing && (one = readdir(listing)))
        empty = empty && (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0);
    if (listing)
        closedir(listing);
    return empty;
}

/* What was being fetched when a run was killed. */
static void sweep(struct bundle *b, const char *folder, const char *prefix)
{
    DIR *listing = opendir(at(b, folder));
    struct dirent *one;

    while (listing && (one = readdir(listing)))
        if (strncmp(one->d_name, prefix, strlen(prefix)) == 0)
            unlinkat(dirfd(listing), one->d_name, 0);
    if (listing)
        closedir(listing);
}

bool bundle_open(struct bundle *b, struct cli *cli, const char *folder, struct gov_err *err)
{
    memset(b, 0, sizeof *b);
    b->cli = cli;
    b->folder = folder;
    b->entries = json_own(&cli->arena, json_object());
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return cannot(err, folder);
    bool whole = access(at(b, "manifest.json"), F_OK) == 0, begun = access(at(b, "progress.jsonl"), F_OK) == 0;
    if (!whole && !begun && !is_empty(folder))
        return gov_fail_at(err, GOV_CONFLICT, folder, "not_empty", "%s holds something else; name a folder that is empty or not there",
                           "%s 中已有其他内容；请指定空目录或新目录", folder);
    sweep(b, "files", ".execgov-");
    if (begun) {
        go_on(b);
        cli_note(cli, "going on where the last run ended: %lld files are there", "从上次中断处继续：已有 %lld 个文件",
                 (long long)json_object_size(b->entries));
    }
    return true;
}

bool bundle_has(const struct bundle *b, const char *path)
{
    return json_object_get(b->entries, path) != NULL;
}

bool bundle_begin(struct bundle *b, const char *path, struct gov_err *err)
{
    b->path = arena_text(&b->cli->arena, path);
    b->fresh = arena_format(&b->cli->arena, "%s/%s.part", b->folder, path);
    b->lines_records = b->lines_bytes = 0;
    crypto_hash_sha256_init(&b->hash);
    b->lines = fopen(b->fresh, "we");
    return b->lines || cannot(err, b->fresh);
}

bool bundle_add(struct bundle *b, const json_t *object, struct gov_err *err)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);
    size_t length = text ? strlen(text) : 0;

    if (text)
        text[length++] = '\n'; /* where its end was */
    bool good = text && fwrite(text, 1, length, b->lines) == length;
    if (good)
        crypto_hash_sha256_update(&b->hash, (const unsigned char *)text, length);
    free(text);
    b->lines_records++;
    b->lines_bytes += (int64_t)length;
    return good || cannot(err, b->fresh);
}

bool bundle_end(struct bundle *b, struct gov_err *err)
{
    char hex[crypto_hash_sha256_BYTES * 2 + 1];
    bool good = fflush(b->lines) == 0 && fsync(fileno(b->lines)) == 0;

    if (fclose(b->lines) != 0 || !good || rename(b->fresh, at(b, b->path)) != 0)
        return cannot(err, b->fresh);
    hex_of(&b->hash, hex);
    cli_note(b->cli, "%s: %lld", "%s：%lld 条", b->path, (long long)b->lines_records);
    return remember(b, json_own(&b->cli->arena, json_pack("{s:s, s:I, s:I, s:s}", "path", b->path, "records",
                                                          (json_int_t)b->lines_records, "bytes", (json_int_t)b->lines_bytes,
                                                          "sha256", hex)),
                    err);
}

bool bundle_fetch(struct bundle *b, const char *url, const char *id, const char *sha256, int64_t bytes, struct gov_err *err)
{
    const char *path = arena_format(&b->cli->arena, "files/%s", id);

    if (bundle_has(b, path))
        return true;
    if (!is_there(b, path, sha256, bytes) && !artifacts_download(b->cli, url, at(b, "files"), id, sha256, true, err))
        return false;
    return remember(b, json_own(&b->cli->arena, json_pack("{s:s, s:I, s:s}", "path", path, "bytes", (json_int_t)bytes, "sha256",
                                                          sha256)),
                    err);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool put(struct bundle *b, const char *name, const char *text, size_t length, struct gov_err *err)
{
    const char *fresh = arena_format(&b->cli->arena, "%s/%s.part", b->folder, name);
    FILE *file = fopen(fresh, "we");
    bool good = file && fwrite(text, 1, length, file) == length && fflush(file) == 0 && fsync(fileno(file)) == 0;

    if (file && fclose(file) != 0)
        good = false;
    return (good && rename(fresh, at(b, name)) == 0) || cannot(err, fresh);
}

bool bundle_finish(struct bundle *b, const json_t *about, struct gov_err *err)
{
    size_t count = 0, total = json_object_size(b->entries);
    const char **paths = ARENA_ARRAY(&b->cli->arena, const char *, total ? total : 1);
    json_t *list = json_array(), *entry;
    const char *path;
    struct buf sums = { 0 };
    unsigned char digest[crypto_hash_sha256_BYTES];

    json_object_foreach(b->entries, path, entry)
        paths[count++] = path;
    qsort(paths, count, sizeof *paths, by_path);
    for (size_t i = 0; i < count; i++) {
        entry = json_object_get(b->entries, paths[i]);
        json_array_append(list, entry);
        buf_addf(&sums, "%s  %s\n", json_get_text(entry, "sha256"), paths[i]);
    }
    json_t *manifest = json_own(&b->cli->arena, json_pack("{s:i, s:O, s:I, s:I, s:I, s:o}", "format", FORMAT, "tenant", about, "records",
                                                          (json_int_t)b->records, "files", (json_int_t)b->files, "bytes",
                                                          (json_int_t)b->bytes, "entries", list));
    char *text = json_dumps(manifest, JSON_INDENT(1) | JSON_SORT_KEYS);
    bool good = text && put(b, "SHA256SUMS", buf_text(&sums), sums.length, err) && put(b, "manifest.json", text, strlen(text), err);
    if (good) {
        crypto_hash_sha256(digest, (const unsigned char *)text, strlen(text));
        sodium_bin2hex(b->digest, sizeof b->digest, digest, sizeof digest);
        unlink(at(b, "progress.jsonl"));
    }
    free(text);
    buf_release(&sums);
    return good;
}
