/* crypto.h - libsodium in the platform's words.
 *
 * Passwords: argon2id in the thread pool, two at once. Tokens: 256 random bits, stored as SHA-256.
 */
#ifndef CORE_IO_CRYPTO_CRYPTO_H
#define CORE_IO_CRYPTO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>

#include "core/io/op/op.h"

enum { CRYPTO_TOKEN_BYTES = 64, CRYPTO_HEX_BYTES = 65, CRYPTO_PASSWORD_BYTES = 128 };

/* Once, before anything else here. */
bool crypto_init(struct gov_err *err);

/* A new secret: `prefix` ("egs_", "ega_", ...) and 43 characters of base64url. */
void crypto_token_new(const char *prefix, char token[CRYPTO_TOKEN_BYTES]);
/* SHA-256 as 64 hex digits. */
void crypto_sha256_hex(const void *data, size_t bytes, char hex[CRYPTO_HEX_BYTES]);
/* The same as a PostgreSQL bytea literal: "\x..." in the arena. */
const char *crypto_sha256_bytea(struct arena *arena, const char *text);
/* HMAC-SHA256, base64 (Standard Webhooks). */
const char *crypto_hmac_base64(struct arena *arena, const void *key, size_t key_bytes,
                               const void *data, size_t bytes);

/* `hash` is filled before the op's next step. */
void crypto_password_hash(struct op *op, const char *password, char hash[CRYPTO_PASSWORD_BYTES]);
/* `hash` NULL or "": does the same work and answers false, so that time tells nothing. */
void crypto_password_verify(struct op *op, const char *password, const char *hash, bool *valid);

#endif
