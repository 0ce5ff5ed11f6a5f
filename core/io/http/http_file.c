/* http_file.c - answers from files: read 64 KB in the thread pool, write, wait until it is taken.
 *
 * sendfile would save a copy, but blocks the loop's thread when the file is not
 * in the page cache; the pool does not.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/io/http/http_conn.h"
#include "core/io/http/http_range.h"
#include "core/io/http/http_reply.h"

enum { FILE_PIECE_BYTES = 64 * 1024 };

/* Belongs to the request's arena; a read in flight holds the request. */
struct file_reply {
    uv_fs_t read;
    struct http_request *request;
    int fd;
    uint64_t offset, left;
    char *buffer;
};

static void file_release(void *what)
{
    struct file_reply *f = what;

    close(f->fd);
    free(f->buffer);
}

static void read_next(struct file_reply *f);

static void on_drained(struct http_request *r)
{
    read_next(r->source);
}

static void on_file_read(uv_fs_t *read)
{
    struct file_reply *f = read->data;
    struct http_request *r = f->request;
    ssize_t got = read->result;

    uv_fs_req_cleanup(read);
    if (got <= 0) { /* unreadable, or shorter than was said */
        http_stream_abort(r);
    } else {
        f->offset += (uint64_t)got;
        f->left -= (uint64_t)got;
        if (http_stream_write(r, f->buffer, (size_t)got) && http_stream_queued(r) == 0)
            read_next(f);
    }
    http_request_release(r);
}

static void read_next(struct file_reply *f)
{
    struct http_request *r = f->request;

    if (f->left == 0) {
        http_stream_end(r);
        return;
    }
    size_t bytes = f->left < FILE_PIECE_BYTES ? (size_t)f->left : FILE_PIECE_BYTES;
    uv_buf_t piece = uv_buf_init(f->buffer, (unsigned)bytes);
    http_request_hold(r);
    if (uv_fs_read(r->server->loop, &f->read, f->fd, &piece, 1, (int64_t)f->offset, on_file_read) !=
        0) {
        http_stream_abort(r);
        http_request_release(r);
    }
}

void http_reply_file(struct http_request *r, int fd, uint64_t offset, uint64_t length, int status,
                     const char *media_type)
{
    if (!http_reply_wanted(r)) {
        close(fd);
        return;
    }
    struct file_reply *f = ARENA_NEW(&r->arena, struct file_reply);
    *f = (struct file_reply){ .request = r, .fd = fd, .offset = offset, .left = length };
    f->read.data = f;
    arena_defer(&r->arena, file_release, f);
    r->handed = true;
    r->source = f;
    http_request_hold(r);
    http_stream_begin_sized(r, status, media_type, length);
    if (r->no_reply_body || length == 0) {
        http_stream_end(r);
    } else {
        f->buffer = malloc(FILE_PIECE_BYTES);
        CHECK(f->buffer);
        http_stream_on_drained(r, on_drained);
        if (http_stream_queued(r) == 0)
            read_next(f);
    }
    http_request_release(r);
}

static bool range_applies(const struct http_request *r, const char *etag)
{
    const char *condition = http_request_header(r, "if-range");

    if (strcmp(r->method, "GET") != 0)
        return false;
    return !condition || (etag && strcmp(condition, etag) == 0);
}

enum http_range_kind http_request_range(const struct http_request *r, uint64_t size, const char *etag,
                                        struct http_range *range)
{
    const char *wanted = range_applies(r, etag) ? http_request_header(r, "range") : NULL;

    *range = (struct http_range){ 0, size };
    return http_range_parse(wanted, size, range);
}

void http_reply_no_range(struct http_request *r, uint64_t size)
{
    char text[80];
    struct gov_err err;

    http_reply_header(r, "Accept-Ranges", "bytes");
    snprintf(text, sizeof text, "bytes */%llu", (unsigned long long)size);
    http_reply_header(r, "Content-Range", text);
    gov_fail(&err, GOV_RANGE_NOT_SATISFIABLE, "the file has %llu bytes", "文件大小为 %llu 字节",
             (unsigned long long)size);
    if (http_reply_wanted(r))
        http_request_word(r, &err);
}

void http_reply_file_part(struct http_request *r, int fd, uint64_t at, uint64_t size, bool part,
                          const struct http_range *range, const char *media_type, const char *etag)
{
    char text[80];

    http_reply_header(r, "Accept-Ranges", "bytes");
    if (etag)
        http_reply_header(r, "ETag", etag);
    if (part) {
        snprintf(text, sizeof text, "bytes %llu-%llu/%llu", (unsigned long long)range->offset,
                 (unsigned long long)(range->offset + range->length - 1), (unsigned long long)size);
        http_reply_header(r, "Content-Range", text);
    }
    http_reply_file(r, fd, at, range->length, part ? 206 : 200, media_type);
}
