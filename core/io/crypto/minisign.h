/* minisign.h - signatures and public keys as the program minisign writes them, verified.
 *
 * The format is that of https://jedisct1.github.io/minisign/: Ed25519 over the message or over its
 * BLAKE2b-512, a key id, and a comment that a second signature covers. Nothing here signs.
 */
#ifndef CORE_IO_CRYPTO_MINISIGN_H
#define CORE_IO_CRYPTO_MINISIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

enum {
    MINISIGN_ID_BYTES = 8,
    MINISIGN_ID_TEXT_BYTES = 2 * MINISIGN_ID_BYTES + 1,
    MINISIGN_COMMENT_BYTES = 512,
    MINISIGN_TEXT_BYTES_MAX = 2000
};

struct minisign_key {
    char id[MINISIGN_ID_TEXT_BYTES]; /* hex, as minisign prints it */
    uint8_t key[32];
};

struct minisign_signature {
    char id[MINISIGN_ID_TEXT_BYTES];
    bool hashed; /* over the message's BLAKE2b-512 */
    uint8_t signature[64];
    uint8_t global[64]; /* over signature and comment */
    char comment[MINISIGN_COMMENT_BYTES];
};

/* A line that begins with RW, with or without the comment above it. INVALID_INPUT with a remedy. */
bool minisign_key_read(const char *text, struct minisign_key *key, struct gov_err *err);
/* The four lines of a .minisig file. INVALID_INPUT with a remedy. */
bool minisign_signature_read(const char *text, struct minisign_signature *signature,
                             struct gov_err *err);

/* Did the owner of `key` sign `message` and the comment? False, too, where the ids differ. */
bool minisign_verify(const struct minisign_signature *signature, const struct minisign_key *key,
                     const void *message, size_t bytes);

#endif
