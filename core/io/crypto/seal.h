/* seal.h - secrets that lie in PostgreSQL and that one process can open.
 *
 * An envelope: the value is encrypted with XChaCha20-Poly1305 under a data key of its own, bound to what
 * it belongs to (`associated`: tenant, credential, version), so that a row moved elsewhere does not open.
 * The data key is wrapped as a sealed box to the public half of a master key. Whoever seals needs no
 * secret; whoever opens holds a ring of master keys, and a value's master key is changed by wrapping its
 * data key again, without touching the value (docs/decisions/0351-sealing.md).
 */
#ifndef CORE_IO_CRYPTO_SEAL_H
#define CORE_IO_CRYPTO_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum {
    SEAL_KEY_ID_BYTES = 17, /* 16 hex digits of the public key's SHA-256, and a NUL */
    SEAL_KEY_BYTES = 32,
    SEAL_RING_MAX = 16,
    SEAL_VALUE_BYTES_MAX = 64 * 1024
};

/* The public half of a master key. */
struct seal_target {
    char id[SEAL_KEY_ID_BYTES];
    unsigned char key[SEAL_KEY_BYTES];
};

/* What a row holds. The three texts are bytea literals ("\x…"). */
struct sealed {
    const char *key_id;
    const char *wrapped_key;
    const char *nonce;
    const char *value;
};

/* The master keys of the process that opens; kept in memory that is neither swapped nor dumped. */
struct seal_ring;

/* From a bytea literal; false: it is no public key. */
bool seal_target_read(const char *id, const char *literal, struct seal_target *target);
const char *seal_target_literal(const struct seal_target *target, struct arena *arena);

/* BODY_TOO_LARGE beyond SEAL_VALUE_BYTES_MAX. */
bool seal_make(const struct seal_target *target, const char *associated, const void *value,
               size_t bytes, struct arena *arena, struct sealed *sealed, struct gov_err *err);

/* Keys as text: one a line, "execgov-key-1 " and 64 hex digits; blank lines and # comments between.
 * NULL: CONFIGURATION with the line's number, never its content. */
struct seal_ring *seal_ring_new(const char *text, struct gov_err *err);
void seal_ring_free(struct seal_ring *ring);
size_t seal_ring_count(const struct seal_ring *ring);
const struct seal_target *seal_ring_target(const struct seal_ring *ring, size_t index);
/* A new line for the file. */
const char *seal_key_new(struct arena *arena);

/* CREDENTIAL_UNAVAILABLE: no such key here, or the row is not what was sealed. `value` gets a NUL behind
 * it; wipe it with seal_wipe after use. */
bool seal_open(const struct seal_ring *ring, const struct sealed *sealed, const char *associated,
               struct arena *arena, char **value, size_t *bytes, struct gov_err *err);
void seal_wipe(void *value, size_t bytes);

/* The data key of `sealed` for another master key: a new wrapped_key. */
bool seal_rewrap(const struct seal_ring *ring, const struct sealed *sealed,
                 const struct seal_target *target, struct arena *arena, const char **wrapped_key,
                 struct gov_err *err);

/* Whose, which, which version: "execgov/credential/<tenant or ->/<id>/<version>". */
const char *seal_credential_context(const char *tenant, const char *id, const char *version,
                                    struct arena *arena);

#endif
