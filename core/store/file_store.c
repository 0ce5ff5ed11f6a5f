#include "core/store/file_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/io/op_work.h"

enum { COPY_BYTES = 256 * 1024 };

struct file_store {
    int root; /* descriptor of the directory */
    char identity[40];
};

struct file_writer {
    struct file_store *store;
    struct id id;
    int64_t bytes_max;
    int64_t bytes;
    int fd; /* -1: none, or committed */
    int folder; /* descriptor of its folder; -1: none */
    crypto_hash_sha256_state hash;
    char temporary[64], final[64]; /* relative to the root */
};

static bool broken(struct gov_err *err, const char *what)
{
    return gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "file store: %s: %s", what, strerror(errno));
}

/* --- the root --- */

static bool write_all(int fd, const char *data, size_t bytes)
{
    while (bytes) {
        ssize_t n = write(fd, data, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        bytes -= (size_t)n;
    }
    return true;
}

/* Written aside and linked, so that whoever sees the name sees all of it. */
static bool identity_make(struct file_store *store)
{
    struct id id = id_new();
    char aside[64];

    snprintf(aside, sizeof aside, "identity.%s", id.text);
    int fd = openat(store->root, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (fd < 0)
        return false;
    bool good = write_all(fd, id.text, strlen(id.text)) && fsync(fd) == 0 &&
                (linkat(store->root, aside, store->root, "identity", 0) == 0 ||
                 errno == EEXIST) /* another process was first */
                && fsync(store->root) == 0;
    close(fd);
    unlinkat(store->root, aside, 0);
    return good;
}

static bool identity_read(struct file_store *store)
{
    int fd = openat(store->root, "identity", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, store->identity, sizeof store->identity - 1);
    close(fd);
    if (n >= 0 && n != 36)
        errno = EINVAL; /* somebody else's file of that name */
    return n == 36;
}

struct file_store *file_store_open(const char *root, struct gov_err *err)
{
    struct file_store *store = calloc(1, sizeof *store);
    CHECK(store);
    if (mkdir(root, 0755) != 0 && errno != EEXIST)
        goto bad;
    store->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->root < 0)
        goto bad;
    if (!identity_read(store) &&
        (errno != ENOENT || !identity_make(store) || !identity_read(store)))
        goto bad;
    return store;
bad:
    gov_fail_at(err, GOV_CONFIGURATION, "files", "unusable", "the file store %s cannot be used: %s",
                "文件存储 %s 无法使用：%s", root, strerror(errno));
    if (store->root > 0)
        close(store->root);
    free(store);
    return NULL;
}

void file_store_close(struct file_store *store)
{
    close(store->root);
    free(store);
}

const char *file_store_identity(const struct file_store *store)
{
    return store->identity;
}

/* The folder is taken from the id's random end, so that folders fill evenly. */
static void name_of(const struct id *id, const char *suffix, char name[64])
{
    CHECK(!id_empty(id));
    snprintf(name, 64, "%.2s/%s%s", id->text + 34, id->text, suffix);
}

/* --- writing --- */

static bool begin(struct file_writer *w, struct gov_err *err)
{
    char folder[3] = { w->id.text[34], w->id.text[35], 0 };

    if (mkdirat(w->store->root, folder, 0755) != 0 && errno != EEXIST)
        return broken(err, "mkdir");
    w->folder = openat(w->store->root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->folder < 0)
        return broken(err, "open folder");
    w->fd = openat(w->store->root, w->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    return w->fd >= 0 || broken(err, "create");
}

static bool append(struct file_writer *w, const void *data, size_t bytes, struct gov_err *err)
{
    w->bytes += (int64_t)bytes;
    if (w->bytes > w->bytes_max)
        return gov_fail(err, GOV_BODY_TOO_LARGE, "the file is larger than %lld bytes",
                        "文件超过 %lld 字节", (long long)w->bytes_max);
    crypto_hash_sha256_update(&w->hash, data, bytes);
    return write_all(w->fd, data, bytes) || broken(err, "write");
}

static bool commit(struct file_writer *w, struct file_stored *stored, struct gov_err *err)
{
    unsigned char digest[crypto_hash_sha256_BYTES];

    if (fsync(w->fd) != 0)
        return broken(err, "fsync");
    if (renameat(w->store->root, w->temporary, w->store->root, w->final) != 0)
        return broken(err, "rename");
    close(w->fd);
    w->fd = -1;
    /* The folders too, or a row could outlive its file in a power cut. */
    if (fsync(w->folder) != 0 || fsync(w->store->root) != 0)
        return broken(err, "fsync folder");
    crypto_hash_sha256_final(&w->hash, digest);
    sodium_bin2hex(stored->sha256, sizeof stored->sha256, digest, sizeof digest);
    stored->bytes = w->bytes;
    return true;
}

static void discard(void *writer)
{
    struct file_writer *w = writer;
    if (w->folder >= 0)
        close(w->folder);
    if (w->fd < 0)
        return;
    close(w->fd);
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
    name_of(id, suffix, w->temporary);
    name_of(id, "", w->final);
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

struct piece {
    struct file_writer *writer;
    const void *data;
    size_t bytes;
};

static bool run_append(void *context, struct gov_err *err)
{
    struct piece *p = context;
    return append(p->writer, p->data, p->bytes, err);
}

void file_write(struct op *op, struct file_writer *writer, const void *data, size_t bytes)
{
    struct piece *p = ARENA_NEW(&op->arena, struct piece);
    *p = (struct piece){ writer, data, bytes };
    op_work(op, run_append, p);
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
            return broken(err, "read");
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

struct reading {
    struct file_store *store;
    struct id id;
    int *fd;
};

static bool run_read(void *context, struct gov_err *err)
{
    struct reading *r = context;
    char name[64];

    name_of(&r->id, "", name);
    *r->fd = openat(r->store->root, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*r->fd >= 0)
        return true;
    if (errno == ENOENT)
        return gov_fail(err, GOV_NOT_FOUND, "the bytes of this file are gone", "该文件的内容已不存在");
    return broken(err, "open");
}

void file_store_read(struct op *op, struct file_store *store, const struct id *id, int *fd)
{
    struct reading *r = ARENA_NEW(&op->arena, struct reading);
    *fd = -1;
    *r = (struct reading){ store, *id, fd };
    op_work(op, run_read, r);
}

static bool run_remove(void *context, struct gov_err *err)
{
    struct reading *r = context;
    char name[64];

    name_of(&r->id, "", name);
    return unlinkat(r->store->root, name, 0) == 0 || errno == ENOENT || broken(err, "remove");
}

void file_store_remove(struct op *op, struct file_store *store, const struct id *id)
{
    struct reading *r = ARENA_NEW(&op->arena, struct reading);
    *r = (struct reading){ store, *id, NULL };
    op_work(op, run_remove, r);
}
