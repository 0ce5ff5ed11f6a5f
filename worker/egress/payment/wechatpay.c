/* wechatpay.c - WeChat Pay APIv3: RSA-SHA256 over "<timestamp>\n<nonce>\n<body>\n", the resource in
 * AES-256-GCM under the merchant's APIv3 key.
 * https://pay.weixin.qq.com/doc/v3/merchant/4013053249 (signature), /4012071382 (decryption)
 *
 * Keys: {"apiv3_key": 32 characters, "<serial>": base64 DER of WeChat Pay's certificate or public key}. The
 * header Wechatpay-Serial chooses the key, so that an old and a new certificate may be valid side by side.
 */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/io/crypto/base64.h"
#include "core/io/crypto/public_key.h"
#include "worker/egress/payment/provider.h"

static bool signature_holds(const struct pay_notice *n, const json_t *keys, struct arena *arena, struct gov_err *err)
{
    const char *serial = pay_header(n, "wechatpay-serial"), *signature = pay_header(n, "wechatpay-signature");
    const char *nonce = pay_header(n, "wechatpay-nonce"), *stamp = pay_header(n, "wechatpay-timestamp");
    const char *key = serial && strcmp(serial, "apiv3_key") != 0 ? json_get_text(keys, serial) : NULL;
    const unsigned char *given;
    struct buf text = { 0 };
    size_t bytes;
    int64_t seconds;
    bool usable, holds;

    if (!signature || !nonce || !stamp || !text_parse_i64(stamp, 0, INT64_MAX / 1000000, &seconds))
        return pay_refuse(err, "a header is absent or malformed");
    if (!key)
        return pay_refuse(err, "the credential has no key of that serial");
    given = base64_open(signature, arena, &bytes);
    if (!given)
        return pay_refuse(err, "the signature is no base64");
    buf_addf(&text, "%s\n%s\n", stamp, nonce);
    buf_add(&text, n->body, n->bytes);
    buf_add_char(&text, '\n');
    holds = public_key_rsa_sha256_holds(key, text.data, text.length, given, bytes, &usable);
    buf_release(&text);
    if (!usable)
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "the key of serial %s is no RSA key of 2048 bits",
                        "序列号 %s 对应的不是 2048 位 RSA 公钥", serial);
    return holds ? pay_timely(n, seconds, err) : pay_refuse(err, "the signature does not match");
}

/* What is sealed in the notice. */
static json_t *resource_open(const json_t *resource, const json_t *keys, struct arena *arena, struct gov_err *err)
{
    const char *key = pay_key(json_is_object(keys) ? keys : NULL, "apiv3_key", err);
    const char *algorithm = json_get_text(resource, "algorithm"), *nonce = json_get_text(resource, "nonce");
    const char *associated = json_get_text(resource, "associated_data"), *text = json_get_text(resource, "ciphertext");
    size_t bytes, opened;
    unsigned char *sealed;
    char *plain = NULL;

    if (!key)
        return NULL;
    if (strlen(key) != AES_256_KEY_BYTES)
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "apiv3_key must have 32 bytes", "apiv3_key 须为 32 字节"), NULL;
    if (algorithm && strcmp(algorithm, "AEAD_AES_256_GCM") == 0 && nonce && strlen(nonce) == AES_GCM_NONCE_BYTES && text &&
        (sealed = base64_open(text, arena, &bytes)))
        plain = aes_256_gcm_open((const unsigned char *)key, (const unsigned char *)nonce, associated ? associated : "",
                                 associated ? strlen(associated) : 0, sealed, bytes, arena, &opened);
    if (!plain)
        return pay_refuse(err, "the resource does not open"), NULL;
    json_t *json = json_parse(arena, plain, opened, err);
    return json_is_object(json) ? json : NULL;
}

static enum pay_kind kind_of(const char *type, const json_t *r)
{
    const char *state = json_get_text(r, "trade_state"), *refund = json_get_text(r, "refund_status");

    if (strcmp(type, "TRANSACTION.SUCCESS") == 0 && state && strcmp(state, "SUCCESS") == 0)
        return PAY_SETTLED;
    if (strcmp(type, "REFUND.SUCCESS") == 0 && refund && strcmp(refund, "SUCCESS") == 0)
        return PAY_REFUNDED;
    return PAY_OTHER;
}

static bool verify(const struct pay_notice *n, const json_t *keys, struct arena *arena, struct pay_event *e,
                   struct gov_err *err)
{
    const json_t *json, *r, *amount;

    if (!signature_holds(n, keys, arena, err) || !(json = pay_json(n, arena, err)) ||
        !(r = resource_open(json_object_get(json, "resource"), keys, arena, err)))
        return false;
    amount = json_object_get(r, "amount");
    *e = (struct pay_event){ .kind = PAY_OTHER, .event_id = json_get_text(json, "id"),
                             .type = json_get_text(json, "event_type"), .txn = json_get_text(r, "transaction_id"),
                             .order_no = json_get_text(r, "out_trade_no"), .merchant = json_get_text(r, "mchid"),
                             .app = json_get_text(r, "appid"), .occurred_us = n->now_us };
    if (!e->type)
        return pay_event_whole(e, err);
    e->kind = kind_of(e->type, r);
    bool refunded = e->kind == PAY_REFUNDED;
    const char *at = json_get_text(r, "success_time"), *currency = json_get_text(amount, "currency");
    /* A refund's id of ours, so that one we asked for is known again. A refund's notice names no currency. */
    e->refund = json_get_text(r, "out_refund_no");
    e->amount_minor = json_get_int(amount, refunded ? "refund" : "total", 0);
    e->currency = currency ? currency : "CNY";
    if (at && !clock_parse(at, &e->occurred_us))
        e->occurred_us = n->now_us;
    return pay_event_whole(e, err);
}

const struct pay_provider pay_wechatpay = { "wechatpay", verify, "application/json",
                                            "{\"code\":\"SUCCESS\",\"message\":\"OK\"}" };
