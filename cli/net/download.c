/* download.c - what breaks off is gone on with where it broke off: the entity tag of a file is its digest, so the rest is
 * of the same file or is not sent. */
#include "cli/net/download.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/net/remote.h"

enum { TRIES_MAX = 5, PAUSE_FIRST_MS = 500 };

struct download {
    FILE *file;
    crypto_hash_sha256_state hash;
    int reason; /* errno of a write that failed */
    int64_t bytes;
};

static bool take_bytes(void *into, const char *data, size_t bytes)
{
    struct download *d = into;

    crypto_hash_sha256_update(&d->hash, (const unsigned char *)data, bytes);
    d->bytes += (int64_t)bytes;
    if (fwrite(data, 1, bytes, d->file) == bytes)
        return true;
    d->reason = errno;
    return false;
}

static bool matches(struct download *d, const char *sha256)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[crypto_hash_sha256_BYTES * 2 + 1];

    crypto_hash_sha256_final(&d->hash, digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    return !sha256 || strcmp(hex, sha256) == 0;
}

bool download_into(struct cli *cli, const char *url_path, const char *shown, int fd, const char *sha256,
                   struct gov_err *err)
{
    struct download d = { .file = fdopen(fd, "w") };
    struct remote_answer answer;
    struct remote_call call = { .method = "GET", .path = url_path, .accept = "*/*",
                                .sink = take_bytes, .sink_into = &d };

    if (!d.file) {
        close(fd);
        return gov_fail(err, GOV_CONFIGURATION, "%s cannot be written", "无法写入 %s", shown);
    }
    crypto_hash_sha256_init(&d.hash);
    bool got = remote_send(cli, &call, &answer, err);
    for (int tries = 1; !got && tries < TRIES_MAX && d.bytes > 0 && !d.reason && gov_code_info(err->code)->retry_helps;
         tries++) { /* from where it broke off; its entity tag is its digest */
        call.range_from = d.bytes;
        call.if_range = sha256 ? arena_format(&cli->arena, "\"%s\"", sha256) : NULL;
        usleep((unsigned)(PAUSE_FIRST_MS << (tries - 1)) * 1000);
        got = remote_send(cli, &call, &answer, err);
        if (got && answer.status != 206)
            got = gov_fail(err, GOV_INTERNAL, "the server did not go on where it broke off; try again",
                           "服务器未能从中断处继续，请重试");
    }
    if (fclose(d.file) != 0 && d.reason == 0)
        d.reason = errno;
    if (got && d.reason)
        return gov_fail(err, GOV_CONFIGURATION, "%s cannot be written: %s", "无法写入 %s：%s", shown,
                        strerror(d.reason));
    if (got && !matches(&d, sha256))
        return gov_fail(err, GOV_INTERNAL, "what came is not what is kept there; try again",
                        "下载内容与服务器保存的不一致，请重试");
    return got;
}
