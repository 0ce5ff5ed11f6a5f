/* s3_internal.h - one signed request, shared by s3.c (objects) and s3_parts.c (uploads in parts). */
#ifndef CORE_IO_S3_S3_INTERNAL_H
#define CORE_IO_S3_S3_INTERNAL_H

#include <sodium.h>

#include "core/base/buf.h"
#include "core/io/crypto/crypto.h"
#include "core/io/s3/s3.h"

enum { S3_ETAG_BYTES = 80 };

struct s3 {
    char *base;    /* "https://host/bucket" */
    char *user;    /* "id:secret"; wiped */
    char *service; /* CURLOPT_AWS_SIGV4 */
    int64_t part_bytes;
};

struct s3_exchange {
    struct s3 *s3;
    const char *method;
    const char *key;
    const char *query;  /* sorted, "a=b&c="; NULL: none */
    const char *sha256; /* of the body, in hex */
    const char *meta;   /* kept with the object; NULL: none */
    int from;           /* the body comes from here, at `at`; -1: from `text` */
    int64_t at, bytes;
    const char *text;
    int into;           /* the answer goes here; -1: into `answer` */
    int64_t range_from, range_bytes; /* of a GET; range_bytes -1: all */

    /* of one try */
    int64_t sent, got;
    bool broken;        /* our own file, not the store */
    crypto_hash_sha256_state hash;
    struct buf answer;
    char etag[S3_ETAG_BYTES];
    char kept[CRYPTO_HEX_BYTES]; /* the digest that was kept with the object; "" */
    long status;
};

/* A request without body, whose answer is kept in `answer`; the caller releases that. */
struct s3_exchange s3_exchange_of(struct s3 *s3, const char *method, const char *key);
/* Until it is answered with 2xx, or trying again does not help. */
bool s3_send(struct s3_exchange *exchange, struct gov_err *err);
/* Always false: what the store answered, or why there is no answer. */
bool s3_say_failed(struct s3_exchange *exchange, int curl_code, struct gov_err *err);
void s3_digest_hex(crypto_hash_sha256_state *hash, char hex[CRYPTO_HEX_BYTES]);
bool s3_put_parts(struct s3 *s3, const char *key, int fd, int64_t bytes, const char *sha256, struct gov_err *err);

#endif
