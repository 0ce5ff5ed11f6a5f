/* s3.h - objects of one bucket of an S3-compatible store. Blocking: for the thread pool.
 *
 * Path-style addresses (<endpoint>/<bucket>/<key>), signed with AWS Signature Version 4. Every call is bounded
 * (10 s to connect, a minute without progress) and tried up to four times where the store was not reached or
 * answered 5xx or 429; a PUT of the same bytes under the same key changes nothing when it is repeated.
 * What is larger than one part goes as a multi-part upload, which is taken back when it fails. The endpoint is
 * the operator's own infrastructure and named in the settings: no rules of address apply to it.
 */
#ifndef CORE_IO_S3_S3_H
#define CORE_IO_S3_S3_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

struct s3;

struct s3_options {
    const char *endpoint; /* "https://host[:port]" */
    const char *region;   /* "us-east-1" */
    const char *bucket;
    const char *key_file; /* its first line: access key id, its second: secret */
    int64_t part_bytes;   /* of a multi-part upload; 0: 64 MB */
};

/* CONFIGURATION: an address, a name or the key file. Opens no connection. */
struct s3 *s3_new(const struct s3_options *options, struct gov_err *err);
void s3_free(struct s3 *s3);

/* `fd`'s bytes from 0 on; `sha256` is their digest in hex, kept with the object. */
bool s3_put(struct s3 *s3, const char *key, int fd, int64_t bytes, const char *sha256, struct gov_err *err);
/* `length` bytes from `offset` on into `fd` (-1: all of it, compared with the digest that was kept).
 * NOT_FOUND: there is no such object. FILES_UNAVAILABLE: the rest, a short answer and another digest too. */
bool s3_get(struct s3 *s3, const char *key, int64_t offset, int64_t length, int fd, struct gov_err *err);
/* One that is not there is no failure. */
bool s3_remove(struct s3 *s3, const char *key, struct gov_err *err);

#endif
