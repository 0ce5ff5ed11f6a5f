/* crypto.c - argon2id costs 64 MB and 60 ms, so at most two run and the rest wait in line.
 *
 * A semaphore held by pool threads is the line: two of the four threads may wait in it.
 */
#include "core/io/crypto/crypto.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "core/io/op/op_work.h"

enum { PASSWORDS_AT_ONCE = 2 };

struct password_work {
    char *password;
    const char *expected; /* NULL: hash */
    char *hash;
    bool *valid;
};

/* Valid, so that verifying against it takes as long as against a real one; of random bytes. */
static char decoy[CRYPTO_PASSWORD_BYTES];
static uv_sem_t slots;

bool crypto_init(struct gov_err *err)
{
    char random[32];
    if (sodium_init() < 0)
        return gov_fail_cause(err, GOV_INTERNAL, "libsodium does not start");
    if (*decoy)
        return true;
    CHECK(uv_sem_init(&slots, PASSWORDS_AT_ONCE) == 0);
    randombytes_buf(random, sizeof random);
    if (crypto_pwhash_str(decoy, random, sizeof random, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE))
        return gov_fail_cause(err, GOV_INTERNAL, "no memory for argon2id");
    return true;
}

void crypto_token_new(const char *prefix, char token[CRYPTO_TOKEN_BYTES])
{
    unsigned char random[32];
    size_t length = strlen(prefix);
    CHECK(length <= 8);
    randombytes_buf(random, sizeof random);
    memcpy(token, prefix, length);
    sodium_bin2base64(token + length, CRYPTO_TOKEN_BYTES - length, random, sizeof random,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void crypto_sha256_hex(const void *data, size_t bytes, char hex[CRYPTO_HEX_BYTES])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, data, bytes);
    sodium_bin2hex(hex, CRYPTO_HEX_BYTES, digest, sizeof digest);
}

const char *crypto_sha256_bytea(struct arena *arena, const char *text)
{
    char hex[CRYPTO_HEX_BYTES];
    crypto_sha256_hex(text, strlen(text), hex);
    return arena_format(arena, "\\x%s", hex);
}

const char *crypto_hmac_base64(struct arena *arena, const void *key, size_t key_bytes,
                               const void *data, size_t bytes)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char text[64];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, key_bytes);
    crypto_auth_hmacsha256_update(&state, data, bytes);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_bin2base64(text, sizeof text, mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
    return arena_text(arena, text);
}

static bool work_run(void *context, struct gov_err *err)
{
    struct password_work *p = context;
    size_t length = strlen(p->password);
    bool good = true;

    uv_sem_wait(&slots);
    if (p->hash)
        good = crypto_pwhash_str(p->hash, p->password, length, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                 crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0;
    else
        *p->valid = crypto_pwhash_str_verify(p->expected, p->password, length) == 0 &&
                    p->expected != decoy;
    uv_sem_post(&slots);
    sodium_memzero(p->password, length);
    return good || gov_fail_cause(err, GOV_OVERLOADED, "argon2id: no memory");
}

static struct password_work *work_new(struct op *op, const char *password)
{
    struct password_work *p = ARENA_NEW(&op->arena, struct password_work);
    p->password = arena_text(&op->arena, password);
    return p;
}

void crypto_password_hash(struct op *op, const char *password, char hash[CRYPTO_PASSWORD_BYTES])
{
    struct password_work *p = work_new(op, password);
    p->hash = hash;
    op_work(op, work_run, p);
}

void crypto_password_verify(struct op *op, const char *password, const char *hash, bool *valid)
{
    struct password_work *p = work_new(op, password);
    p->expected = hash && *hash ? hash : decoy;
    p->valid = valid;
    op_work(op, work_run, p);
}
