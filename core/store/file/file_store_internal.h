/* file_store_internal.h - shared by file_store.c (writing), file_store_read.c and file_store_open.c (what they lie on). */
#ifndef CORE_STORE_FILE_FILE_STORE_INTERNAL_H
#define CORE_STORE_FILE_FILE_STORE_INTERNAL_H

#include "core/io/s3/s3.h"
#include "core/store/file/file_store.h"

/* What is lent lies in the spool's folder of that name and our uid, and is called so, with an id behind. */
#define FILE_LENT_FOLDER "execgov-lent."
#define FILE_LENT_PREFIX "lent."

enum { FILE_PREFIX_BYTES = 200, FILE_KEY_BYTES = 280, FILE_NAME_BYTES = 64 };

struct file_store {
    int root;      /* descriptor of the directory, or of the spool */
    int lent;      /* of s3: descriptor of the spool's folder of what is lent; else -1 */
    struct s3 *s3; /* NULL: a directory */
    char prefix[FILE_PREFIX_BYTES + 2]; /* of s3: "" or "path/" */
    char identity[40];
};

/* Always false: FILES_UNAVAILABLE with errno's words. */
bool file_store_broken(struct gov_err *err, const char *what);
bool file_store_write(int fd, const char *data, size_t bytes);
/* The object's name in the bucket. */
void file_store_key(const struct file_store *store, const char *name, char key[FILE_KEY_BYTES]);
/* Relative to the root. */
void file_store_name(const struct id *id, const char *suffix, char name[FILE_NAME_BYTES]);
/* Blocking. `length` -1: all of it. A bucket's bytes come into the spool: `offset` is then the descriptor's 0. */
bool file_store_fetch(struct file_store *store, const struct id *id, int64_t offset, int64_t length, int *fd,
                      struct gov_err *err);

#endif
