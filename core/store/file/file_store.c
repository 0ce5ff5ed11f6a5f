#include "core/store/file/file_store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/io/op/op_work.h"

enum { COPY_BYTES = 256 * 1024 };

struct file_writer {
    struct file_store *store;
    struct id id;
    int64_t bytes_max;
    int64_t bytes;
    int fd; /* -1: none, or committed */
    int folder; /* descriptor of its folder; -1: none */
    crypto_hash_sha256_state hash;
    struct {
        const void *data;
        size_t bytes;
    } piece; /* the one that is being written */
    char temporary[FILE_NAME_BYTES], final[FILE_NAME_BYTES]; /* relative to the root */
};

/* --- writing --- */

static bool begin(struct file_writer *w, struct gov_err *err)
{
    char folder[3] = { w->id.text[34], w->id.text[35], 0 };

    if (w->store->s3) {
        w->fd = file_store_spool(w->store);
        return w->fd >= 0 || file_store_broken(err, "spool");
    }
    if (mkdirat(w->store->root, folder, 0755) != 0 && errno != EEXIST)
        return file_store_broken(err, "mkdir");
    w->folder = openat(w->store->root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->folder < 0)
        return file_store_broken(err, "open folder");
    w->fd = openat(w->store->root, w->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    /* sandboxd mounts only what anybody may read, and a service's umask takes that away. */
    return (w->fd >= 0 && fchmod(w->fd, 0444) == 0) || file_store_broken(err, "create");
}

static bool append(struct file_writer *w, const void *data, size_t bytes, struct gov_err *err)
{
    w->bytes += (int64_t)bytes;
    if (w->bytes > w->bytes_max)
        return gov_fail(err, GOV_BODY_TOO_LARGE, "the file is larger than %lld bytes",
                        "文件超过 %lld 字节", (long long)w->bytes_max);
    crypto_hash_sha256_update(&w->hash, data, bytes);
    return file_store_write(w->fd, data, bytes) || file_store_broken(err, "write");
}

static bool keep_in_directory(struct file_writer *w, struct gov_err *err)
{
    if (fsync(w->fd) != 0)
        return file_store_broken(err, "fsync");
    if (renameat(w->store->root, w->temporary, w->store->root, w->final) != 0)
        return file_store_broken(err, "rename");
    close(w->fd);
    w->fd = -1;
    /* The folders too, or a row could outlive its file in a power cut. */
    return (fsync(w->folder) == 0 && fsync(w->store->root) == 0) || file_store_broken(err, "fsync folder");
}

static bool keep_in_bucket(struct file_writer *w, const char *sha256, struct gov_err *err)
{
    char key[FILE_KEY_BYTES];

    file_store_key(w->store, w->final, key);
    return s3_put(w->store->s3, key, w->fd, w->bytes, sha256, err);
}

static bool commit(struct file_writer *w, struct file_stored *stored, struct gov_err *err)
{
    unsigned char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256_final(&w->hash, digest);
    sodium_bin2hex(stored->sha256, sizeof stored->sha256, digest, sizeof digest);
    stored->bytes = w->bytes;
    return w->store->s3 ? keep_in_bucket(w, stored->sha256, err) : keep_in_directory(w, err);
}

static void discard(void *writer)
{
    struct file_writer *w = writer;
    if (w->folder >= 0)
        close(w->folder);
    if (w->fd < 0)
        return;
    close(w->fd);
    if (!w->store->s3)
        unlinkat(w->store->root, w->temporary, 0);
}

static struct file_writer *writer_new(struct op *op, struct file_store *store, const struct id *id,
                                      int64_t bytes_max)
{
    struct file_writer *w = ARENA_NEW(&op->arena, struct file_writer);
    char suffix[24];

    w->store = store;
    w->id = *id;
    w->bytes_max = bytes_max;
    w->fd = w->folder = -1;
    crypto_hash_sha256_init(&w->hash);
    /* A name of its own, so that what a crash left of an earlier attempt is in nobody's way. */
    snprintf(suffix, sizeof suffix, ".%.12s.part", id_new().text + 24);
    file_store_name(id, suffix, w->temporary);
    file_store_name(id, "", w->final);
    arena_defer(&op->arena, discard, w);
    return w;
}

/* --- as I/O of ops --- */

static bool run_begin(void *context, struct gov_err *err)
{
    return begin(context, err);
}

void file_write_begin(struct op *op, struct file_store *store, const struct id *id,
                      int64_t bytes_max, struct file_writer **writer)
{
    *writer = writer_new(op, store, id, bytes_max);
    op_work(op, run_begin, *writer);
}

static bool run_append(void *context, struct gov_err *err)
{
    struct file_writer *w = context;
    return append(w, w->piece.data, w->piece.bytes, err);
}

void file_write(struct op *op, struct file_writer *writer, const void *data, size_t bytes)
{
    writer->piece.data = data;
    writer->piece.bytes = bytes;
    op_work(op, run_append, writer);
}

struct committing {
    struct file_writer *writer;
    struct file_stored *stored;
};

static bool run_commit(void *context, struct gov_err *err)
{
    struct committing *c = context;
    return commit(c->writer, c->stored, err);
}

void file_write_commit(struct op *op, struct file_writer *writer, struct file_stored *stored)
{
    struct committing *c = ARENA_NEW(&op->arena, struct committing);
    *c = (struct committing){ writer, stored };
    op_work(op, run_commit, c);
}

struct copying {
    struct file_writer *writer;
    struct file_stored *stored;
    int from;
};

static bool copy_pieces(struct copying *c, char *piece, struct gov_err *err)
{
    off_t at = 0;

    for (;;) {
        ssize_t n = pread(c->from, piece, COPY_BYTES, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return file_store_broken(err, "read");
        if (n == 0)
            return true;
        if (!append(c->writer, piece, (size_t)n, err))
            return false;
        at += n;
    }
}

static bool run_copy(void *context, struct gov_err *err)
{
    struct copying *c = context;
    char *piece = malloc(COPY_BYTES);

    CHECK(piece);
    bool good = begin(c->writer, err) && copy_pieces(c, piece, err) &&
                commit(c->writer, c->stored, err);
    free(piece);
    return good;
}

void file_store_copy(struct op *op, struct file_store *store, const struct id *id, int fd,
                     int64_t bytes_max, struct file_stored *stored)
{
    struct copying *c = ARENA_NEW(&op->arena, struct copying);
    *c = (struct copying){ writer_new(op, store, id, bytes_max), stored, fd };
    op_work(op, run_copy, c);
}

/* --- one behind the other --- */

struct joining {
    struct file_writer *writer;
    struct file_stored *stored;
    const struct id *pieces;
    size_t count;
};

static bool run_join(void *context, struct gov_err *err)
{
    struct joining *j = context;
    struct copying one = { j->writer, j->stored, -1 };
    char *piece = malloc(COPY_BYTES);
    bool good = begin(j->writer, err);

    CHECK(piece);
    for (size_t i = 0; good && i < j->count; i++) {
        good = file_store_fetch(j->writer->store, &j->pieces[i], 0, -1, &one.from, err) && copy_pieces(&one, piece, err);
        if (one.from >= 0)
            close(one.from);
    }
    free(piece);
    return good && commit(j->writer, j->stored, err);
}

void file_store_join(struct op *op, struct file_store *store, const struct id *id, const struct id *pieces,
                     size_t count, int64_t bytes_max, struct file_stored *stored)
{
    struct joining *j = ARENA_NEW(&op->arena, struct joining);
    *j = (struct joining){ writer_new(op, store, id, bytes_max), stored, pieces, count };
    op_work(op, run_join, j);
}

/* --- removing --- */

struct removing {
    struct file_store *store;
    struct id id;
};

static bool run_remove(void *context, struct gov_err *err)
{
    struct removing *r = context;
    char name[FILE_NAME_BYTES], key[FILE_KEY_BYTES];

    file_store_name(&r->id, "", name);
    if (r->store->s3) {
        file_store_key(r->store, name, key);
        return s3_remove(r->store->s3, key, err);
    }
    return unlinkat(r->store->root, name, 0) == 0 || errno == ENOENT || file_store_broken(err, "remove");
}

void file_store_remove(struct op *op, struct file_store *store, const struct id *id)
{
    struct removing *r = ARENA_NEW(&op->arena, struct removing);
    *r = (struct removing){ store, *id };
    op_work(op, run_remove, r);
}
