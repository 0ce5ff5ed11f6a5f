/* Against what the program minisign wrote, with a key made for this. */
#include "core/io/crypto/minisign.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/io/crypto/package_signature.h"
#include "tests/lib/test.h"

#define DIGEST "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899"

static const char message[] = DIGEST "\n";
static const char public_key[] = "untrusted comment: minisign public key 54FA9F3A5BF3454F\n"
                                 "RWRPRfNbOp/6VJg+rXbjTV5dL1YKFqL5afB6xz87XFGsa9iR25eJdoip\n";
static const char hashed[] =
    "untrusted comment: signature from minisign secret key\n"
    "RURPRfNbOp/6VJauFK5xEXVhmKWg3qW0IpCnbbJFXw+vC6LehFjEFI2jP67UO8gKxlEOmvXrr9Q/9EtZPSVlfl6b0ZjG3DwDBAc=\n"
    "trusted comment: release 1.0 发布\n"
    "1I+06ne3RaVupwPZDunrqv3aq5fnu1MUcloMTgxCerOVR53CLWopEGwxIrPawpHHekcIvUNLIAi+yD2oXbunDQ==\n";
static const char plain[] =
    "untrusted comment: signature from minisign secret key\r\n"
    "RWRPRfNbOp/6VFxw/V4setxX4KuOKajxalHallJw/ailGtn7fWXhAuYlqjipWQwQA693Yty3HBxtagfG+QwZT16VBrGp2TauDwQ=\r\n"
    "trusted comment: old way\r\n"
    "IE2/Q39z5aluKM/O+7RmWkGodgrUMZZAzCLD9RsYgSWhv6q9uysoVFM6ujT/WOGGYzI7YPHDI1L7fPypiWK5CA==\r\n";

static bool good(const char *text, const char *words)
{
    struct minisign_signature s;
    struct minisign_key key;
    struct gov_err err = { 0 };

    assert_true(minisign_key_read(public_key, &key, &err));
    assert_string_equal(key.id, "54FA9F3A5BF3454F");
    return minisign_signature_read(text, &s, &err) && minisign_verify(&s, &key, words, strlen(words));
}

static void what_minisign_signed_is_good_in_both_of_its_ways(void **state)
{
    struct minisign_signature s;
    struct gov_err err = { 0 };
    (void)state;

    assert_true(good(hashed, message));
    assert_true(good(plain, message));
    assert_true(minisign_signature_read(hashed, &s, &err));
    assert_string_equal(s.comment, "release 1.0 发布");
    assert_true(s.hashed);
    assert_string_equal(s.id, "54FA9F3A5BF3454F");
}

static void any_change_makes_it_bad(void **state)
{
    char text[sizeof hashed];
    (void)state;

    assert_false(good(hashed, DIGEST));
    assert_false(good(hashed, "b" DIGEST "\n"));
    for (size_t i = strcspn(hashed, "\n") + 1; i < sizeof hashed - 2; i++) {
        memcpy(text, hashed, sizeof text);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        if (good(text, message))
            fail_msg("still good with another character at %zu", i);
    }
}

static void what_is_no_signature_is_refused_with_a_remedy(void **state)
{
    static const char *const wrong[] = {
        "", "x", "untrusted comment: a\n", "untrusted comment: a\nRWRP\ntrusted comment: b\nAAAA\n",
        "untrusted comment: a\n\n\n\n", "comment\nx\ny\nz\n",
    };
    struct minisign_signature s;
    struct minisign_key key;
    struct gov_err err = { 0 };
    (void)state;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(minisign_signature_read(wrong[i], &s, &err));
        assert_non_null(strstr(err.en, "minisign -S -m"));
    }
    assert_false(minisign_key_read("", &key, &err));
    assert_false(minisign_key_read(hashed, &key, &err));
    assert_non_null(strstr(err.en, "RW"));
    assert_true(minisign_key_read("RWRPRfNbOp/6VJg+rXbjTV5dL1YKFqL5afB6xz87XFGsa9iR25eJdoip", &key, &err));
}

static enum package_signed look(json_t *signing, const char *text, const char *digest,
                                struct arena *arena, struct package_signature *found)
{
    json_t *stored = json_own(arena, text ? json_pack("{s:s}", "text", text) : json_null());

    *found = package_signature_look(stored, json_own(arena, signing), digest, arena);
    return found->state;
}

static void the_tenants_keys_decide_who_signed(void **state)
{
    static const char *const other = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    struct package_signature found;
    struct arena arena;
    (void)state;

    arena_init(&arena);
    json_t *trusted = json_pack("{s:[{s:s,s:s},{s:s,s:s}]}", "keys", "name", "another", "key", other, "name",
                                "Release", "key", public_key);
    assert_int_equal(look(json_incref(trusted), hashed, DIGEST, &arena, &found), PACKAGE_SIGNED);
    assert_string_equal(found.name, "Release");
    assert_string_equal(found.comment, "release 1.0 发布");
    assert_int_equal(look(trusted, hashed, "00" DIGEST, &arena, &found), PACKAGE_SIGNATURE_WRONG);
    assert_string_equal(found.comment, ""); /* nothing of it is believed */
    assert_int_equal(look(NULL, hashed, DIGEST, &arena, &found), PACKAGE_KEY_UNKNOWN);
    assert_string_equal(found.key_id, "54FA9F3A5BF3454F");
    assert_int_equal(look(NULL, NULL, DIGEST, &arena, &found), PACKAGE_UNSIGNED);
    /* The same id with another key is not the key. */
    json_t *forged = json_pack("{s:[{s:s,s:s}]}", "keys", "name", "Release", "key",
                               "RWRPRfNbOp/6VJg+rXbjTV5dL1YKFqL5afB6xz87XFGsa9iR25eJdoiq");
    assert_int_equal(look(forged, hashed, DIGEST, &arena, &found), PACKAGE_SIGNATURE_WRONG);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_minisign_signed_is_good_in_both_of_its_ways),
        cmocka_unit_test(any_change_makes_it_bad),
        cmocka_unit_test(what_is_no_signature_is_refused_with_a_remedy),
        cmocka_unit_test(the_tenants_keys_decide_who_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
