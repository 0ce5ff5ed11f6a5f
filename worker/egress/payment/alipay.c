/* alipay.c - Alipay's asynchronous notice: a form whose sign is RSA2 (SHA256withRSA) over all other
 * parameters but sign_type, decoded, sorted by name, joined "name=value" with "&".
 * https://opendocs.alipay.com/open/270/105902
 *
 * Keys: the base64 of Alipay's public key (or {"public_key"}). A notice is repeated for 25 hours, and nothing
 * signed says when it was sent but notify_time, so that is how far back it may lie; what keeps a copy from
 * having an effect is the event's id, which is kept for ever.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/io/crypto/base64.h"
#include "core/io/crypto/public_key.h"
#include "core/model/money.h"
#include "worker/egress/payment/provider.h"

enum { PARAMETERS_MAX = 100, REPEATED_FOR_S = 26 * 3600, ZONE_S = 8 * 3600 };

struct parameter {
    char *name, *value;
};

struct form {
    struct parameter items[PARAMETERS_MAX];
    int count;
};

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In place; false: a percent sign that is not whole, or a NUL. */
static bool decode(char *text)
{
    char *to = text;

    for (const char *at = text; *at; at++) {
        if (*at != '%') {
            *to++ = *at == '+' ? ' ' : *at;
            continue;
        }
        int high = hex(at[1]), low = high < 0 ? -1 : hex(at[2]);
        if (low < 0 || (high == 0 && low == 0))
            return false;
        *to++ = (char)(high << 4 | low);
        at += 2;
    }
    *to = '\0';
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct parameter *)a)->name, ((const struct parameter *)b)->name);
}

static bool form_read(const struct pay_notice *n, struct arena *arena, struct form *f)
{
    char *copy = arena_text(arena, n->body), *rest = NULL;

    f->count = 0;
    if (strlen(n->body) != n->bytes)
        return false;
    for (char *pair = strtok_r(copy, "&", &rest); pair; pair = strtok_r(NULL, "&", &rest)) {
        char *value = strchr(pair, '=');

        if (!value || f->count == PARAMETERS_MAX)
            return false;
        *value++ = '\0';
        if (!decode(pair) || !decode(value))
            return false;
        f->items[f->count++] = (struct parameter){ pair, value };
    }
    qsort(f->items, (size_t)f->count, sizeof *f->items, by_name);
    for (int i = 1; i < f->count; i++)
        if (strcmp(f->items[i - 1].name, f->items[i].name) == 0)
            return false; /* which of the two was signed? */
    return true;
}

static const char *get(const struct form *f, const char *name)
{
    for (int i = 0; i < f->count; i++)
        if (strcmp(f->items[i].name, name) == 0)
            return f->items[i].value;
    return NULL;
}

static bool signature_holds(const struct form *f, const json_t *keys, struct arena *arena, struct gov_err *err)
{
    const char *key = pay_key(keys, "public_key", err), *sign = get(f, "sign"), *type = get(f, "sign_type");
    const unsigned char *given;
    struct buf text = { 0 };
    bool usable, holds;
    size_t bytes;

    if (!key)
        return false;
    if (!sign || !type || strcmp(type, "RSA2") != 0 || !(given = base64_open(sign, arena, &bytes)))
        return pay_refuse(err, "it has no RSA2 signature");
    for (int i = 0; i < f->count; i++)
        if (strcmp(f->items[i].name, "sign") != 0 && strcmp(f->items[i].name, "sign_type") != 0)
            buf_addf(&text, "%s%s=%s", text.length ? "&" : "", f->items[i].name, f->items[i].value);
    holds = public_key_rsa_sha256_holds(key, buf_text(&text), text.length, given, bytes, &usable);
    buf_release(&text);
    if (!usable)
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "public_key is no RSA key of 2048 bits",
                        "public_key 不是 2048 位 RSA 公钥");
    return holds || pay_refuse(err, "the signature does not match");
}

/* "2026-11-26 20:30:00", in Alipay's zone, which is eight hours ahead all year. */
static bool time_read(const char *text, struct arena *arena, int64_t *us)
{
    return text && strlen(text) == 19 &&
           clock_parse(arena_format(arena, "%.10sT%.8s+08:00", text, text + 11), us);
}

static bool timely(const struct pay_notice *n, const struct form *f, struct arena *arena, struct gov_err *err)
{
    int64_t us, now = n->now_us;

    if (!time_read(get(f, "notify_time"), arena, &us))
        return pay_refuse(err, "notify_time is absent or malformed");
    return (us >= now - REPEATED_FOR_S * 1000000LL && us <= now + PAY_TOLERANCE_S * 1000000LL) ||
           pay_refuse(err, us < now ? "its moment is long ago" : "its moment lies in the future");
}

static enum pay_kind kind_of(const struct form *f)
{
    const char *status = get(f, "trade_status");
    bool paid = status && (strcmp(status, "TRADE_SUCCESS") == 0 || strcmp(status, "TRADE_FINISHED") == 0);
    bool closed = status && strcmp(status, "TRADE_CLOSED") == 0;

    if ((paid || closed) && get(f, "gmt_refund"))
        return PAY_REFUNDED;
    return paid ? PAY_SETTLED : closed ? PAY_EXPIRED : PAY_OTHER;
}

static bool event_read(const struct pay_notice *n, const struct form *f, struct arena *arena, struct pay_event *e,
                       struct gov_err *err)
{
    const char *amount, *at;

    *e = (struct pay_event){ .kind = kind_of(f), .event_id = get(f, "notify_id"), .type = get(f, "trade_status"),
                             .txn = get(f, "trade_no"), .order_no = get(f, "out_trade_no"),
                             .merchant = get(f, "seller_id"), .app = get(f, "app_id"), .currency = "CNY",
                             .occurred_us = n->now_us };
    bool refunded = e->kind == PAY_REFUNDED;
    if (refunded) /* one made on Alipay's own pages has no number of ours */
        e->refund = get(f, "out_biz_no") ? get(f, "out_biz_no") : e->event_id;
    amount = get(f, refunded ? "refund_fee" : "total_amount");
    at = get(f, refunded ? "gmt_refund" : "gmt_payment");
    if (at && strlen(at) >= 19) /* a refund's has a fraction */
        time_read(arena_format(arena, "%.19s", at), arena, &e->occurred_us);
    if (amount && !money_parse(amount, "CNY", &e->amount_minor, err))
        return false;
    return pay_event_whole(e, err);
}

static bool verify(const struct pay_notice *n, const json_t *keys, struct arena *arena, struct pay_event *e,
                   struct gov_err *err)
{
    struct form *f = ARENA_NEW(arena, struct form);

    if (!form_read(n, arena, f))
        return pay_refuse(err, "the body is no form, or names a parameter twice");
    return signature_holds(f, keys, arena, err) && timely(n, f, arena, err) && event_read(n, f, arena, e, err);
}

const struct pay_provider pay_alipay = { "alipay", verify, "text/plain", "success" };
