#include "core/io/crypto/crypto.h"

#include <string.h>

#include "tests/lib/op_probe.h"
#include "tests/lib/test.h"

enum { AT_ONCE = 6 };

static void tokens_are_long_different_and_of_their_kind(void **state)
{
    char a[CRYPTO_TOKEN_BYTES], b[CRYPTO_TOKEN_BYTES];

    (void)state;
    crypto_token_new("egs_", a);
    crypto_token_new("egs_", b);
    assert_int_equal(strlen(a), 4 + 43);
    assert_memory_equal(a, "egs_", 4);
    assert_string_not_equal(a, b);
    assert_int_equal(strspn(a + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                     43);
}

static void digests_are_those_of_the_standards(void **state)
{
    char hex[CRYPTO_HEX_BYTES];
    struct arena arena = { 0 };

    (void)state;
    crypto_sha256_hex("abc", 3, hex); /* FIPS 180-2, B.1 */
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(crypto_sha256_bytea(&arena, "abc"),
                        "\\xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    /* RFC 4231, test case 2: 5bdcc146…38433843 */
    assert_string_equal(crypto_hmac_base64(&arena, "Jefe", 4, "what do ya want for nothing?", 28),
                        "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
    arena_release(&arena);
}

struct check {
    const char *password, *expected;
    char hash[CRYPTO_PASSWORD_BYTES];
    bool valid;
};

static void hash_begin(struct op *op, void *arguments)
{
    struct check *c = arguments;
    crypto_password_hash(op, c->password, c->hash);
}

static void verify_begin(struct op *op, void *arguments)
{
    struct check *c = arguments;
    crypto_password_verify(op, c->password, c->expected, &c->valid);
}

static void run(struct loop *loop, void (*begin)(struct op *, void *), struct check *c)
{
    struct op_probe probe = { 0 };

    assert_true(op_probe_run(&probe, loop, begin, c));
    op_release(&probe.op);
}

static void a_password_fits_its_hash_and_no_other(void **state)
{
    struct loop loop;
    struct check c = { .password = "correct horse" }, d = { .password = "correct horse" };

    (void)state;
    loop_init(&loop);
    run(&loop, hash_begin, &c);
    run(&loop, hash_begin, &d);
    assert_memory_equal(c.hash, "$argon2id$", 10);
    assert_string_not_equal(c.hash, d.hash); /* salted */
    c.expected = c.hash;
    run(&loop, verify_begin, &c);
    assert_true(c.valid);
    c.password = "correct horsf";
    run(&loop, verify_begin, &c);
    assert_false(c.valid);
    c.password = "";
    c.valid = true;
    run(&loop, verify_begin, &c);
    assert_false(c.valid);
    assert_true(loop_release(&loop));
}

static void without_a_hash_nothing_is_valid(void **state)
{
    static const char *const hashes[] = { NULL, "", "no hash at all", "$argon2id$v=19$broken" };
    struct loop loop;

    (void)state;
    loop_init(&loop);
    for (int i = 0; i < 4; i++) {
        struct check c = { .password = "", .expected = hashes[i], .valid = true };
        run(&loop, verify_begin, &c);
        assert_false(c.valid);
    }
    assert_true(loop_release(&loop));
}

static void more_than_two_at_once_are_all_answered(void **state)
{
    struct loop loop;
    struct check c[AT_ONCE] = { 0 };
    struct op_probe probes[AT_ONCE] = { 0 };

    (void)state;
    loop_init(&loop);
    for (int i = 0; i < AT_ONCE; i++) {
        c[i].password = "p";
        op_probe_start(&probes[i], &loop, hash_begin, &c[i]);
    }
    for (int i = 0; i < AT_ONCE; i++) {
        assert_true(op_probe_await(&probes[i]));
        op_release(&probes[i].op);
        assert_memory_equal(c[i].hash, "$argon2id$", 10);
    }
    assert_true(loop_release(&loop));
}

static int setup(void **state)
{
    struct gov_err err;
    (void)state;
    return crypto_init(&err) && crypto_init(&err) ? 0 : -1; /* twice does no harm */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_long_different_and_of_their_kind),
        cmocka_unit_test(digests_are_those_of_the_standards),
        cmocka_unit_test(a_password_fits_its_hash_and_no_other),
        cmocka_unit_test(without_a_hash_nothing_is_valid),
        cmocka_unit_test(more_than_two_at_once_are_all_answered),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
