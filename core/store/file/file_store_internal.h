/* file_store_internal.h - shared by file_store.c (bytes) and file_store_open.c (what they lie on). */
#ifndef CORE_STORE_FILE_FILE_STORE_INTERNAL_H
#define CORE_STORE_FILE_FILE_STORE_INTERNAL_H

#include "core/io/s3/s3.h"
#include "core/store/file/file_store.h"

enum { FILE_PREFIX_BYTES = 200, FILE_KEY_BYTES = 280 };

struct file_store {
    int root;      /* descriptor of the directory, or of the spool */
    struct s3 *s3; /* NULL: a directory */
    char prefix[FILE_PREFIX_BYTES + 2]; /* of s3: "" or "path/" */
    char identity[40];
};

/* Always false: FILES_UNAVAILABLE with errno's words. */
bool file_store_broken(struct gov_err *err, const char *what);
bool file_store_write(int fd, const char *data, size_t bytes);
/* The object's name in the bucket. */
void file_store_key(const struct file_store *store, const char *name, char key[FILE_KEY_BYTES]);

#endif
