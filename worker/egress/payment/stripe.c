/* stripe.c - Stripe-Signature: t=<seconds>,v1=<hex>[,v1=…], HMAC-SHA256 over "<t>.<body>".
 * https://docs.stripe.com/webhooks#verify-manually
 *
 * Keys: {"secret", "secret_2"}: two may be valid while they are rolled. Schemes other than v1 are ignored;
 * a second t, or none, is refused. The order's number is client_reference_id of a checkout session, or
 * metadata.order_no of a payment intent; both name the intent, so that told by both it is one payment.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "worker/egress/payment/provider.h"

enum { SIGNATURES_MAX = 20, MAC_BYTES = crypto_auth_hmacsha256_BYTES };

struct header {
    const char *seconds; /* as signed */
    unsigned char macs[SIGNATURES_MAX][MAC_BYTES];
    int count;
};

/* One "name=value". A signature that is no 64 hex digits cannot be right and is passed over. */
static bool element_read(char *element, struct header *h)
{
    char *value = strchr(element, '=');
    size_t bytes;

    if (!value)
        return true;
    *value++ = '\0';
    if (strcmp(element, "t") == 0) {
        if (h->seconds)
            return false;
        h->seconds = value;
    } else if (strcmp(element, "v1") == 0) {
        if (h->count == SIGNATURES_MAX)
            return false;
        if (strlen(value) == 2 * MAC_BYTES &&
            sodium_hex2bin(h->macs[h->count], MAC_BYTES, value, 2 * MAC_BYTES, NULL, &bytes, NULL) == 0 &&
            bytes == MAC_BYTES)
            h->count++;
    }
    return true;
}

static bool header_read(const char *text, struct arena *arena, struct header *h)
{
    char *copy = arena_text(arena, text), *rest = NULL;

    memset(h, 0, sizeof *h);
    for (char *element = strtok_r(copy, ",", &rest); element; element = strtok_r(NULL, ",", &rest))
        if (!element_read(element + strspn(element, " "), h))
            return false;
    return h->seconds && h->count;
}

static bool signed_with(const struct header *h, const struct pay_notice *n, const char *secret)
{
    crypto_auth_hmacsha256_state state;
    unsigned char mac[MAC_BYTES];
    int matches = 0;

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret, strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)h->seconds, strlen(h->seconds));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)".", 1);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)n->body, n->bytes);
    crypto_auth_hmacsha256_final(&state, mac);
    for (int i = 0; i < h->count; i++) /* all of them, whichever fits: time tells nothing */
        matches |= sodium_memcmp(mac, h->macs[i], MAC_BYTES) == 0;
    sodium_memzero(mac, sizeof mac);
    return matches;
}

static bool signature_holds(const struct pay_notice *n, const json_t *keys, struct arena *arena, struct gov_err *err)
{
    const char *text = pay_header(n, "stripe-signature"), *secret = pay_key(keys, "secret", err);
    const char *second = json_get_text(keys, "secret_2");
    struct header h;
    int64_t seconds;

    if (!secret)
        return false;
    if (!text || !header_read(text, arena, &h) || !text_parse_i64(h.seconds, 0, INT64_MAX / 1000000, &seconds))
        return pay_refuse(err, "the header is absent or malformed");
    if (!signed_with(&h, n, secret) && !(second && signed_with(&h, n, second)))
        return pay_refuse(err, "no signature matches");
    return pay_timely(n, seconds, err);
}

/* Stripe counts in the currency's minor unit, but for two of no decimals that it counts in hundredths.
 * https://docs.stripe.com/currencies#special-cases */
static bool amount_of(const json_t *object, const char *name, struct pay_event *e, struct arena *arena,
                      struct gov_err *err)
{
    const char *currency = json_get_text(object, "currency");

    e->amount_minor = json_get_int(object, name, 0);
    if (!currency || strlen(currency) != 3)
        return true; /* pay_event_whole says so */
    char *upper = arena_text(arena, currency);
    for (char *c = upper; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    e->currency = upper;
    if (strcmp(upper, "ISK") != 0 && strcmp(upper, "UGX") != 0)
        return true;
    if (e->amount_minor % 100 != 0)
        return gov_fail(err, GOV_INVALID_INPUT, "an amount of %s with a fraction", "%s 金额不应有小数", upper);
    e->amount_minor /= 100;
    return true;
}

static bool session_read(const json_t *o, struct pay_event *e, struct arena *arena, struct gov_err *err)
{
    const char *status = json_get_text(o, "payment_status");

    e->order_no = json_get_text(o, "client_reference_id");
    e->txn = json_get_text(o, "payment_intent");
    if (strcmp(e->type, "checkout.session.expired") == 0)
        e->kind = PAY_EXPIRED;
    else if (strcmp(e->type, "checkout.session.async_payment_failed") == 0)
        e->kind = PAY_FAILED;
    else if (status && strcmp(status, "paid") == 0)
        e->kind = PAY_SETTLED; /* completed, or async_payment_succeeded; unpaid ones are told again */
    return amount_of(o, "amount_total", e, arena, err);
}

static bool intent_read(const json_t *o, struct pay_event *e, struct arena *arena, struct gov_err *err)
{
    e->order_no = json_get_text(json_object_get(o, "metadata"), "order_no");
    e->txn = json_get_text(o, "id");
    if (!e->order_no)
        e->kind = PAY_OTHER; /* of a checkout: its session tells */
    else if (strcmp(e->type, "payment_intent.succeeded") == 0)
        e->kind = PAY_SETTLED;
    else if (strcmp(e->type, "payment_intent.payment_failed") == 0)
        e->kind = PAY_FAILED;
    else if (strcmp(e->type, "payment_intent.canceled") == 0)
        e->kind = PAY_EXPIRED;
    return amount_of(o, e->kind == PAY_SETTLED ? "amount_received" : "amount", e, arena, err);
}

static bool refund_read(const json_t *o, struct pay_event *e, struct arena *arena, struct gov_err *err)
{
    const char *status = json_get_text(o, "status");

    e->refund = json_get_text(o, "id");
    e->txn = json_get_text(o, "payment_intent");
    e->order_no = json_get_text(json_object_get(o, "metadata"), "order_no");
    if (status && strcmp(status, "succeeded") == 0)
        e->kind = PAY_REFUNDED;
    return amount_of(o, "amount", e, arena, err);
}

/* A dispute is told again at each of its steps; its status says which. An inquiry that is closed took nothing. One of a charge
 * without an intent is of no payment that we know.
 * https://docs.stripe.com/api/disputes/object */
static bool dispute_read(const json_t *o, struct pay_event *e, struct arena *arena, struct gov_err *err)
{
    const char *status = json_get_text(o, "status");

    e->refund = json_get_text(o, "id");
    e->txn = json_get_text(o, "payment_intent");
    if (e->txn && status)
        e->kind = strcmp(status, "won") == 0 || strcmp(status, "warning_closed") == 0 ? PAY_DISPUTE_WON :
                  strcmp(status, "lost") == 0                                          ? PAY_DISPUTE_LOST :
                                                                                         PAY_DISPUTED;
    return amount_of(o, "amount", e, arena, err);
}

static bool verify(const struct pay_notice *n, const json_t *keys, struct arena *arena, struct pay_event *e,
                   struct gov_err *err)
{
    const json_t *json, *o;

    if (!signature_holds(n, keys, arena, err) || !(json = pay_json(n, arena, err)))
        return false;
    o = json_object_get(json_object_get(json, "data"), "object");
    *e = (struct pay_event){ .kind = PAY_OTHER, .event_id = json_get_text(json, "id"),
                             .type = json_get_text(json, "type"), .merchant = json_get_text(json, "account"),
                             .occurred_us = json_get_int(json, "created", n->now_us / 1000000) * 1000000 };
    if (!e->type)
        return pay_event_whole(e, err);
    bool good = text_starts(e->type, "checkout.session.") ? session_read(o, e, arena, err) :
                text_starts(e->type, "payment_intent.")   ? intent_read(o, e, arena, err) :
                text_starts(e->type, "refund.")           ? refund_read(o, e, arena, err) :
                text_starts(e->type, "charge.dispute.")   ? dispute_read(o, e, arena, err) :
                                                            true;
    return good && pay_event_whole(e, err);
}

const struct pay_provider pay_stripe = { "stripe", verify, "application/json", "{\"received\":true}" };
