/* file_store_read.c - bytes of a store as a descriptor: of the file itself, or of a copy in the spool. */
#include "core/store/file/file_store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/io/op/op_work.h"

/* The folder is taken from the id's random end, so that folders fill evenly. */
void file_store_name(const struct id *id, const char *suffix, char name[FILE_NAME_BYTES])
{
    CHECK(!id_empty(id));
    snprintf(name, FILE_NAME_BYTES, "%.2s/%s%s", id->text + 34, id->text, suffix);
}

static bool open_local(struct file_store *store, const char *name, int *fd, struct gov_err *err)
{
    *fd = openat(store->root, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*fd >= 0)
        return true;
    if (errno == ENOENT)
        return gov_fail(err, GOV_NOT_FOUND, "the bytes of this file are gone", "该文件的内容已不存在");
    return file_store_broken(err, "open");
}

bool file_store_fetch(struct file_store *store, const struct id *id, int64_t offset, int64_t length, int *fd,
                      struct gov_err *err)
{
    char name[FILE_NAME_BYTES], key[FILE_KEY_BYTES];

    file_store_name(id, "", name);
    if (!store->s3)
        return open_local(store, name, fd, err);
    *fd = file_store_spool(store);
    if (*fd < 0)
        return file_store_broken(err, "spool");
    file_store_key(store, name, key);
    if (s3_get(store->s3, key, offset, length, *fd, err))
        return true;
    close(*fd);
    *fd = -1;
    return false;
}

struct reading {
    struct file_store *store;
    struct id id;
    int64_t offset, length;
    int *fd;
};

static bool run_read(void *context, struct gov_err *err)
{
    struct reading *r = context;

    return file_store_fetch(r->store, &r->id, r->offset, r->length, r->fd, err);
}

void file_store_read_part(struct op *op, struct file_store *store, const struct id *id, int64_t offset,
                          int64_t length, int *fd, int64_t *at)
{
    struct reading *r = ARENA_NEW(&op->arena, struct reading);

    *fd = -1;
    *at = store->s3 ? 0 : offset;
    *r = (struct reading){ store, *id, offset, length, fd };
    op_work(op, run_read, r);
}

void file_store_read(struct op *op, struct file_store *store, const struct id *id, int *fd)
{
    int64_t *at = ARENA_NEW(&op->arena, int64_t);

    file_store_read_part(op, store, id, 0, -1, fd, at);
}

/* --- lending --- */

struct lent {
    struct reading reading;
    char name[FILE_NAME_BYTES]; /* in the folder of what is lent; "": it has none */
};

/* Any uid of a job may read it once it is mounted; the folder lets nobody else come so far. The lock says that somebody has it open, and is there before the name is (file_store_open.c sweeps by it). A descriptor
 * that was opened without a name stays one of a deleted file, which cannot be mounted: so it is opened again. */
static bool name_it(struct lent *l, int *fd, struct gov_err *err)
{
    char link[32], name[FILE_NAME_BYTES];
    int folder = l->reading.store->lent, nameless = *fd;

    snprintf(link, sizeof link, "/proc/self/fd/%d", nameless);
    snprintf(name, sizeof name, FILE_LENT_PREFIX "%s", id_new().text);
    if (fchmod(nameless, 0444) != 0 || flock(nameless, LOCK_SH | LOCK_NB) != 0 ||
        linkat(AT_FDCWD, link, folder, name, AT_SYMLINK_FOLLOW) != 0)
        return file_store_broken(err, "lend");
    memcpy(l->name, name, sizeof l->name);
    int named = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (named < 0 || flock(named, LOCK_SH | LOCK_NB) != 0) {
        file_store_broken(err, "lend");
        if (named >= 0)
            close(named);
        return false;
    }
    *fd = named;
    close(nameless);
    return true;
}

static bool run_lend(void *context, struct gov_err *err)
{
    struct lent *l = context;
    struct reading *r = &l->reading;

    return run_read(r, err) && (!r->store->s3 || name_it(l, r->fd, err));
}

/* Whoever has it open, or mounted, keeps it. */
static void take_back(void *context)
{
    struct lent *l = context;

    if (l->name[0])
        unlinkat(l->reading.store->lent, l->name, 0);
}

void file_store_lend(struct op *op, struct file_store *store, const struct id *id, int *fd)
{
    struct lent *l = ARENA_NEW(&op->arena, struct lent);

    *fd = -1;
    l->reading = (struct reading){ store, *id, 0, -1, fd };
    arena_defer(&op->arena, take_back, l);
    op_work(op, run_lend, l);
}
