/* s3.c - settings, and objects whole. */
#include "core/io/s3/s3.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/io/s3/s3_internal.h"

enum { KEY_FILE_BYTES_MAX = 1024 };

static const int64_t part_bytes_default = 64 << 20;

/* --- settings --- */

static bool setting_bad(struct gov_err *err, const char *name, const char *en, const char *zh)
{
    gov_fail_at(err, GOV_CONFIGURATION, name, "format", "%s", "%s", en);
    snprintf(err->zh, sizeof err->zh, "%s", zh);
    return false;
}

static bool read_key(const char *file, char **user, struct gov_err *err)
{
    char text[KEY_FILE_BYTES_MAX + 1];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, KEY_FILE_BYTES_MAX);

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = 0;
    char *second = strchr(text, '\n');
    if (!second)
        return gov_fail_at(err, GOV_CONFIGURATION, "files_key_file", "unreadable",
                           "%s must hold the access key id in its first line and the secret in its second",
                           "%s 的第一行须为访问密钥 ID，第二行须为密钥", file);
    *second++ = 0;
    text[strcspn(text, "\r")] = 0;
    second[strcspn(second, "\r\n")] = 0;
    if (!*text || !*second || strchr(text, ':'))
        return setting_bad(err, "files_key_file", "files_key_file lacks a key id or a secret",
                           "files_key_file 缺少密钥 ID 或密钥");
    CHECK(asprintf(user, "%s:%s", text, second) > 0);
    sodium_memzero(text, sizeof text);
    return true;
}

static bool name_plain(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == strlen(text);
}

struct s3 *s3_new(const struct s3_options *options, struct gov_err *err)
{
    size_t length = strlen(options->endpoint);
    bool http = text_starts(options->endpoint, "http://") || text_starts(options->endpoint, "https://");
    char *user = NULL;

    if (!http || strpbrk(options->endpoint, "?#@ "))
        return setting_bad(err, "files_endpoint", "files_endpoint must be https://host[:port]", "files_endpoint 须为 https://host[:port]"), NULL;
    if (!name_plain(options->bucket))
        return setting_bad(err, "files", "files must be s3://bucket or s3://bucket/prefix",
                           "files 须为 s3://bucket 或 s3://bucket/prefix"), NULL;
    if (!name_plain(options->region))
        return setting_bad(err, "files_region", "files_region must be a region, like us-east-1",
                           "files_region 须为区域名，如 us-east-1"), NULL;
    if (!read_key(options->key_file, &user, err))
        return NULL;
    struct s3 *s3 = calloc(1, sizeof *s3);
    CHECK(s3 && curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
    while (length && options->endpoint[length - 1] == '/')
        length--;
    CHECK(asprintf(&s3->base, "%.*s/%s", (int)length, options->endpoint, options->bucket) > 0);
    CHECK(asprintf(&s3->service, "aws:amz:%s:s3", options->region) > 0);
    s3->user = user;
    s3->part_bytes = options->part_bytes ? options->part_bytes : part_bytes_default;
    return s3;
}

void s3_free(struct s3 *s3)
{
    if (!s3)
        return;
    sodium_memzero(s3->user, strlen(s3->user));
    free(s3->user);
    free(s3->base);
    free(s3->service);
    free(s3);
}

/* --- objects --- */

void s3_digest_hex(crypto_hash_sha256_state *hash, char hex[CRYPTO_HEX_BYTES])
{
    unsigned char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256_final(hash, digest);
    sodium_bin2hex(hex, CRYPTO_HEX_BYTES, digest, sizeof digest);
}

bool s3_get(struct s3 *s3, const char *key, int64_t offset, int64_t length, int fd, struct gov_err *err)
{
    struct s3_exchange x = s3_exchange_of(s3, "GET", key);
    char hex[CRYPTO_HEX_BYTES];

    if (length == 0)
        return true;
    x.into = fd;
    x.range_from = offset;
    x.range_bytes = length;
    bool good = s3_send(&x, err);
    buf_release(&x.answer);
    if (good && length > 0 && (x.status != 206 || x.got != length))
        return gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "s3: GET %s: %lld bytes of %lld, status %ld", key,
                              (long long)x.got, (long long)length, x.status);
    if (!good || length > 0)
        return good;
    s3_digest_hex(&x.hash, hex);
    return !*x.kept || strcmp(hex, x.kept) == 0 ||
           gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "s3: GET %s: the bytes have digest %s and should have %s", key,
                          hex, x.kept);
}

bool s3_remove(struct s3 *s3, const char *key, struct gov_err *err)
{
    struct s3_exchange x = s3_exchange_of(s3, "DELETE", key);
    bool good = s3_send(&x, err) || x.status == 404;

    buf_release(&x.answer);
    return good;
}

bool s3_put(struct s3 *s3, const char *key, int fd, int64_t bytes, const char *sha256, struct gov_err *err)
{
    struct s3_exchange x = s3_exchange_of(s3, "PUT", key);

    if (bytes > s3->part_bytes)
        return s3_put_parts(s3, key, fd, bytes, sha256, err);
    x.from = fd;
    x.bytes = bytes;
    x.sha256 = x.meta = sha256;
    bool good = s3_send(&x, err);
    buf_release(&x.answer);
    return good;
}
