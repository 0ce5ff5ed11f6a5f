/* AES-256-GCM against test case 16 of McGrew and Viega; RSA against keys made here. */
#include "core/io/crypto/base64.h"
#include "core/io/crypto/public_key.h"

#include <sodium.h>
#include <string.h>

#include "tests/lib/payment_keys.h"
#include "tests/lib/test.h"

static size_t hex(const char *text, unsigned char *out)
{
    size_t bytes;

    assert_int_equal(sodium_hex2bin(out, 256, text, strlen(text), NULL, &bytes, NULL), 0);
    return bytes;
}

static void aes_256_gcm_opens_what_the_standard_sealed_and_nothing_else(void **state)
{
    unsigned char key[256], nonce[256], sealed[256], plain[256], associated[256];
    struct arena arena;
    size_t bytes, opened;

    (void)state;
    arena_init(&arena);
    hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", key);
    hex("cafebabefacedbaddecaf888", nonce);
    size_t with = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2", associated);
    bytes = hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
                "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b", sealed);
    size_t clear = hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
                       "b16aedf5aa0de657ba637b39", plain);
    char *text = aes_256_gcm_open(key, nonce, (char *)associated, with, sealed, bytes, &arena, &opened);
    assert_non_null(text);
    assert_int_equal(opened, clear);
    assert_memory_equal(text, plain, clear);
    sealed[bytes - 1] ^= 1;
    assert_null(aes_256_gcm_open(key, nonce, (char *)associated, with, sealed, bytes, &arena, &opened));
    sealed[bytes - 1] ^= 1;
    associated[0] ^= 1;
    assert_null(aes_256_gcm_open(key, nonce, (char *)associated, with, sealed, bytes, &arena, &opened));
    assert_null(aes_256_gcm_open(key, nonce, "", 0, sealed, 15, &arena, &opened));
    arena_release(&arena);
}

static void a_signature_holds_for_its_text_and_its_key_alone(void **state)
{
    struct arena arena;
    unsigned char *signature;
    size_t bytes;
    bool usable;

    (void)state;
    arena_init(&arena);
    const struct payment_keys keys = payment_keys_new(&arena, 2048), others = payment_keys_new(&arena, 2048);
    const struct payment_keys weak = payment_keys_new(&arena, 1024);
    signature = base64_open(payment_sign(&keys, &arena, "what was signed", 15), &arena, &bytes);
    assert_true(public_key_rsa_sha256_holds(keys.public_key, "what was signed", 15, signature, bytes, &usable));
    assert_true(usable);
    assert_false(public_key_rsa_sha256_holds(keys.public_key, "what was sighed", 15, signature, bytes, &usable));
    assert_false(public_key_rsa_sha256_holds(keys.public_key, "what was signed", 15, signature, bytes - 1, &usable));
    assert_false(public_key_rsa_sha256_holds(others.public_key, "what was signed", 15, signature, bytes, &usable));
    assert_true(usable);
    for (const char *const *key = (const char *const[]){ "", "no base64 !", "AAAA", weak.public_key, NULL }; *key; key++) {
        assert_false(public_key_rsa_sha256_holds(*key, "what was signed", 15, signature, bytes, &usable));
        assert_false(usable);
    }
    arena_release(&arena);
}

static void base64_comes_with_and_without_padding_and_not_broken(void **state)
{
    struct arena arena;
    size_t bytes;

    (void)state;
    arena_init(&arena);
    assert_memory_equal(base64_open("Zm9vYg==", &arena, &bytes), "foob", 4);
    assert_int_equal(bytes, 4);
    assert_memory_equal(base64_open("Zm9vYg", &arena, &bytes), "foob", 4);
    assert_null(base64_open("Zm9v Yg", &arena, &bytes));
    assert_null(base64_open("Zm9vY", &arena, &bytes));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aes_256_gcm_opens_what_the_standard_sealed_and_nothing_else),
        cmocka_unit_test(a_signature_holds_for_its_text_and_its_key_alone),
        cmocka_unit_test(base64_comes_with_and_without_padding_and_not_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
