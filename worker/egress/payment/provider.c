#include "worker/egress/payment/provider.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"

static const struct pay_provider *const providers[] = { &pay_stripe, &pay_standard, &pay_wechatpay, &pay_alipay };

const struct pay_provider *pay_provider_find(const char *kind)
{
    for (size_t i = 0; kind && i < sizeof providers / sizeof *providers; i++)
        if (strcmp(providers[i]->kind, kind) == 0)
            return providers[i];
    return NULL;
}

const char *pay_kind_name(enum pay_kind kind)
{
    static const char *const names[] = { "", "settled", "failed", "expired", "refunded", "disputed", "dispute_won",
                                         "dispute_lost", "other" };

    return names[kind];
}

json_t *pay_event_json(const struct pay_event *e)
{
    char at[CLOCK_TEXT_BYTES];

    return json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:I, s:s*, s:s}", "kind", pay_kind_name(e->kind),
                     "event", e->event_id, "type", e->type, "txn", e->txn, "refund", e->refund, "order_no", e->order_no,
                     "merchant", e->merchant, "app", e->app, "amount_minor", (json_int_t)e->amount_minor, "currency",
                     e->currency, "occurred_at", clock_format(e->occurred_us, at));
}

bool pay_refuse(struct gov_err *err, const char *cause)
{
    gov_fail(err, GOV_UNAUTHENTICATED,
             "this is not signed by the provider, or not now: check the secret on both sides and this machine's clock",
             "签名或时间戳无效：请核对双方密钥与服务器时钟");
    snprintf(err->cause, sizeof err->cause, "%s", cause);
    return false;
}

const char *pay_header(const struct pay_notice *notice, const char *name)
{
    return json_get_text(notice->headers, name);
}

bool pay_timely(const struct pay_notice *notice, int64_t seconds, struct gov_err *err)
{
    int64_t now = notice->now_us / 1000000;

    return (seconds >= now - PAY_TOLERANCE_S && seconds <= now + PAY_TOLERANCE_S) ||
           pay_refuse(err, seconds < now ? "its moment is long ago" : "its moment lies in the future");
}

const char *pay_key(const json_t *keys, const char *name, struct gov_err *err)
{
    const char *part = json_is_string(keys) ? json_string_value(keys) : json_get_text(keys, name);

    if (!part || !*part)
        gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "the provider's credential lacks %s", "该渠道的凭据缺少 %s", name);
    return part && *part ? part : NULL;
}

json_t *pay_json(const struct pay_notice *notice, struct arena *arena, struct gov_err *err)
{
    json_t *json = json_parse(arena, notice->body, notice->bytes, err);

    if (json && !json_is_object(json))
        gov_fail(err, GOV_BAD_JSON, "the body is no object", "请求体不是 JSON 对象");
    return json_is_object(json) ? json : NULL;
}

static bool fits(const char *text)
{
    return !text || (*text && strlen(text) <= PAY_ID_BYTES_MAX);
}

bool pay_event_whole(const struct pay_event *e, struct gov_err *err)
{
    bool told = e->event_id && e->type;
    bool money = e->kind == PAY_OTHER || e->kind == PAY_FAILED || e->kind == PAY_EXPIRED ||
                 (e->txn && e->currency && strlen(e->currency) == 3 && e->amount_minor > 0);
    bool refund = e->kind < PAY_REFUNDED || e->kind == PAY_OTHER || e->refund;

    return (told && money && refund && fits(e->event_id) && fits(e->type) && fits(e->txn) && fits(e->refund) &&
            fits(e->order_no) && fits(e->merchant) && fits(e->app)) ||
           gov_fail(err, GOV_INVALID_INPUT, "the notice is signed, but lacks an id, an amount or a currency",
                    "通知签名有效，但缺少编号、金额或币种");
}
