/* s3_request.c - one easy handle a try, on the thread that asks.
 *
 * libcurl signs; it wants the digest of the payload in x-amz-content-sha256 beside it, and the query sorted and
 * with a value behind every name.
 */
#include "core/io/s3/s3_internal.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/check.h"

enum { CONNECT_MS = 10000, SILENCE_S = 60, TRIES_MAX = 4, PAUSE_FIRST_MS = 200, ANSWER_BYTES_MAX = 1 << 20 };

static const char digest_of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static size_t on_body(char *data, size_t one, size_t bytes, void *exchange)
{
    struct s3_exchange *x = exchange;
    int64_t left = x->bytes - x->sent;
    size_t want = bytes * one < (uint64_t)left ? bytes * one : (size_t)left;

    if (x->from < 0) {
        memcpy(data, x->text + x->sent, want);
        x->sent += (int64_t)want;
        return want;
    }
    ssize_t n = want ? pread(x->from, data, want, x->at + x->sent) : 0;
    if (n < 0 || (want && n == 0)) {
        x->broken = true;
        return CURL_READFUNC_ABORT;
    }
    x->sent += n;
    return (size_t)n;
}

static int on_seek(void *exchange, curl_off_t offset, int origin)
{
    struct s3_exchange *x = exchange;

    if (origin != SEEK_SET || offset > x->bytes)
        return CURL_SEEKFUNC_CANTSEEK;
    x->sent = offset;
    return CURL_SEEKFUNC_OK;
}

static bool write_at(int fd, const char *data, size_t bytes, int64_t at)
{
    while (bytes) {
        ssize_t n = pwrite(fd, data, bytes, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        at += n;
        bytes -= (size_t)n;
    }
    return true;
}

static size_t on_answer(char *data, size_t one, size_t bytes, void *exchange)
{
    struct s3_exchange *x = exchange;

    bytes *= one;
    if (x->into < 0 || x->status >= 300) {
        size_t room = ANSWER_BYTES_MAX - x->answer.length;
        buf_add(&x->answer, data, bytes < room ? bytes : room);
        return bytes <= room ? bytes : 0;
    }
    if (x->range_bytes >= 0 && x->got + (int64_t)bytes > x->range_bytes)
        return 0;
    if (!write_at(x->into, data, bytes, x->got)) {
        x->broken = true;
        return 0;
    }
    crypto_hash_sha256_update(&x->hash, (const unsigned char *)data, bytes);
    x->got += (int64_t)bytes;
    return bytes;
}

/* The value of a header line that is called so; NULL: another one. */
static const char *header_value(const char *line, size_t bytes, const char *name, size_t *length)
{
    size_t n = strlen(name);

    if (bytes <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
        return NULL;
    while (bytes > n + 1 && strchr(" \t\r\n", line[bytes - 1]))
        bytes--;
    for (n++; n < bytes && line[n] == ' ';)
        n++;
    *length = bytes - n;
    return line + n;
}

static size_t on_header(char *data, size_t one, size_t bytes, void *exchange)
{
    struct s3_exchange *x = exchange;
    const char *value;
    size_t length;

    bytes *= one;
    if (bytes > 12 && memcmp(data, "HTTP/", 5) == 0)
        x->status = strtol(data + 9, NULL, 10);
    if ((value = header_value(data, bytes, "etag", &length)) != NULL && length < sizeof x->etag)
        snprintf(x->etag, sizeof x->etag, "%.*s", (int)length, value);
    if ((value = header_value(data, bytes, "x-amz-meta-sha256", &length)) != NULL && length < sizeof x->kept)
        snprintf(x->kept, sizeof x->kept, "%.*s", (int)length, value);
    return bytes;
}

static struct curl_slist *headers_of(const struct s3_exchange *x)
{
    char line[160];
    struct curl_slist *list;

    snprintf(line, sizeof line, "x-amz-content-sha256: %s", x->sha256);
    list = curl_slist_append(NULL, line);
    if (x->meta) {
        snprintf(line, sizeof line, "x-amz-meta-sha256: %s", x->meta);
        list = curl_slist_append(list, line);
    }
    if (x->range_bytes >= 0) {
        snprintf(line, sizeof line, "Range: bytes=%lld-%lld", (long long)x->range_from,
                 (long long)(x->range_from + x->range_bytes - 1));
        list = curl_slist_append(list, line);
    }
    return curl_slist_append(list, "Content-Type: application/octet-stream");
}

static void set_up(struct s3_exchange *x, CURL *easy, const char *url, struct curl_slist *headers)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_S);
    curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, x->s3->service);
    curl_easy_setopt(easy, CURLOPT_USERPWD, x->s3->user);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    if (strcmp(x->method, "PUT") == 0 || strcmp(x->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->bytes);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_body);
        curl_easy_setopt(easy, CURLOPT_READDATA, x);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, x);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, x->method);
}

static CURLcode try_once(struct s3_exchange *x)
{
    struct buf url = { 0 };
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = headers_of(x);

    CHECK(easy && headers);
    buf_addf(&url, "%s/%s%s%s", x->s3->base, x->key, x->query ? "?" : "", x->query ? x->query : "");
    x->sent = x->got = 0;
    x->status = 0;
    *x->etag = *x->kept = 0;
    buf_clear(&x->answer);
    crypto_hash_sha256_init(&x->hash);
    set_up(x, easy, buf_text(&url), headers);
    CURLcode code = curl_easy_perform(easy);
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    buf_release(&url);
    return code;
}

/* The <Code> of an error document, or what there is. */
bool s3_say_failed(struct s3_exchange *x, int code, struct gov_err *err)
{
    const char *at = strstr(buf_text(&x->answer), "<Code>");

    if (x->broken)
        return gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "s3: the local copy: %s", strerror(errno));
    if (x->status == 404 && (!at || strncmp(at, "<Code>NoSuchBucket", 18) != 0))
        return gov_fail(err, GOV_NOT_FOUND, "the bytes of this file are gone", "该文件的内容已不存在");
    if (x->status >= 300)
        return gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "s3: %s %s: %ld %.*s", x->method, x->key, x->status,
                              at ? (int)strcspn(at + 6, "<") : 0, at ? at + 6 : "");
    return gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "s3: %s %s: %s", x->method, x->key,
                          curl_easy_strerror(code));
}

bool s3_send(struct s3_exchange *x, struct gov_err *err)
{
    CURLcode code;

    for (int tries = 1;; tries++) {
        code = try_once(x);
        if (code == CURLE_OK && x->status >= 200 && x->status < 300)
            return true;
        bool helps = !x->broken && (x->status == 0 || x->status >= 500 || x->status == 429 ||
                                    (code != CURLE_OK && x->status < 300));
        if (!helps || tries == TRIES_MAX)
            return s3_say_failed(x, code, err);
        usleep((unsigned)(PAUSE_FIRST_MS << (tries - 1)) * 1000);
    }
}

struct s3_exchange s3_exchange_of(struct s3 *s3, const char *method, const char *key)
{
    return (struct s3_exchange){ .s3 = s3, .method = method, .key = key, .sha256 = digest_of_nothing, .from = -1,
                              .text = "", .into = -1, .range_bytes = -1 };
}
