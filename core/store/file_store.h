/* file_store.h - the bytes of uploads, packages and artifacts, by the id of their row in `file`.
 *
 * A directory: <root>/<xx>/<id>, written to a temporary name (<id>.<digits>.part), synced with its
 * folder and renamed, mode 0444, never changed afterwards. The root carries an identity, so that a
 * worker with another directory mounted finds out. What has no row in `file` is rubbish and may be
 * swept.
 *
 * Blocking calls run in the thread pool. Failures: FILES_UNAVAILABLE (full or broken disk),
 * NOT_FOUND, BODY_TOO_LARGE.
 */
#ifndef CORE_STORE_FILE_STORE_H
#define CORE_STORE_FILE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/id.h"
#include "core/io/crypto.h"
#include "core/io/op.h"

struct file_store;

/* Blocking; at start. Makes the directory and its identity if there is none. */
struct file_store *file_store_open(const char *root, struct gov_err *err);
void file_store_close(struct file_store *store);
const char *file_store_identity(const struct file_store *store);

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
/* *fd is open for reading; the caller closes it. */
void file_store_read(struct op *op, struct file_store *store, const struct id *id, int *fd);
/* Removing what is not there is no failure. */
void file_store_remove(struct op *op, struct file_store *store, const struct id *id);

#endif
