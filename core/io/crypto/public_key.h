/* public_key.h - what payment providers sign and encrypt with, from OpenSSL's libcrypto.
 *
 * Keys come as they are handed out: base64 of DER without the PEM lines, a public key
 * (SubjectPublicKeyInfo) or a certificate that carries one.
 */
#ifndef CORE_IO_CRYPTO_PUBLIC_KEY_H
#define CORE_IO_CRYPTO_PUBLIC_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"

enum { PUBLIC_KEY_RSA_BITS_MIN = 2048, AES_256_KEY_BYTES = 32, AES_GCM_NONCE_BYTES = 12, AES_GCM_TAG_BYTES = 16 };

/* RSASSA-PKCS1-v1_5 with SHA-256. `usable` false: the text is no RSA key of 2048 bits or more. */
bool public_key_rsa_sha256_holds(const char *key, const void *data, size_t bytes, const unsigned char *signature,
                                 size_t signature_bytes, bool *usable);

/* AES-256-GCM with the tag behind the ciphertext, as WeChat Pay sends it; NULL: it is not what was sealed.
 * The text lives in the arena, with a NUL behind it. */
char *aes_256_gcm_open(const unsigned char key[AES_256_KEY_BYTES], const unsigned char nonce[AES_GCM_NONCE_BYTES],
                       const char *associated, size_t associated_bytes, const unsigned char *sealed,
                       size_t sealed_bytes, struct arena *arena, size_t *opened_bytes);

#endif
