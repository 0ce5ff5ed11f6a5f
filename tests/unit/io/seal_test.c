#include "core/io/crypto/seal.h"

#include <string.h>

#include "core/io/crypto/crypto.h"
#include "tests/lib/test.h"

static const char context[] = "execgov/credential/-/0190c2f0-6d0a-7c11-8c8e-2f1f6a1e9c01/1";
static const char secret[] = "\"the partner's token\"";

struct fixture {
    struct arena arena;
    struct gov_err err;
    struct seal_ring *ring;
    struct sealed sealed;
};

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    assert_true(crypto_init(&f.err));
    arena_init(&f.arena);
    f.ring = seal_ring_new(seal_key_new(&f.arena), &f.err);
    assert_non_null(f.ring);
    assert_true(seal_make(seal_ring_target(f.ring, 0), context, secret, strlen(secret), &f.arena,
                          &f.sealed, &f.err));
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    seal_ring_free(f->ring);
    arena_release(&f->arena);
    return 0;
}

static bool opens(struct fixture *f, const struct seal_ring *ring, const struct sealed *sealed,
                  const char *associated)
{
    char *value;
    size_t bytes;

    if (!seal_open(ring, sealed, associated, &f->arena, &value, &bytes, &f->err)) {
        assert_int_equal(f->err.code, GOV_CREDENTIAL_UNAVAILABLE);
        return false;
    }
    assert_int_equal(bytes, strlen(secret));
    assert_string_equal(value, secret);
    return true;
}

static void what_was_sealed_opens_with_its_key_and_use(void **state)
{
    struct fixture *f = *state;

    assert_true(opens(f, f->ring, &f->sealed, context));
}

static void a_row_moved_to_another_tenant_credential_or_version_does_not_open(void **state)
{
    struct fixture *f = *state;

    assert_false(opens(f, f->ring, &f->sealed,
                       "execgov/credential/-/0190c2f0-6d0a-7c11-8c8e-2f1f6a1e9c01/2"));
    assert_false(opens(f, f->ring, &f->sealed,
                       "execgov/credential/-/0190c2f0-6d0a-7c11-8c8e-2f1f6a1e9c02/1"));
    assert_false(opens(f, f->ring, &f->sealed,
                       "execgov/credential/0190c2f0-6d0a-7c11-8c8e-2f1f6a1e9c01/"
                       "0190c2f0-6d0a-7c11-8c8e-2f1f6a1e9c01/1"));
}

static void no_text_of_the_row_holds_the_value(void **state)
{
    struct fixture *f = *state;
    struct sealed again;

    assert_null(strstr(f->sealed.value, "74686520706172746e6572")); /* "the partner" in hex */
    assert_true(seal_make(seal_ring_target(f->ring, 0), context, secret, strlen(secret), &f->arena,
                          &again, &f->err));
    assert_string_not_equal(again.value, f->sealed.value);
    assert_string_not_equal(again.wrapped_key, f->sealed.wrapped_key);
}

static const char *with_a_digit_changed(struct fixture *f, const char *literal, size_t at)
{
    char *copy = arena_text(&f->arena, literal);

    copy[at] = copy[at] == '0' ? '1' : '0';
    return copy;
}

static void a_changed_bit_anywhere_does_not_open(void **state)
{
    struct fixture *f = *state;
    const char **parts[] = { &f->sealed.wrapped_key, &f->sealed.nonce, &f->sealed.value };

    for (size_t i = 0; i < 3; i++) {
        const char *good = *parts[i];
        for (size_t at = 2; at < strlen(good); at += 7) {
            *parts[i] = with_a_digit_changed(f, good, at);
            assert_false(opens(f, f->ring, &f->sealed, context));
        }
        *parts[i] = arena_copy(&f->arena, good, strlen(good) - 2);
        assert_false(opens(f, f->ring, &f->sealed, context));
        *parts[i] = "not a literal";
        assert_false(opens(f, f->ring, &f->sealed, context));
        *parts[i] = good;
    }
    assert_true(opens(f, f->ring, &f->sealed, context));
}

static void another_key_does_not_open_and_says_which_is_wanted(void **state)
{
    struct fixture *f = *state;
    struct seal_ring *other = seal_ring_new(seal_key_new(&f->arena), &f->err);

    assert_false(opens(f, other, &f->sealed, context));
    assert_non_null(strstr(gov_err_detail(&f->err, GOV_EN), seal_ring_target(f->ring, 0)->id));
    assert_false(opens(f, NULL, &f->sealed, context));
    seal_ring_free(other);
}

static void a_rewrapped_value_opens_with_the_new_key_and_only_with_it(void **state)
{
    struct fixture *f = *state;
    struct seal_ring *next = seal_ring_new(seal_key_new(&f->arena), &f->err);
    struct sealed moved = f->sealed;

    moved.key_id = seal_ring_target(next, 0)->id;
    assert_true(seal_rewrap(f->ring, &f->sealed, seal_ring_target(next, 0), &f->arena,
                            &moved.wrapped_key, &f->err));
    assert_true(opens(f, next, &moved, context));
    assert_false(opens(f, f->ring, &moved, context));
    assert_true(opens(f, f->ring, &f->sealed, context)); /* until the row is written */
    seal_ring_free(next);
}

static void a_key_file_takes_comments_and_names_the_line_that_is_no_key(void **state)
{
    struct fixture *f = *state;
    const char *one = seal_key_new(&f->arena), *two = seal_key_new(&f->arena);
    struct seal_ring *ring =
        seal_ring_new(arena_format(&f->arena, "# ours\n\n%s%s", one, two), &f->err);

    assert_non_null(ring);
    assert_int_equal(seal_ring_count(ring), 2);
    seal_ring_free(ring);
    const char *bad = arena_format(&f->arena, "%sexecgov-key-1 abcd\n", one);
    assert_null(seal_ring_new(bad, &f->err));
    assert_int_equal(f->err.code, GOV_CONFIGURATION);
    assert_non_null(strstr(gov_err_detail(&f->err, GOV_EN), "line 2"));
    assert_null(strstr(gov_err_detail(&f->err, GOV_EN), "abcd"));
}

static void a_public_key_must_have_the_name_it_is_stored_under(void **state)
{
    struct fixture *f = *state;
    const struct seal_target *mine = seal_ring_target(f->ring, 0);
    struct seal_target read;

    const char *literal = seal_target_literal(mine, &f->arena);
    assert_true(seal_target_read(mine->id, literal, &read));
    assert_memory_equal(read.key, mine->key, sizeof read.key);
    assert_false(seal_target_read("0123456789abcdef", literal, &read));
    assert_false(seal_target_read(mine->id, "\\x00", &read));
    assert_false(seal_target_read(mine->id, NULL, &read));
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(what_was_sealed_opens_with_its_key_and_use),
        EACH(a_row_moved_to_another_tenant_credential_or_version_does_not_open),
        EACH(no_text_of_the_row_holds_the_value),
        EACH(a_changed_bit_anywhere_does_not_open),
        EACH(another_key_does_not_open_and_says_which_is_wanted),
        EACH(a_rewrapped_value_opens_with_the_new_key_and_only_with_it),
        EACH(a_key_file_takes_comments_and_names_the_line_that_is_no_key),
        EACH(a_public_key_must_have_the_name_it_is_stored_under),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
