#include "core/io/crypto/public_key.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <string.h>

enum { KEY_TEXT_BYTES_MAX = 8192 };

/* A certificate stands for the key in it: whom it belongs to was decided when it was stored. */
static EVP_PKEY *key_read(const char *text)
{
    unsigned char der[KEY_TEXT_BYTES_MAX];
    size_t bytes, length = strlen(text);
    const unsigned char *at = der;
    EVP_PKEY *key;
    X509 *certificate;

    while (length && text[length - 1] == '=')
        length--;
    if (sodium_base642bin(der, sizeof der, text, length, NULL, &bytes, NULL,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0)
        return NULL;
    key = d2i_PUBKEY(NULL, &at, (long)bytes);
    if (key)
        return key;
    at = der;
    certificate = d2i_X509(NULL, &at, (long)bytes);
    key = certificate ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    return key;
}

bool public_key_rsa_sha256_holds(const char *text, const void *data, size_t bytes, const unsigned char *signature,
                                 size_t signature_bytes, bool *usable)
{
    EVP_PKEY *key = key_read(text);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool holds;

    *usable = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= PUBLIC_KEY_RSA_BITS_MIN;
    holds = *usable && context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
            EVP_DigestVerify(context, signature, signature_bytes, data, bytes) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error(); /* what failed is answered, not queued */
    return holds;
}

static bool open_into(EVP_CIPHER_CTX *context, const unsigned char *key, const unsigned char *nonce,
                      const char *associated, size_t associated_bytes, const unsigned char *sealed, size_t bytes,
                      unsigned char *out)
{
    unsigned char tag[AES_GCM_TAG_BYTES];
    int part;

    memcpy(tag, sealed + bytes, sizeof tag);
    return EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
           EVP_DecryptUpdate(context, NULL, &part, (const unsigned char *)associated, (int)associated_bytes) == 1 &&
           EVP_DecryptUpdate(context, out, &part, sealed, (int)bytes) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, sizeof tag, tag) == 1 &&
           EVP_DecryptFinal_ex(context, out + part, &part) == 1;
}

char *aes_256_gcm_open(const unsigned char key[AES_256_KEY_BYTES], const unsigned char nonce[AES_GCM_NONCE_BYTES],
                       const char *associated, size_t associated_bytes, const unsigned char *sealed,
                       size_t sealed_bytes, struct arena *arena, size_t *opened_bytes)
{
    EVP_CIPHER_CTX *context;
    unsigned char *out;
    bool good;

    if (sealed_bytes < AES_GCM_TAG_BYTES || sealed_bytes > INT_MAX || associated_bytes > INT_MAX)
        return NULL;
    *opened_bytes = sealed_bytes - AES_GCM_TAG_BYTES;
    out = arena_alloc(arena, *opened_bytes + 1);
    context = EVP_CIPHER_CTX_new();
    good = context && open_into(context, key, nonce, associated, associated_bytes, sealed, *opened_bytes, out);
    EVP_CIPHER_CTX_free(context);
    ERR_clear_error();
    out[*opened_bytes] = '\0';
    return good ? (char *)out : NULL;
}
