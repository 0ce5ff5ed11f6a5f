/* What each provider's signature covers: the right one holds, and nothing that was touched does. */
#include "worker/egress/payment/provider.h"

#include <sodium.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "tests/lib/payment_keys.h"
#include "tests/lib/test.h"

/* Thu Nov 26 2026 12:00:00 UTC */
enum { NOW_S = 1795694400 };

struct fixture {
    struct arena arena;
    struct gov_err err;
    struct pay_event event;
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

static const json_t *json(struct fixture *f, const char *text)
{
    json_error_t where;

    return json_own(&f->arena, json_loads(text, JSON_DECODE_ANY, &where));
}

/* `headers` and `keys` are JSON; the moment is `now_s`. */
static bool holds(struct fixture *f, const struct pay_provider *provider, const char *headers, const char *body,
                  const char *keys, int64_t now_s)
{
    const struct pay_notice notice = { json(f, headers), body, strlen(body), now_s * 1000000 };

    memset(&f->err, 0, sizeof f->err);
    return provider->verify(&notice, json(f, keys), &f->arena, &f->event, &f->err);
}

static const char *hmac_hex(struct fixture *f, const char *secret, const char *text)
{
    crypto_auth_hmacsha256_state state;
    unsigned char mac[32];
    char *hex = arena_alloc(&f->arena, 65);

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret, strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, strlen(text));
    crypto_auth_hmacsha256_final(&state, mac);
    return sodium_bin2hex(hex, 65, mac, sizeof mac);
}

/* --- Stripe --- */

static const char session_paid[] =
    "{\"id\":\"evt_1\",\"type\":\"checkout.session.completed\",\"created\":1795694390,\"data\":{\"object\":{"
    "\"payment_status\":\"paid\",\"payment_intent\":\"pi_1\",\"client_reference_id\":\"20261126-000001\","
    "\"amount_total\":29900,\"currency\":\"cny\"}}}";

static const char *stripe_header(struct fixture *f, const char *secret, const char *body, int64_t t)
{
    const char *mac = hmac_hex(f, secret, arena_format(&f->arena, "%lld.%s", (long long)t, body));

    return arena_format(&f->arena, "{\"stripe-signature\": \"t=%lld,v0=old,v1=%s\"}", (long long)t, mac);
}

/* As many as come, so that a header costs no more than that many comparisons. */
static const char *many(struct fixture *f, int wrong, const char *one, const char *between, const char *last)
{
    const char *all = "";

    for (int i = 0; i < wrong; i++)
        all = arena_format(&f->arena, "%s%s%s", all, one, between);
    return arena_format(&f->arena, "%s%s", all, last);
}

static void at_most_twenty_signatures_are_looked_at(void **state)
{
    struct fixture *f = *state;
    const char *wrong = hmac_hex(f, "other", "x"), *keys = "{\"secret\":\"s\"}";
    const char *mac = hmac_hex(f, "s", arena_format(&f->arena, "%d.%s", NOW_S, session_paid));

    for (int i = 19; i <= 20; i++) {
        const char *all = many(f, i, arena_format(&f->arena, "v1=%s", wrong), ",", arena_format(&f->arena, "v1=%s", mac));

        assert_int_equal(i == 19, holds(f, &pay_stripe, arena_format(&f->arena, "{\"stripe-signature\": \"t=%d,%s\"}", NOW_S, all),
                                        session_paid, keys, NOW_S));
    }
}

static void a_checkout_of_stripe_is_read(void **state)
{
    struct fixture *f = *state;

    assert_true(holds(f, &pay_stripe, stripe_header(f, "whsec_a", session_paid, NOW_S), session_paid, "{\"secret\":\"whsec_a\"}",
                      NOW_S));
    assert_int_equal(f->event.kind, PAY_SETTLED);
    assert_string_equal(f->event.event_id, "evt_1");
    assert_string_equal(f->event.txn, "pi_1");
    assert_string_equal(f->event.order_no, "20261126-000001");
    assert_string_equal(f->event.currency, "CNY");
    assert_int_equal(f->event.amount_minor, 29900);
    /* While the secret is rolled either signs. */
    assert_true(holds(f, &pay_stripe, stripe_header(f, "whsec_a", session_paid, NOW_S), session_paid,
                      "{\"secret\":\"whsec_b\",\"secret_2\":\"whsec_a\"}", NOW_S));
    assert_true(holds(f, &pay_stripe, stripe_header(f, "whsec_a", session_paid, NOW_S), session_paid, "\"whsec_a\"", NOW_S));
}

static void stripe_is_refused_when_anything_was_touched_or_the_moment_is_another(void **state)
{
    struct fixture *f = *state;
    const char *good = stripe_header(f, "s", session_paid, NOW_S), *keys = "{\"secret\":\"s\"}";
    char other[sizeof session_paid];

    assert_true(holds(f, &pay_stripe, good, session_paid, keys, NOW_S + 300));
    assert_true(holds(f, &pay_stripe, good, session_paid, keys, NOW_S - 300));
    assert_false(holds(f, &pay_stripe, good, session_paid, keys, NOW_S + 301));
    assert_int_equal(f->err.code, GOV_UNAUTHENTICATED);
    assert_false(holds(f, &pay_stripe, good, session_paid, keys, NOW_S - 301));
    for (size_t i = 0; i < sizeof session_paid - 1; i++) { /* any bit of any byte */
        memcpy(other, session_paid, sizeof other);
        other[i] ^= 1;
        if (other[i] && strlen(other) == sizeof other - 1)
            assert_false(holds(f, &pay_stripe, good, other, keys, NOW_S));
    }
    const char *const bad[] = {
        "{}", "{\"stripe-signature\": \"\"}", "{\"stripe-signature\": \"t=1795694400\"}",
        "{\"stripe-signature\": \"v1=00\"}", "{\"stripe-signature\": \"t=1795694400,v1=zz\"}",
        "{\"stripe-signature\": \"t=x,v1=0000000000000000000000000000000000000000000000000000000000000000\"}", NULL };
    for (const char *const *header = bad; *header; header++)
        assert_false(holds(f, &pay_stripe, *header, session_paid, keys, NOW_S));
    /* Two moments: which was signed? */
    const char *mac = hmac_hex(f, "s", arena_format(&f->arena, "%d.%s", NOW_S, session_paid));
    assert_false(holds(f, &pay_stripe, arena_format(&f->arena, "{\"stripe-signature\": \"t=%d,t=%d,v1=%s\"}", NOW_S, NOW_S, mac),
                       session_paid, keys, NOW_S));
    assert_false(holds(f, &pay_stripe, good, session_paid, "{}", NOW_S));
    assert_int_equal(f->err.code, GOV_CREDENTIAL_UNAVAILABLE);
}

static const char *stripe_event(struct fixture *f, const char *type, const char *object)
{
    const char *body = arena_format(&f->arena, "{\"id\":\"evt_2\",\"type\":\"%s\",\"data\":{\"object\":%s}}", type, object);

    return holds(f, &pay_stripe, stripe_header(f, "s", body, NOW_S), body, "\"s\"", NOW_S) ? pay_kind_name(f->event.kind) : "";
}

static void other_events_of_stripe_mean_what_they_say(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(stripe_event(f, "payment_intent.succeeded", "{\"id\":\"pi_2\",\"amount_received\":500,\"currency\":\"jpy\","
                                     "\"metadata\":{\"order_no\":\"N\"}}"), "settled");
    assert_int_equal(f->event.amount_minor, 500);
    assert_string_equal(stripe_event(f, "payment_intent.succeeded", "{\"id\":\"pi_2\",\"amount_received\":5,\"currency\":\"cny\"}"),
                        "other");
    assert_string_equal(stripe_event(f, "checkout.session.completed", "{\"payment_status\":\"unpaid\",\"payment_intent\":\"pi\"}"),
                        "other");
    assert_string_equal(stripe_event(f, "checkout.session.expired", "{}"), "expired");
    assert_string_equal(stripe_event(f, "payment_intent.payment_failed", "{\"id\":\"pi\",\"metadata\":{\"order_no\":\"N\"}}"), "failed");
    assert_string_equal(stripe_event(f, "refund.updated", "{\"id\":\"re_1\",\"status\":\"succeeded\",\"payment_intent\":\"pi_1\","
                                     "\"amount\":100,\"currency\":\"cny\"}"), "refunded");
    assert_string_equal(f->event.refund, "re_1");
    assert_string_equal(stripe_event(f, "invoice.created", "{}"), "other");
    /* Counted in hundredths there, without decimals here. */
    assert_string_equal(stripe_event(f, "payment_intent.succeeded", "{\"id\":\"pi\",\"amount_received\":1200,\"currency\":\"isk\","
                                     "\"metadata\":{\"order_no\":\"N\"}}"), "settled");
    assert_int_equal(f->event.amount_minor, 12);
    assert_string_equal(stripe_event(f, "payment_intent.succeeded", "{\"id\":\"pi\",\"amount_received\":0,\"currency\":\"cny\","
                                     "\"metadata\":{\"order_no\":\"N\"}}"), "");
    assert_int_equal(f->err.code, GOV_INVALID_INPUT);
}

static void a_dispute_of_stripe_is_what_its_status_says(void **state)
{
    static const struct { const char *status, *kind; } cases[] = {
        { "needs_response", "disputed" },      { "under_review", "disputed" }, { "warning_needs_response", "disputed" },
        { "won", "dispute_won" },              { "lost", "dispute_lost" },     { "warning_closed", "dispute_won" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *object = arena_format(&f->arena, "{\"id\":\"dp_1\",\"status\":\"%s\",\"payment_intent\":\"pi_1\",\"amount\":29900,"
                                                     "\"currency\":\"cny\"}", cases[i].status);
        assert_string_equal(stripe_event(f, "charge.dispute.updated", object), cases[i].kind);
        assert_string_equal(f->event.refund, "dp_1");
        assert_string_equal(f->event.txn, "pi_1");
        assert_int_equal(f->event.amount_minor, 29900);
    }
    assert_string_equal(stripe_event(f, "charge.dispute.created", "{\"id\":\"dp\",\"status\":\"lost\",\"amount\":1,\"currency\":\"cny\"}"),
                        "other");
    assert_string_equal(stripe_event(f, "charge.dispute.created", "{\"status\":\"lost\",\"payment_intent\":\"pi\",\"amount\":1,"
                                     "\"currency\":\"cny\"}"), "");
}

static void currencies_that_stripe_counts_in_hundredths_have_no_fraction(void **state)
{
    struct fixture *f = *state;
    static const char form[] = "{\"id\":\"pi\",\"amount_received\":%d,\"currency\":\"%s\",\"metadata\":{\"order_no\":\"N\"}}";
    static const char refund[] = "{\"id\":\"re\",\"status\":\"succeeded\",\"payment_intent\":\"pi\",\"amount\":%d,\"currency\":\"%s\"}";

    for (const char *const *currency = (const char *const[]){ "isk", "ugx", "ISK", NULL }; *currency; currency++) {
        assert_string_equal(stripe_event(f, "payment_intent.succeeded", arena_format(&f->arena, form, 150000, *currency)), "settled");
        assert_int_equal(f->event.amount_minor, 1500);
        assert_string_equal(stripe_event(f, "payment_intent.succeeded", arena_format(&f->arena, form, 150050, *currency)), "");
        assert_int_equal(f->err.code, GOV_INVALID_INPUT);
        assert_string_equal(stripe_event(f, "refund.updated", arena_format(&f->arena, refund, 5000, *currency)), "refunded");
        assert_int_equal(f->event.amount_minor, 50);
    }
    /* The others as they are: no decimals, two, three. */
    for (const char *const *currency = (const char *const[]){ "jpy", "usd", "kwd", NULL }; *currency; currency++) {
        assert_string_equal(stripe_event(f, "payment_intent.succeeded", arena_format(&f->arena, form, 150050, *currency)), "settled");
        assert_int_equal(f->event.amount_minor, 150050);
    }
}

/* --- Standard Webhooks --- */

static void the_vector_of_standard_webhooks_is_signed(void **state)
{
    struct fixture *f = *state;
    const char *headers = "{\"webhook-id\":\"msg_p5jXN8AQM9LWM0D4loKWxJek\",\"webhook-timestamp\":\"1614265330\","
                          "\"webhook-signature\":\"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\"}";
    const char *keys = "{\"secret\":\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"}";

    /* The vector's body is no payment: it is refused for what it lacks, after its signature held. */
    assert_false(holds(f, &pay_standard, headers, "{\"test\": 2432232314}", keys, 1614265330));
    assert_int_equal(f->err.code, GOV_INVALID_INPUT);
    assert_false(holds(f, &pay_standard, headers, "{\"test\": 2432232315}", keys, 1614265330));
    assert_int_equal(f->err.code, GOV_UNAUTHENTICATED);
    assert_false(holds(f, &pay_standard, headers, "{\"test\": 2432232314}", keys, 1614265330 + 301));
    assert_int_equal(f->err.code, GOV_UNAUTHENTICATED);
}

static const char settled[] = "{\"type\":\"payment.settled\",\"timestamp\":\"2026-11-26T11:59:00Z\",\"data\":{\"txn\":\"T1\","
                              "\"order_no\":\"N1\",\"amount_minor\":100,\"currency\":\"CNY\",\"merchant\":\"m\"}}";

static void ed25519_signs_as_well_and_unknown_versions_are_passed_over(void **state)
{
    struct fixture *f = *state;
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES], secret_key[crypto_sign_SECRETKEYBYTES], signature[crypto_sign_BYTES];
    const char *text = arena_format(&f->arena, "msg_1.%d.%s", NOW_S, settled);

    crypto_sign_keypair(public_key, secret_key);
    crypto_sign_detached(signature, NULL, (const unsigned char *)text, strlen(text), secret_key);
    const char *headers = arena_format(&f->arena, "{\"webhook-id\":\"msg_1\",\"webhook-timestamp\":\"%d\",\"webhook-signature\":"
                                       "\"v9,abc v1,AAAA v1a,%s\"}", NOW_S, payment_base64(&f->arena, signature, sizeof signature));
    const char *keys = arena_format(&f->arena, "{\"public_key\":\"whpk_%s\"}", payment_base64(&f->arena, public_key, sizeof public_key));
    assert_true(holds(f, &pay_standard, headers, settled, keys, NOW_S));
    assert_string_equal(f->event.txn, "T1");
    assert_string_equal(f->event.event_id, "msg_1");
    assert_int_equal(f->event.kind, PAY_SETTLED);
    assert_false(holds(f, &pay_standard, headers, "{}", keys, NOW_S));
    assert_false(holds(f, &pay_standard, "{\"webhook-id\":\"a.b\",\"webhook-timestamp\":\"1\",\"webhook-signature\":\"v1,AA\"}", settled,
                       "{\"secret\":\"AA\"}", 1));
    assert_int_equal(f->err.code, GOV_UNAUTHENTICATED);
}

static void the_twenty_first_signature_of_standard_webhooks_is_not_looked_at(void **state)
{
    struct fixture *f = *state;
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES], secret_key[crypto_sign_SECRETKEYBYTES], signature[crypto_sign_BYTES];
    const char *text = arena_format(&f->arena, "msg_1.%d.%s", NOW_S, settled);

    crypto_sign_keypair(public_key, secret_key);
    crypto_sign_detached(signature, NULL, (const unsigned char *)text, strlen(text), secret_key);
    const char *good = arena_format(&f->arena, "v1a,%s", payment_base64(&f->arena, signature, sizeof signature));
    const char *keys = arena_format(&f->arena, "{\"public_key\":\"whpk_%s\"}", payment_base64(&f->arena, public_key, sizeof public_key));

    for (int i = 19; i <= 20; i++)
        assert_int_equal(i == 19, holds(f, &pay_standard, arena_format(&f->arena, "{\"webhook-id\":\"msg_1\",\"webhook-timestamp\":\"%d\","
                         "\"webhook-signature\":\"%s\"}", NOW_S, many(f, i, "v1,AAAA", " ", good)), settled, keys, NOW_S));
}

/* --- WeChat Pay --- */

#define APIV3 "0123456789abcdef0123456789abcdef"

struct wechat {
    const struct payment_keys *keys;
    const char *resource; /* plain */
    const char *type;
    int64_t at_s;
};

static const char *wechat_body(struct fixture *f, const struct wechat *w)
{
    const char *sealed = payment_seal(&f->arena, APIV3, "unique nonce", "transaction", w->resource);

    return arena_format(&f->arena, "{\"id\":\"EV-1\",\"event_type\":\"%s\",\"resource\":{\"algorithm\":\"AEAD_AES_256_GCM\","
                        "\"ciphertext\":\"%s\",\"nonce\":\"unique nonce\",\"associated_data\":\"transaction\"}}", w->type, sealed);
}

static bool wechat_holds(struct fixture *f, const struct wechat *w, const char *body, int64_t now_s)
{
    const char *text = arena_format(&f->arena, "%lld\nn0nce\n%s\n", (long long)w->at_s, wechat_body(f, w));
    const char *headers = arena_format(&f->arena, "{\"wechatpay-serial\":\"SERIAL1\",\"wechatpay-nonce\":\"n0nce\","
                                       "\"wechatpay-timestamp\":\"%lld\",\"wechatpay-signature\":\"%s\"}", (long long)w->at_s,
                                       payment_sign(w->keys, &f->arena, text, strlen(text)));

    return holds(f, &pay_wechatpay, headers, body, arena_format(&f->arena, "{\"apiv3_key\":\"" APIV3 "\",\"SERIAL1\":\"%s\"}",
                                                                w->keys->public_key), now_s);
}

static void wechat_pay_is_verified_opened_and_read(void **state)
{
    struct fixture *f = *state;
    const struct payment_keys keys = payment_keys_new(&f->arena, 2048), others = payment_keys_new(&f->arena, 2048);
    struct wechat w = { &keys, "{\"mchid\":\"1900\",\"appid\":\"wx1\",\"out_trade_no\":\"20261126-000001\",\"transaction_id\":\"42\","
                        "\"trade_state\":\"SUCCESS\",\"success_time\":\"2026-11-26T19:59:00+08:00\",\"amount\":{\"total\":29900,"
                        "\"payer_total\":29900,\"currency\":\"CNY\"}}", "TRANSACTION.SUCCESS", NOW_S };
    const char *body = wechat_body(f, &w);

    assert_true(wechat_holds(f, &w, body, NOW_S));
    assert_int_equal(f->event.kind, PAY_SETTLED);
    assert_string_equal(f->event.merchant, "1900");
    assert_string_equal(f->event.app, "wx1");
    assert_string_equal(f->event.txn, "42");
    assert_int_equal(f->event.amount_minor, 29900);
    assert_int_equal(f->event.occurred_us, (NOW_S - 60) * 1000000LL);
    assert_false(wechat_holds(f, &w, body, NOW_S + 301));
    assert_false(wechat_holds(f, &w, body, NOW_S - 301));
    assert_false(wechat_holds(f, &w, arena_format(&f->arena, "%s ", body), NOW_S));
    assert_int_equal(f->err.code, GOV_UNAUTHENTICATED);
    const char *mine = wechat_body(f, &w);
    w.keys = &others; /* signed by somebody else, under the same serial */
    const char *text = arena_format(&f->arena, "%d\nn0nce\n%s\n", NOW_S, mine);
    const char *headers = arena_format(&f->arena, "{\"wechatpay-serial\":\"SERIAL1\",\"wechatpay-nonce\":\"n0nce\","
                                       "\"wechatpay-timestamp\":\"%d\",\"wechatpay-signature\":\"%s\"}", NOW_S,
                                       payment_sign(&others, &f->arena, text, strlen(text)));
    assert_false(holds(f, &pay_wechatpay, headers, mine, arena_format(&f->arena, "{\"apiv3_key\":\"" APIV3 "\",\"SERIAL1\":\"%s\"}",
                                                                      keys.public_key), NOW_S));
    assert_int_equal(f->err.code, GOV_UNAUTHENTICATED);
    /* A key that does not open what is in it. */
    assert_false(holds(f, &pay_wechatpay, headers, mine, arena_format(
        &f->arena, "{\"apiv3_key\":\"ffffffffffffffffffffffffffffffff\",\"SERIAL1\":\"%s\"}", others.public_key), NOW_S));
    /* The serial chooses the key, never the other part of the credential. */
    assert_false(holds(f, &pay_wechatpay, "{\"wechatpay-serial\":\"apiv3_key\",\"wechatpay-nonce\":\"n\",\"wechatpay-timestamp\":"
                       "\"1795694400\",\"wechatpay-signature\":\"AAAA\"}", mine, "{\"apiv3_key\":\"" APIV3 "\"}", NOW_S));
    assert_int_equal(f->err.code, GOV_UNAUTHENTICATED);
}

static void a_refund_of_wechat_pay_has_the_number_we_gave_it(void **state)
{
    struct fixture *f = *state;
    const struct payment_keys keys = payment_keys_new(&f->arena, 2048);
    struct wechat w = { &keys, "{\"mchid\":\"1900\",\"transaction_id\":\"42\",\"out_trade_no\":\"N\",\"refund_id\":\"50\","
                        "\"out_refund_no\":\"back-1\",\"refund_status\":\"SUCCESS\",\"amount\":{\"total\":29900,\"refund\":100}}",
                        "REFUND.SUCCESS", NOW_S };

    assert_true(wechat_holds(f, &w, wechat_body(f, &w), NOW_S));
    assert_int_equal(f->event.kind, PAY_REFUNDED);
    assert_string_equal(f->event.refund, "back-1");
    assert_int_equal(f->event.amount_minor, 100);
    assert_string_equal(f->event.currency, "CNY");
}

/* --- Alipay --- */

static const char *escaped(struct fixture *f, const char *text)
{
    struct buf out = { 0 };

    for (; *text; text++)
        buf_addf(&out, strchr("+/=&: %", *text) || (unsigned char)*text > 127 ? "%%%02X" : "%c", (unsigned char)*text);
    const char *kept = arena_text(&f->arena, buf_text(&out));
    buf_release(&out);
    return kept;
}

static const char *alipay_body(struct fixture *f, const struct payment_keys *keys, const char *amount, const char *status,
                               const char *more)
{
    const char *text = arena_format(&f->arena, "app_id=2021&%snotify_id=nid1&notify_time=2026-11-26 20:00:00&out_trade_no="
                                    "20261126-000001&seller_id=2088&subject=团队 版&total_amount=%s&trade_no=ALI1&trade_status=%s",
                                    more, amount, status);

    return arena_format(&f->arena, "total_amount=%s&%snotify_id=nid1&notify_time=%s&out_trade_no=20261126-000001&seller_id=2088&"
                        "subject=%s&trade_no=ALI1&trade_status=%s&app_id=2021&sign_type=RSA2&sign=%s", amount, more,
                        "2026-11-26+20%3A00%3A00", escaped(f, "团队 版"), status,
                        escaped(f, payment_sign(keys, &f->arena, text, strlen(text))));
}

static bool alipay_holds(struct fixture *f, const struct payment_keys *keys, const char *body, int64_t now_s)
{
    return holds(f, &pay_alipay, "{}", body, arena_format(&f->arena, "\"%s\"", keys->public_key), now_s);
}

static void alipay_is_verified_and_its_decimals_are_exact(void **state)
{
    struct fixture *f = *state;
    const struct payment_keys keys = payment_keys_new(&f->arena, 2048);
    const char *body = alipay_body(f, &keys, "299.00", "TRADE_SUCCESS", "");

    assert_true(alipay_holds(f, &keys, body, NOW_S));
    assert_int_equal(f->event.kind, PAY_SETTLED);
    assert_int_equal(f->event.amount_minor, 29900);
    assert_string_equal(f->event.merchant, "2088");
    assert_string_equal(f->event.app, "2021");
    assert_string_equal(f->event.event_id, "nid1");
    assert_true(alipay_holds(f, &keys, body, NOW_S + 25 * 3600)); /* it is told again for a day */
    assert_false(alipay_holds(f, &keys, body, NOW_S + 27 * 3600));
    assert_false(alipay_holds(f, &keys, body, NOW_S - 301));
    char *other = arena_text(&f->arena, body);
    memcpy(strstr(other, "299.00"), "199.00", 6);
    assert_false(alipay_holds(f, &keys, other, NOW_S));
    assert_int_equal(f->err.code, GOV_UNAUTHENTICATED);
    assert_false(alipay_holds(f, &keys, arena_format(&f->arena, "%s&total_amount=1.00", body), NOW_S));
    assert_false(alipay_holds(f, &keys, "a=%", NOW_S));
    assert_false(alipay_holds(f, &keys, alipay_body(f, &keys, "299.001", "TRADE_SUCCESS", ""), NOW_S));
    assert_int_equal(f->err.code, GOV_INVALID_INPUT);
    assert_true(alipay_holds(f, &keys, alipay_body(f, &keys, "299.00", "WAIT_BUYER_PAY", ""), NOW_S));
    assert_int_equal(f->event.kind, PAY_OTHER);
    assert_true(alipay_holds(f, &keys, alipay_body(f, &keys, "299.00", "TRADE_CLOSED", ""), NOW_S));
    assert_int_equal(f->event.kind, PAY_EXPIRED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(at_most_twenty_signatures_are_looked_at, setup, teardown),
        cmocka_unit_test_setup_teardown(the_twenty_first_signature_of_standard_webhooks_is_not_looked_at, setup, teardown),
        cmocka_unit_test_setup_teardown(a_checkout_of_stripe_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(stripe_is_refused_when_anything_was_touched_or_the_moment_is_another, setup, teardown),
        cmocka_unit_test_setup_teardown(other_events_of_stripe_mean_what_they_say, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dispute_of_stripe_is_what_its_status_says, setup, teardown),
        cmocka_unit_test_setup_teardown(currencies_that_stripe_counts_in_hundredths_have_no_fraction, setup, teardown),
        cmocka_unit_test_setup_teardown(the_vector_of_standard_webhooks_is_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(ed25519_signs_as_well_and_unknown_versions_are_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(wechat_pay_is_verified_opened_and_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refund_of_wechat_pay_has_the_number_we_gave_it, setup, teardown),
        cmocka_unit_test_setup_teardown(alipay_is_verified_and_its_decimals_are_exact, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
