/* seal.c - sealed boxes around data keys, XChaCha20-Poly1305 around values.
 *
 * A sealed box says nothing about who made it, and need not: only the platform's role may insert rows. A
 * data key that is pasted into another row opens nothing, because the value's associated data differs.
 */
#include "core/io/crypto/seal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"

#define LINE_START "execgov-key-1 "

enum {
    WRAPPED_BYTES = crypto_box_SEALBYTES + crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES
};

struct master {
    struct seal_target target;
    unsigned char secret[SEAL_KEY_BYTES];
};

struct seal_ring {
    size_t count;
    struct master keys[SEAL_RING_MAX];
};

/* --- text and bytes --- */

static const char *literal_of(const void *data, size_t bytes, struct arena *arena)
{
    char *text = arena_alloc(arena, 2 * bytes + 3);

    memcpy(text, "\\x", 2);
    sodium_bin2hex(text + 2, 2 * bytes + 1, data, bytes);
    return text;
}

/* NULL: not a bytea literal. */
static unsigned char *bytes_of(const char *literal, struct arena *arena, size_t *bytes)
{
    size_t length = literal ? strlen(literal) : 0;
    unsigned char *data = arena_alloc(arena, length / 2 + 1);

    if (length < 2 || memcmp(literal, "\\x", 2) != 0 ||
        sodium_hex2bin(data, length / 2, literal + 2, length - 2, NULL, bytes, NULL) != 0)
        return NULL;
    return data;
}

static void target_name(struct seal_target *target)
{
    unsigned char hash[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(hash, target->key, sizeof target->key);
    sodium_bin2hex(target->id, sizeof target->id, hash, (sizeof target->id - 1) / 2);
}

bool seal_target_read(const char *id, const char *literal, struct seal_target *target)
{
    struct arena arena;
    size_t bytes = 0;

    arena_init(&arena);
    const unsigned char *key = bytes_of(literal, &arena, &bytes);
    bool good = key && bytes == sizeof target->key;
    if (good) {
        memcpy(target->key, key, sizeof target->key);
        target_name(target);
        good = id && strcmp(target->id, id) == 0;
    }
    arena_release(&arena);
    return good;
}

const char *seal_target_literal(const struct seal_target *target, struct arena *arena)
{
    return literal_of(target->key, sizeof target->key, arena);
}

const char *seal_credential_context(const char *tenant, const char *id, const char *version,
                                    struct arena *arena)
{
    return arena_format(arena, "execgov/credential/%s/%s/%s", tenant ? tenant : "-", id, version);
}

/* --- sealing --- */

bool seal_make(const struct seal_target *target, const char *associated, const void *value,
               size_t bytes, struct arena *arena, struct sealed *sealed, struct gov_err *err)
{
    unsigned char key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES], nonce[NONCE_BYTES];
    unsigned char wrapped[WRAPPED_BYTES];
    unsigned long long length;

    if (bytes > SEAL_VALUE_BYTES_MAX)
        return gov_fail(err, GOV_BODY_TOO_LARGE, "a secret has at most %d bytes",
                        "密文最多 %d 字节", SEAL_VALUE_BYTES_MAX);
    unsigned char *out = arena_alloc(arena, bytes + TAG_BYTES);
    randombytes_buf(key, sizeof key);
    randombytes_buf(nonce, sizeof nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out, &length, value, bytes,
                                               (const unsigned char *)associated,
                                               strlen(associated), NULL, nonce, key);
    bool good = crypto_box_seal(wrapped, key, sizeof key, target->key) == 0;
    sodium_memzero(key, sizeof key);
    if (!good)
        return gov_fail_cause(err, GOV_CREDENTIAL_UNAVAILABLE, "key %s is no public key",
                              target->id);
    *sealed = (struct sealed){ .key_id = arena_text(arena, target->id),
                               .wrapped_key = literal_of(wrapped, sizeof wrapped, arena),
                               .nonce = literal_of(nonce, sizeof nonce, arena),
                               .value = literal_of(out, (size_t)length, arena) };
    return true;
}

/* --- the ring --- */

static bool line_read(struct seal_ring *ring, const char *line, size_t length)
{
    struct master *m = &ring->keys[ring->count];
    size_t start = strlen(LINE_START), bytes = 0;

    if (ring->count == SEAL_RING_MAX || length != start + 2 * SEAL_KEY_BYTES ||
        memcmp(line, LINE_START, start) != 0 ||
        sodium_hex2bin(m->secret, sizeof m->secret, line + start, length - start, NULL, &bytes,
                       NULL) != 0 ||
        bytes != sizeof m->secret || crypto_scalarmult_base(m->target.key, m->secret) != 0)
        return false;
    target_name(&m->target);
    ring->count++;
    return true;
}

struct seal_ring *seal_ring_new(const char *text, struct gov_err *err)
{
    struct seal_ring *ring = sodium_malloc(sizeof *ring);
    int number = 1;

    CHECK(ring);
    memset(ring, 0, sizeof *ring);
    for (const char *line = text; *line; number++) {
        size_t length = strcspn(line, "\n"), used = length;
        while (used && (line[used - 1] == '\r' || line[used - 1] == ' '))
            used--;
        if (used && *line != '#' && !line_read(ring, line, used)) {
            seal_ring_free(ring);
            gov_fail(err, GOV_CONFIGURATION, "line %d of the key file is no key", "密钥文件第 %d 行不是密钥",
                     number);
            return NULL;
        }
        line += length + (line[length] == '\n');
    }
    return ring;
}

void seal_ring_free(struct seal_ring *ring)
{
    sodium_free(ring); /* wipes it */
}

size_t seal_ring_count(const struct seal_ring *ring)
{
    return ring->count;
}

const struct seal_target *seal_ring_target(const struct seal_ring *ring, size_t index)
{
    return &ring->keys[index].target;
}

const char *seal_key_new(struct arena *arena)
{
    unsigned char secret[SEAL_KEY_BYTES];
    char hex[2 * SEAL_KEY_BYTES + 1];

    randombytes_buf(secret, sizeof secret);
    sodium_bin2hex(hex, sizeof hex, secret, sizeof secret);
    const char *line = arena_format(arena, LINE_START "%s\n", hex);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(hex, sizeof hex);
    return line;
}

/* --- opening --- */

static const struct master *master_find(const struct seal_ring *ring, const char *id)
{
    for (size_t i = 0; ring && id && i < ring->count; i++)
        if (strcmp(ring->keys[i].target.id, id) == 0)
            return &ring->keys[i];
    return NULL;
}

static bool data_key(const struct seal_ring *ring, const struct sealed *sealed, struct arena *arena,
                     unsigned char key[SEAL_KEY_BYTES], struct gov_err *err)
{
    const struct master *m = master_find(ring, sealed->key_id);
    size_t bytes = 0;

    if (!m)
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE,
                        "it is sealed to key %s, which execgov-egress does not have here",
                        "凭据由密钥 %s 封装，此处的 execgov-egress 没有该密钥",
                        sealed->key_id ? sealed->key_id : "?");
    const unsigned char *wrapped = bytes_of(sealed->wrapped_key, arena, &bytes);
    if (!wrapped || bytes != WRAPPED_BYTES ||
        crypto_box_seal_open(key, wrapped, bytes, m->target.key, m->secret) != 0)
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "its data key does not open with key %s",
                        "无法用密钥 %s 打开其数据密钥", sealed->key_id);
    return true;
}

bool seal_open(const struct seal_ring *ring, const struct sealed *sealed, const char *associated,
               struct arena *arena, char **value, size_t *bytes, struct gov_err *err)
{
    unsigned char key[SEAL_KEY_BYTES];
    size_t nonce_bytes = 0, sealed_bytes = 0;
    unsigned long long length = 0;

    if (!data_key(ring, sealed, arena, key, err))
        return false;
    const unsigned char *nonce = bytes_of(sealed->nonce, arena, &nonce_bytes);
    const unsigned char *in = bytes_of(sealed->value, arena, &sealed_bytes);
    bool good = nonce && nonce_bytes == NONCE_BYTES && in && sealed_bytes >= TAG_BYTES;
    if (good) {
        *value = arena_alloc(arena, sealed_bytes + 1);
        good = crypto_aead_xchacha20poly1305_ietf_decrypt(
                   (unsigned char *)*value, &length, NULL, in, sealed_bytes,
                   (const unsigned char *)associated, strlen(associated), nonce, key) == 0;
    }
    sodium_memzero(key, sizeof key);
    *bytes = (size_t)length;
    return good || gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "it is not what was sealed for this use",
                            "内容与封装时的用途不符");
}

void seal_wipe(void *value, size_t bytes)
{
    sodium_memzero(value, bytes);
}

bool seal_rewrap(const struct seal_ring *ring, const struct sealed *sealed,
                 const struct seal_target *target, struct arena *arena, const char **wrapped_key,
                 struct gov_err *err)
{
    unsigned char key[SEAL_KEY_BYTES], wrapped[WRAPPED_BYTES];

    if (!data_key(ring, sealed, arena, key, err))
        return false;
    bool good = crypto_box_seal(wrapped, key, sizeof key, target->key) == 0;
    sodium_memzero(key, sizeof key);
    if (good)
        *wrapped_key = literal_of(wrapped, sizeof wrapped, arena);
    return good ||
           gov_fail_cause(err, GOV_CREDENTIAL_UNAVAILABLE, "key %s is no public key", target->id);
}
