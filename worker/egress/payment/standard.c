/* standard.c - Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature, over "<id>.<ts>.<body>".
 * https://www.standardwebhooks.com
 *
 * Keys: {"secret": "whsec_<base64>"} (v1, HMAC-SHA256) or {"public_key": "whpk_<base64>"} (v1a, Ed25519), and
 * "secret_2" while a secret is rolled. The body is this platform's own form (docs/finance.md):
 *
 *     {"type": "payment.settled", "timestamp": …, "data": {"txn", "order_no", "amount_minor", "currency",
 *      "merchant"?, "refund"? (the dispute's name for disputed, dispute_won, dispute_lost)}}
 */
#include <sodium.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/io/crypto/base64.h"
#include "worker/egress/payment/provider.h"

enum { MAC_BYTES = crypto_auth_hmacsha256_BYTES, SIGNATURES_MAX = 20 };

struct signed_text {
    const char *id, *seconds;
    const struct pay_notice *notice;
};

static bool mac_fits(const struct signed_text *s, const char *secret, const unsigned char *mac, struct arena *arena)
{
    crypto_auth_hmacsha256_state state;
    unsigned char made[MAC_BYTES];
    size_t bytes;
    const unsigned char *key = base64_open(text_starts(secret, "whsec_") ? secret + 6 : secret, arena, &bytes);

    if (!key || !bytes)
        return false;
    crypto_auth_hmacsha256_init(&state, key, bytes);
    for (const char *const *part = (const char *const[]){ s->id, ".", s->seconds, ".", NULL }; *part; part++)
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)*part, strlen(*part));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)s->notice->body, s->notice->bytes);
    crypto_auth_hmacsha256_final(&state, made);
    return sodium_memcmp(made, mac, MAC_BYTES) == 0;
}

static bool signature_fits(const struct signed_text *s, const char *public_key, const unsigned char *signature,
                           struct arena *arena)
{
    size_t bytes, head = strlen(s->id) + strlen(s->seconds) + 2;
    const unsigned char *key = base64_open(text_starts(public_key, "whpk_") ? public_key + 5 : public_key, arena, &bytes);
    unsigned char *text = arena_alloc(arena, head + s->notice->bytes + 1);

    if (!key || bytes != crypto_sign_PUBLICKEYBYTES)
        return false;
    memcpy(text, arena_format(arena, "%s.%s.", s->id, s->seconds), head);
    memcpy(text + head, s->notice->body, s->notice->bytes);
    return crypto_sign_verify_detached(signature, text, head + s->notice->bytes, key) == 0;
}

/* "v1,<base64>" or "v1a,<base64>" against the keys there are. */
static bool one_fits(const struct signed_text *s, const char *one, const json_t *keys, struct arena *arena)
{
    const char *secret = json_is_string(keys) ? json_string_value(keys) : json_get_text(keys, "secret");
    const char *second = json_get_text(keys, "secret_2"), *public_key = json_get_text(keys, "public_key");
    bool symmetric = text_starts(one, "v1,");
    const unsigned char *given;
    size_t bytes;

    if (!symmetric && !text_starts(one, "v1a,"))
        return false; /* a version to come */
    given = base64_open(one + (symmetric ? 3 : 4), arena, &bytes);
    if (!given || bytes != (symmetric ? (size_t)MAC_BYTES : crypto_sign_BYTES))
        return false;
    if (symmetric)
        return (secret && mac_fits(s, secret, given, arena)) || (second && mac_fits(s, second, given, arena));
    return public_key && signature_fits(s, public_key, given, arena);
}

static bool signature_holds(const struct signed_text *s, const json_t *keys, struct arena *arena, struct gov_err *err)
{
    const char *list = pay_header(s->notice, "webhook-signature");
    int64_t seconds;
    bool holds = false;
    int seen = 0;

    if (!json_get_text(keys, "public_key") && !pay_key(keys, "secret", err))
        return false;
    if (!list || !s->id || !*s->id || strlen(s->id) > PAY_ID_BYTES_MAX || strchr(s->id, '.') || !s->seconds ||
        !text_parse_i64(s->seconds, 0, INT64_MAX / 1000000, &seconds))
        return pay_refuse(err, "a header is absent or malformed");
    char *copy = arena_text(arena, list), *rest = NULL;
    for (char *one = strtok_r(copy, " ", &rest); one && seen++ < SIGNATURES_MAX; one = strtok_r(NULL, " ", &rest))
        holds |= one_fits(s, one, keys, arena);
    return holds ? pay_timely(s->notice, seconds, err) : pay_refuse(err, "no signature matches");
}

static enum pay_kind kind_of(const char *type)
{
    static const struct { const char *type; enum pay_kind kind; } kinds[] = {
        { "payment.settled", PAY_SETTLED }, { "payment.failed", PAY_FAILED }, { "payment.expired", PAY_EXPIRED },
        { "payment.refunded", PAY_REFUNDED }, { "payment.disputed", PAY_DISPUTED }, { "payment.dispute_won", PAY_DISPUTE_WON },
        { "payment.dispute_lost", PAY_DISPUTE_LOST },
    };

    for (size_t i = 0; type && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(type, kinds[i].type) == 0)
            return kinds[i].kind;
    return PAY_OTHER;
}

static bool verify(const struct pay_notice *n, const json_t *keys, struct arena *arena, struct pay_event *e,
                   struct gov_err *err)
{
    const struct signed_text s = { pay_header(n, "webhook-id"), pay_header(n, "webhook-timestamp"), n };
    const json_t *json, *data;
    int64_t at;

    if (!signature_holds(&s, keys, arena, err) || !(json = pay_json(n, arena, err)))
        return false;
    data = json_object_get(json, "data");
    const char *when = json_get_text(json, "timestamp");
    *e = (struct pay_event){ .kind = kind_of(json_get_text(json, "type")),
                             .event_id = arena_text(arena, s.id),
                             .type = json_get_text(json, "type"),
                             .txn = json_get_text(data, "txn"),
                             .refund = json_get_text(data, "refund"),
                             .order_no = json_get_text(data, "order_no"),
                             .merchant = json_get_text(data, "merchant"),
                             .amount_minor = json_get_int(data, "amount_minor", 0),
                             .currency = json_get_text(data, "currency"),
                             .occurred_us = when && clock_parse(when, &at) ? at : n->now_us };
    return pay_event_whole(e, err);
}

const struct pay_provider pay_standard = { "standard", verify, "application/json", "{\"received\":true}" };
