/* s3_parts.c - a multi-part upload. A part is hashed before it is sent, so that the store refuses what was changed
 * on the way; what fails is taken back, because parts that nobody ends cost room for ever. */
#include "core/io/s3/s3_internal.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/check.h"

enum { HASH_BYTES = 256 * 1024, PARTS_MAX = 10000 };

struct parts {
    struct s3 *s3;
    const char *key;
    char upload[256]; /* percent-encoded */
    struct buf list;  /* of <Part> */
};

/* The text between two marks, percent-encoded for a query. */
static bool take_upload(const char *answer, char upload[256])
{
    const char *from = strstr(answer, "<UploadId>"), *to = from ? strchr(from + 10, '<') : NULL;
    size_t used = 0;

    for (const char *c = from ? from + 10 : NULL; to && c < to; c++) {
        if (used + 4 > 256)
            return false;
        used += (size_t)snprintf(upload + used, 256 - used,
                                 strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~", *c)
                                     ? "%c" : "%%%02X", (unsigned char)*c);
    }
    return used > 0;
}

static bool parts_begin(struct parts *p, const char *sha256, struct gov_err *err)
{
    struct s3_exchange x = s3_exchange_of(p->s3, "POST", p->key);

    x.query = "uploads=";
    x.meta = sha256;
    bool good = s3_send(&x, err);
    if (good && !take_upload(buf_text(&x.answer), p->upload))
        good = gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "s3: POST %s?uploads: no UploadId", p->key);
    buf_release(&x.answer);
    return good;
}

static bool hash_part(int fd, int64_t at, int64_t bytes, char hex[CRYPTO_HEX_BYTES], struct gov_err *err)
{
    crypto_hash_sha256_state hash;
    char *piece = malloc(HASH_BYTES);

    CHECK(piece);
    crypto_hash_sha256_init(&hash);
    while (bytes > 0) {
        ssize_t n = pread(fd, piece, (size_t)(bytes < HASH_BYTES ? bytes : HASH_BYTES), at);
        if (n <= 0)
            break;
        crypto_hash_sha256_update(&hash, (unsigned char *)piece, (size_t)n);
        at += n;
        bytes -= n;
    }
    free(piece);
    s3_digest_hex(&hash, hex);
    return bytes == 0 || gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "s3: the local copy: %s", strerror(errno));
}

static bool parts_send(struct parts *p, int number, int fd, int64_t at, int64_t bytes, struct gov_err *err)
{
    struct s3_exchange x = s3_exchange_of(p->s3, "PUT", p->key);
    char query[320], hex[CRYPTO_HEX_BYTES];

    if (!hash_part(fd, at, bytes, hex, err))
        return false;
    snprintf(query, sizeof query, "partNumber=%d&uploadId=%s", number, p->upload);
    x.query = query;
    x.sha256 = hex;
    x.from = fd;
    x.at = at;
    x.bytes = bytes;
    bool good = s3_send(&x, err);
    if (good)
        buf_addf(&p->list, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", number, x.etag);
    buf_release(&x.answer);
    return good;
}

/* S3 may answer 200 and put an error into the document. */
static bool parts_end(struct parts *p, struct gov_err *err)
{
    struct s3_exchange x = s3_exchange_of(p->s3, "POST", p->key);
    struct buf body = { 0 };
    char query[300], hex[CRYPTO_HEX_BYTES];

    buf_addf(&body, "<CompleteMultipartUpload>%s</CompleteMultipartUpload>", buf_text(&p->list));
    crypto_sha256_hex(buf_text(&body), body.length, hex);
    snprintf(query, sizeof query, "uploadId=%s", p->upload);
    x.query = query;
    x.sha256 = hex;
    x.text = buf_text(&body);
    x.bytes = (int64_t)body.length;
    bool good = s3_send(&x, err);
    if (good && strstr(buf_text(&x.answer), "<Error>"))
        good = s3_say_failed(&x, CURLE_OK, err);
    buf_release(&body);
    buf_release(&x.answer);
    return good;
}

/* What was sent costs room until it is taken back. */
static void parts_abort(struct parts *p)
{
    struct s3_exchange x = s3_exchange_of(p->s3, "DELETE", p->key);
    struct gov_err ignored;
    char query[300];

    snprintf(query, sizeof query, "uploadId=%s", p->upload);
    x.query = query;
    s3_send(&x, &ignored);
    buf_release(&x.answer);
}

bool s3_put_parts(struct s3 *s3, const char *key, int fd, int64_t bytes, const char *sha256, struct gov_err *err)
{
    struct parts p = { .s3 = s3, .key = key };
    int64_t part = s3->part_bytes;
    bool good = true;

    while ((bytes + part - 1) / part > PARTS_MAX)
        part *= 2;
    if (!parts_begin(&p, sha256, err))
        return false;
    for (int64_t at = 0, number = 1; good && at < bytes; at += part, number++)
        good = parts_send(&p, (int)number, fd, at, bytes - at < part ? bytes - at : part, err);
    good = good && parts_end(&p, err);
    if (!good)
        parts_abort(&p);
    buf_release(&p.list);
    return good;
}
