#include "tests/lib/payment_keys.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <string.h>

#include "core/base/check.h"

const char *payment_base64(struct arena *arena, const void *data, size_t bytes)
{
    size_t room = sodium_base64_encoded_len(bytes, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(arena, room);

    return sodium_bin2base64(text, room, data, bytes, sodium_base64_VARIANT_ORIGINAL);
}

static void release(void *key)
{
    EVP_PKEY_free(key);
}

struct payment_keys payment_keys_new(struct arena *arena, unsigned bits)
{
    struct payment_keys keys = { .key = EVP_RSA_gen(bits) };
    unsigned char *der = NULL;
    int bytes = i2d_PUBKEY(keys.key, &der);

    CHECK(keys.key && bytes > 0);
    keys.public_key = payment_base64(arena, der, (size_t)bytes);
    OPENSSL_free(der);
    arena_defer(arena, release, keys.key);
    return keys;
}

const char *payment_sign(const struct payment_keys *keys, struct arena *arena, const void *data, size_t bytes)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char signature[1024];
    size_t length = sizeof signature;

    CHECK(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, keys->key) == 1 &&
          EVP_DigestSign(context, signature, &length, data, bytes) == 1);
    EVP_MD_CTX_free(context);
    return payment_base64(arena, signature, length);
}

const char *payment_seal(struct arena *arena, const char *key, const char *nonce, const char *associated, const char *text)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    size_t bytes = strlen(text);
    unsigned char *out = arena_alloc(arena, bytes + 16);
    int part;

    CHECK(EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, (const unsigned char *)key, (const unsigned char *)nonce) == 1 &&
          EVP_EncryptUpdate(context, NULL, &part, (const unsigned char *)associated, (int)strlen(associated)) == 1 &&
          EVP_EncryptUpdate(context, out, &part, (const unsigned char *)text, (int)bytes) == 1 &&
          EVP_EncryptFinal_ex(context, out + part, &part) == 1 &&
          EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, out + bytes) == 1);
    EVP_CIPHER_CTX_free(context);
    return payment_base64(arena, out, bytes + 16);
}
