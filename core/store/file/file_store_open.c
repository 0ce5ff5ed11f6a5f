/* file_store_open.c - what a store stands on: a directory, or a bucket and a spool; and its identity. */
#include "core/store/file/file_store_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/text.h"

bool file_store_broken(struct gov_err *err, const char *what)
{
    return gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "file store: %s: %s", what, strerror(errno));
}

bool file_store_write(int fd, const char *data, size_t bytes)
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
static bool identity_make(struct file_store *store, const char *identity)
{
    struct id id = id_new();
    char aside[64];

    snprintf(aside, sizeof aside, "identity.%s", id.text);
    int fd = openat(store->root, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (fd < 0)
        return false;
    bool good = file_store_write(fd, identity, strlen(identity)) && fsync(fd) == 0 &&
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

static bool open_root(struct file_store *store, const char *root, const char *setting, struct gov_err *err)
{
    if (mkdir(root, 0755) == 0 || errno == EEXIST)
        store->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return store->root >= 0 || gov_fail_at(err, GOV_CONFIGURATION, setting, "unusable",
                                           "the folder %s cannot be used for files: %s", "文件目录 %s 无法使用：%s",
                                           root, strerror(errno));
}

static bool open_directory(struct file_store *store, const char *root, struct gov_err *err)
{
    if (!open_root(store, root, "files", err))
        return false;
    if (identity_read(store) ||
        (errno == ENOENT && identity_make(store, id_new().text) && identity_read(store)))
        return true;
    return gov_fail_at(err, GOV_CONFIGURATION, "files", "unusable", "the file store %s cannot be used: %s",
                       "文件存储 %s 无法使用：%s", root, strerror(errno));
}

int file_store_spool(struct file_store *store)
{
    return openat(store->root, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

void file_store_key(const struct file_store *store, const char *name, char key[FILE_KEY_BYTES])
{
    snprintf(key, FILE_KEY_BYTES, "%s%s", store->prefix, name);
}

/* Absent is no failure: somebody will make it (file_identity.h). */
static bool bucket_identity(struct file_store *store, struct gov_err *err)
{
    char key[FILE_KEY_BYTES];
    int fd = file_store_spool(store);

    if (fd < 0)
        return file_store_broken(err, "spool");
    file_store_key(store, "identity", key);
    memset(store->identity, 0, sizeof store->identity);
    bool good = s3_get(store->s3, key, 0, -1, fd, err);
    ssize_t n = good ? pread(fd, store->identity, sizeof store->identity - 1, 0) : 0;
    close(fd);
    if (!good && err->code != GOV_NOT_FOUND)
        return gov_err_context(err, "files");
    return n == 0 || n == 36 || gov_fail_cause(err, GOV_CONFIGURATION, "files: %s is no identity", key);
}

/* The spool may be anybody's (/var/tmp): what is lent lies in a folder that only our user and our group, which is sandboxd's too,
 * may enter. By the descriptor: whoever renames it changes nothing. */
static bool lent_open(struct file_store *store, const char *spool, struct gov_err *err)
{
    char name[32];
    struct stat st;

    snprintf(name, sizeof name, FILE_LENT_FOLDER "%u", geteuid());
    if (mkdirat(store->root, name, 0750) == 0 || errno == EEXIST)
        store->lent = openat(store->root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (store->lent >= 0 && fstat(store->lent, &st) == 0) {
        errno = EPERM;
        if (st.st_uid == geteuid() && (st.st_gid == getegid() || fchown(store->lent, (uid_t)-1, getegid()) == 0) &&
            fchmod(store->lent, 0750) == 0)
            return true;
    }
    return gov_fail_at(err, GOV_CONFIGURATION, "files_spool", "unusable",
                       "%s/%s must be a folder of this program's user (%s): remove it, or give files_spool a folder of its own",
                       "%s/%s 须为本程序用户所有的目录（%s）：请将其删除，或为 files_spool 指定专用目录", spool, name, strerror(errno));
}

/* Names of processes that died. Whoever lives holds the lock on what he lent, sandboxd's copy of it included. */
static void lent_sweep(const struct file_store *store)
{
    int copy = openat(store->lent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;

    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (!text_starts(e->d_name, FILE_LENT_PREFIX))
            continue;
        int fd = openat(store->lent, e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            unlinkat(store->lent, e->d_name, 0);
        if (fd >= 0)
            close(fd);
    }
    if (dir)
        closedir(dir);
    else if (copy >= 0)
        close(copy);
}

static bool open_bucket(struct file_store *store, const struct file_store_settings *s, struct gov_err *err)
{
    const char *bucket = s->files + sizeof "s3://" - 1, *prefix = bucket + strcspn(bucket, "/");
    char name[FILE_PREFIX_BYTES];

    prefix += strspn(prefix, "/");
    if ((size_t)(prefix - bucket) >= sizeof name || strlen(prefix) > FILE_PREFIX_BYTES - 1 ||
        strspn(prefix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/") != strlen(prefix))
        return gov_fail_at(err, GOV_CONFIGURATION, "files", "format", "files must be a folder, s3://bucket or "
                           "s3://bucket/prefix", "files 须为目录、s3://bucket 或 s3://bucket/prefix");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(bucket, "/"), bucket);
    snprintf(store->prefix, sizeof store->prefix, "%s%s", prefix,
             *prefix && prefix[strlen(prefix) - 1] != '/' ? "/" : "");
    struct s3_options options = { .endpoint = s->endpoint, .region = s->region, .bucket = name,
                                  .key_file = s->key_file };
    setenv("UV_THREADPOOL_SIZE", "16", 0); /* a transfer holds a thread; before the pool begins */
    store->s3 = s3_new(&options, err);
    if (!store->s3 || !open_root(store, s->spool, "files_spool", err) || !lent_open(store, s->spool, err))
        return false;
    lent_sweep(store);
    return bucket_identity(store, err);
}

struct file_store *file_store_open(const struct file_store_settings *settings, struct gov_err *err)
{
    struct file_store *store = calloc(1, sizeof *store);
    bool s3 = text_starts(settings->files, "s3://");

    CHECK(store);
    store->root = store->lent = -1;
    if (s3 ? open_bucket(store, settings, err) : open_directory(store, settings->files, err))
        return store;
    file_store_close(store);
    return NULL;
}

void file_store_close(struct file_store *store)
{
    if (store->root >= 0)
        close(store->root);
    if (store->lent >= 0)
        close(store->lent);
    s3_free(store->s3);
    free(store);
}

bool file_store_identify(struct file_store *store, const char *identity, struct gov_err *err)
{
    char key[FILE_KEY_BYTES], sha256[CRYPTO_HEX_BYTES];

    if (!store->s3)
        return (identity_make(store, identity) && identity_read(store)) || file_store_broken(err, "identity");
    int fd = file_store_spool(store);
    file_store_key(store, "identity", key);
    crypto_sha256_hex(identity, strlen(identity), sha256);
    bool good = fd >= 0 && file_store_write(fd, identity, strlen(identity)) &&
                s3_put(store->s3, key, fd, (int64_t)strlen(identity), sha256, err);
    if (fd < 0)
        return file_store_broken(err, "spool");
    close(fd);
    return good && bucket_identity(store, err);
}

const char *file_store_identity(const struct file_store *store)
{
    return store->identity;
}
