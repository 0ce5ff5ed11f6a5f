/* payment_keys.h - the other side of core/io/crypto/public_key.h: a provider that signs and seals. */
#ifndef TESTS_LIB_PAYMENT_KEYS_H
#define TESTS_LIB_PAYMENT_KEYS_H

#include <openssl/evp.h>
#include <stddef.h>

#include "core/base/arena.h"

struct payment_keys {
    EVP_PKEY *key;
    const char *public_key;  /* base64 of DER, as it is stored */
};

/* A new RSA key; freed with the arena. */
struct payment_keys payment_keys_new(struct arena *arena, unsigned bits);
/* Base64 of the RSA-SHA256 signature. */
const char *payment_sign(const struct payment_keys *keys, struct arena *arena, const void *data, size_t bytes);
/* Base64 of AES-256-GCM's ciphertext and tag. */
const char *payment_seal(struct arena *arena, const char *key, const char *nonce, const char *associated, const char *text);
const char *payment_base64(struct arena *arena, const void *data, size_t bytes);

#endif
