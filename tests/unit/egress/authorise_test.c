/* The styles of authentication, and that what they put in is taken out again. */
#include "worker/egress/daemon/call/authorise.h"

#include <sodium.h>
#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

struct fixture {
    struct arena arena;
    struct gov_err err;
    struct authorisation out;
};

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    arena_init(&f.arena);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    arena_release(&((struct fixture *)*state)->arena);
    return 0;
}

/* False: f->err. `value` is JSON. */
static bool add(struct fixture *f, enum resource_auth style, const char *value)
{
    const struct resource resource = { .auth = style, .auth_name = "X-Key" };
    const struct resource_call call = { .method = "POST", .url = "https://p.example/a?b=c", .body = "{}",
                                        .body_bytes = 2, .headers = json_own(&f->arena, json_object()) };
    json_error_t where;
    const json_t *json = json_own(&f->arena, json_loads(value, JSON_DECODE_ANY, &where));

    return authorise(&resource, &call, json, "access-token-of-theirs", &f->out, &f->arena, &f->err);
}

static const char *sent(struct fixture *f, const char *name)
{
    return json_get_text(f->out.headers, name);
}

static void each_style_puts_the_credential_where_it_belongs(void **state)
{
    struct fixture *f = *state;

    assert_true(add(f, AUTH_NONE, "null"));
    assert_int_equal(json_object_size(f->out.headers), 0);
    assert_true(add(f, AUTH_BEARER, "\"the-token\""));
    assert_string_equal(sent(f, "Authorization"), "Bearer the-token");
    /* RFC 7617, section 2 */
    assert_true(add(f, AUTH_BASIC, "{\"username\":\"Aladdin\",\"password\":\"open sesame\"}"));
    assert_string_equal(sent(f, "Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_true(add(f, AUTH_BASIC, "\"Aladdin:open sesame\""));
    assert_string_equal(sent(f, "Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_true(add(f, AUTH_HEADER, "\"the-key\""));
    assert_string_equal(sent(f, "X-Key"), "the-key");
    assert_true(add(f, AUTH_QUERY, "\"a&b=c\""));
    assert_string_equal(f->out.url, "https://p.example/a?b=c&X-Key=a%26b%3Dc");
    assert_true(add(f, AUTH_OAUTH2, "{\"client_id\":\"i\",\"client_secret\":\"s\"}"));
    assert_string_equal(sent(f, "Authorization"), "Bearer access-token-of-theirs");
}

static void hmac_signs_time_method_address_and_body(void **state)
{
    struct fixture *f = *state;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char hex[2 * sizeof mac + 1];
    crypto_auth_hmacsha256_state hmac;

    assert_true(add(f, AUTH_HMAC, "{\"key_id\":\"k1\",\"secret\":\"shared-secret\"}"));
    assert_string_equal(sent(f, "X-Key-Id"), "k1");
    const char *signature = sent(f, "X-Signature");
    assert_memory_equal(signature, "t=", 2);
    const char *time = arena_copy(&f->arena, signature + 2, strcspn(signature + 2, ","));
    const char *text = arena_format(&f->arena, "%s.POST.https://p.example/a?b=c.{}", time);
    crypto_auth_hmacsha256_init(&hmac, (const unsigned char *)"shared-secret", 13);
    crypto_auth_hmacsha256_update(&hmac, (const unsigned char *)text, strlen(text));
    crypto_auth_hmacsha256_final(&hmac, mac);
    sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    assert_string_equal(strstr(signature, "v1=") + 3, hex);
}

static void a_value_of_the_wrong_shape_is_refused_without_being_shown(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum resource_auth style;
        const char *value;
    } cases[] = { { AUTH_BEARER, "{\"a\":\"hidden\"}" }, { AUTH_BASIC, "\"hidden\"" },
                  { AUTH_BASIC, "{\"username\":\"hidden\"}" }, { AUTH_HEADER, "{\"a\":\"hidden\"}" },
                  { AUTH_QUERY, "{\"a\":\"hidden\"}" }, { AUTH_HMAC, "{\"a\":\"hidden\"}" } };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_false(add(f, cases[i].style, cases[i].value));
        assert_int_equal(f->err.code, GOV_CREDENTIAL_UNAVAILABLE);
        assert_null(strstr(f->err.en, "hidden"));
    }
}

static const char *masked(struct fixture *f, const char *text)
{
    size_t length;
    const char *out = secrets_mask(&f->out.secrets, text, strlen(text), &length, &f->arena);

    assert_int_equal(length, strlen(out));
    return out;
}

static void every_form_of_a_secret_is_masked(void **state)
{
    struct fixture *f = *state;

    assert_true(add(f, AUTH_BEARER, "\"s3cret/token+x\""));
    assert_string_equal(masked(f, "a s3cret/token+x b"), "a •••• b");
    assert_string_equal(masked(f, "czNjcmV0L3Rva2VuK3g="), "••••");
    assert_string_equal(masked(f, "czNjcmV0L3Rva2VuK3g"), "••••");
    assert_string_equal(masked(f, "?k=s3cret%2Ftoken%2Bx&"), "?k=••••&");
    assert_string_equal(masked(f, "s3cret/token+xs3cret/token+x"), "••••••••");
    assert_string_equal(masked(f, "s3cret/token"), "s3cret/token");
    assert_true(add(f, AUTH_BASIC, "\"Aladdin:open sesame\""));
    assert_string_equal(masked(f, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "Basic ••••");
    assert_string_equal(masked(f, "Aladdin says open sesame"), "Aladdin says ••••");
}

static void a_secret_is_masked_however_it_is_escaped(void **state)
{
    struct fixture *f = *state;
    static const char *const forms[] = {
        "s3\"c\\r/\xC3\xB6\xF0\x9F\x94\x91<k>",          /* as it is */
        "s3\\\"c\\\\r/\xC3\xB6\xF0\x9F\x94\x91<k>",      /* JSON */
        "s3\\\"c\\\\r\\/\\u00f6\\ud83d\\udd11<k>",       /* JSON, ASCII only, and a slash that needs none */
        "s3\\u0022c\\u005Cr/\\u00F6\\uD83D\\uDD11\\u003ck\\u003E",
        "\\u0073\\u0033\\\"c\\\\r/\xC3\xB6\xF0\x9F\x94\x91<k>",
        "s3%22c%5Cr%2F%C3%B6%F0%9F%94%91%3Ck%3E",        /* percent */
        "s3%22c%5cr/%c3%b6%f0%9f%94%91%3ck%3e",
        "%73%33%22c%5cr%2f%C3%b6%F0%9f%94%91%3ck%3e",
    };

    assert_true(add(f, AUTH_BEARER, "\"s3\\\"c\\\\r/\\u00f6\\ud83d\\udd11<k>\""));
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        assert_string_equal(masked(f, arena_format(&f->arena, "{\"k\":\"%s\"}", forms[i])), "{\"k\":\"••••\"}");
    /* What is cut, or only looks like one, is left alone and nothing is read behind the end. */
    static const char *const others[] = { "s3\\\"c\\", "s3\\\"c\\\\r/\\u00f", "s3\\\"c\\\\r/\\u00f6\\ud83d", "s3%2",
                                          "s3%22c%5Cr%2F%C3%B6%F0%9F%94%91%3Ck%3D", "\\", "%" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_string_equal(masked(f, others[i]), others[i]);
}

static void a_text_without_secrets_is_handed_on_as_it_is(void **state)
{
    struct fixture *f = *state;
    const char *text = "nothing here";
    size_t length;

    assert_true(add(f, AUTH_BEARER, "\"s3cret-token\""));
    assert_ptr_equal(secrets_mask(&f->out.secrets, text, strlen(text), &length, &f->arena), text);
    assert_int_equal(length, strlen(text));
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(each_style_puts_the_credential_where_it_belongs),
        EACH(hmac_signs_time_method_address_and_body),
        EACH(a_value_of_the_wrong_shape_is_refused_without_being_shown),
        EACH(every_form_of_a_secret_is_masked),
        EACH(a_secret_is_masked_however_it_is_escaped),
        EACH(a_text_without_secrets_is_handed_on_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
