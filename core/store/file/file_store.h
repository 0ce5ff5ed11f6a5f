/* file_store.h - the bytes of uploads, packages and artifacts, by the id of their row in `file`.
 *
 * One interface, two places: a directory, or a bucket of an S3-compatible store.
 *
 * The directory: <root>/<xx>/<id>, written to a temporary name (<id>.<digits>.part), synced with its folder and
 * renamed, mode 0444 whatever the umask, never changed afterwards. The bucket: <prefix>/<xx>/<id>; what is written
 * lies in a local spool until it is whole and is sent then, what is read is fetched into the spool first, so that
 * memory does not grow with a file, and everybody gets a descriptor. In the spool only what is lent has a name, in a folder of its own.
 *
 * Either carries an identity, which the database knows too (file_identity.h): a process with another store is
 * found out when it starts. What has no row in `file` is rubbish and may be swept.
 *
 * Blocking calls run in the thread pool. Failures: FILES_UNAVAILABLE (full or broken disk, a bucket that does
 * not answer), NOT_FOUND, BODY_TOO_LARGE.
 */
#ifndef CORE_STORE_FILE_FILE_STORE_H
#define CORE_STORE_FILE_FILE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/id.h"
#include "core/io/crypto/crypto.h"
#include "core/io/op/op.h"

struct file_store;

struct file_store_settings {
    const char *files;    /* a directory, or s3://bucket[/prefix] */
    const char *endpoint; /* of s3: https://host[:port] */
    const char *region;
    const char *key_file; /* of s3, see core/io/s3/s3.h */
    const char *spool;    /* of s3: a local directory */
};

/* Blocking; at start. Makes the directory (or the spool), and a directory's identity, if there is none. Takes out of
 * the spool what a process that died had lent. */
struct file_store *file_store_open(const struct file_store_settings *settings, struct gov_err *err);
void file_store_close(struct file_store *store);
/* "" where the store has none yet. */
const char *file_store_identity(const struct file_store *store);
/* Blocking, for a store that has none: give it this one. */
bool file_store_identify(struct file_store *store, const char *identity, struct gov_err *err);

/* A nameless file on the store's disk (or the spool), for what is made and sent away at once; -1 and errno. */
int file_store_spool(struct file_store *store);

struct file_stored {
    int64_t bytes;
    char sha256[CRYPTO_HEX_BYTES];
};

/* --- writing piece by piece (an upload) --- */

struct file_writer;
/* The writer belongs to `op`'s arena: an op that ends without commit leaves nothing behind. */
void file_write_begin(struct op *op, struct file_store *store, const struct id *id,
                      int64_t bytes_max, struct file_writer **writer);
/* `data` must stay until the op goes on. */
void file_write(struct op *op, struct file_writer *writer, const void *data, size_t bytes);
void file_write_commit(struct op *op, struct file_writer *writer, struct file_stored *stored);

/* --- in one go --- */

/* Copy everything from `fd`'s offset 0; the caller keeps fd. */
void file_store_copy(struct op *op, struct file_store *store, const struct id *id, int fd,
                     int64_t bytes_max, struct file_stored *stored);
/* Put these one behind the other, in this order. */
void file_store_join(struct op *op, struct file_store *store, const struct id *id, const struct id *pieces,
                     size_t count, int64_t bytes_max, struct file_stored *stored);
/* *fd is open for reading; the caller closes it. */
void file_store_read(struct op *op, struct file_store *store, const struct id *id, int *fd);
/* The same, for sandboxd, which mounts what has a name and copies the rest: with a bucket, what was fetched has one in
 * a folder of the spool that our user and group may enter, until `op` is released. */
void file_store_lend(struct op *op, struct file_store *store, const struct id *id, int *fd);
/* As file_store_read, for `length` bytes from `offset` on: they begin at *at of *fd. */
void file_store_read_part(struct op *op, struct file_store *store, const struct id *id, int64_t offset,
                          int64_t length, int *fd, int64_t *at);
/* Removing what is not there is no failure. */
void file_store_remove(struct op *op, struct file_store *store, const struct id *id);

#endif
