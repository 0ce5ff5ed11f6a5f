/* quote.c - price times quantity, tax, and for a change of edition the credit of what is left. */
#include "api/money/order/quote.h"

#include <string.h>

#include "core/model/calendar.h"
#include "core/model/money.h"

enum {
    Q_VERSION, Q_KIND, Q_UNIT, Q_COUNT, Q_PRICE, Q_CURRENCY, Q_TAX, Q_INCLUSIVE, Q_SUBSCRIPTION, Q_CUSTOMER, Q_STATE,
    Q_NOW_UNIT, Q_NOW_COUNT, Q_WORTH, Q_START, Q_END, Q_ZONE, Q_TENANT_KIND, Q_USER_CUSTOMER, Q_NOW, Q_NOW_EDITION, Q_SLOTS, Q_PERIOD, Q_NOW_CURRENCY
};

void quote_ask(struct op *op, struct call *call, struct quote *q)
{
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_ORDER_QUOTE, &q->rows, q->edition, q->subscription, q->tenant,
             q->user);
}

static bool same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* What is left of the paid period, in days of it; nothing once it has ended. */
static bool credit_of(struct op *op, const struct quote *q, int64_t *credit)
{
    const struct db_rows *r = &q->rows;
    struct civil start, end;

    *credit = 0;
    if (!db_text(r, 0, Q_START) || !same_text(db_text(r, 0, Q_STATE), "active"))
        return true;
    if (!civil_parse(db_text(r, 0, Q_START), &start) || !civil_parse(db_text(r, 0, Q_END), &end))
        return false;
    return money_rest(db_int(r, 0, Q_WORTH), civil_to_days(start), civil_to_days(end),
                      calendar_day(zone_read(q->timezone, &op->arena), db_int(r, 0, Q_NOW)), credit);
}

/* What would end a running period takes over what is left of it, and that is money of one currency. */
static bool one_currency(const struct quote *q, struct gov_err *err)
{
    const struct db_rows *r = &q->rows;
    const char *now = db_text(r, 0, Q_NOW_CURRENCY), *then = db_text(r, 0, Q_CURRENCY);

    return !now || same_text(now, then) || !(q->restart || same_text(db_text(r, 0, Q_STATE), "shutdown")) ||
           gov_fail_at(err, GOV_CONFLICT, "/edition", "currency",
                       "the running period was paid in %s and this edition is sold in %s: what is left of one is not taken off the "
                       "other; let it begin with the next period, or order it once this one has ended",
                       "当前周期以 %s 支付，而该版本以 %s 计价，剩余价值不能跨币种抵扣；请改为从下个周期起变更，或在当前周期结束后下单",
                       now, then);
}

/* A period is bought once an order: twelve months are not one month at twelve times its price. */
static bool one_period(const struct quote *q, struct gov_err *err)
{
    return q->quantity == 1 ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/quantity", "maximum",
                       "one order buys one period of this edition, and only packs of slots are bought by number: order again once it is "
                       "paid, or an edition with a longer period", "每个订单购买一个周期，只有槽位包可以指定数量：请在付款后再次下单，或选择周期更长的版本");
}

static bool too_much(struct gov_err *err)
{
    return gov_fail_at(err, GOV_INVALID_INPUT, "/quantity", "maximum", "the amount would be too large", "金额过大");
}

static bool price(struct op *op, struct quote *q, struct gov_err *err)
{
    const struct db_rows *r = &q->rows;
    struct money_taxed taxed;
    int64_t sum, credit = 0;

    if (!money_multiply(db_int(r, 0, Q_PRICE), q->quantity, &sum) || (q->restart && !credit_of(op, q, &credit)))
        return too_much(err);
    if (!money_tax(sum, db_int(r, 0, Q_TAX), db_bool(r, 0, Q_INCLUSIVE), &taxed))
        return too_much(err);
    int64_t total = taxed.total - credit;
    if (total <= 0)
        return gov_fail_at(err, GOV_CONFLICT, "/edition", "nothing_to_pay",
                           credit ? "what is left of the paid period is worth more: change with the next period" :
                                    "this edition costs nothing, so that there is nothing to order",
                           credit ? "已付周期的剩余价值高于新价格：请在下个周期变更" : "该版本免费，无需下单");
    q->amount = total;
    if (!money_share(taxed.tax, total, taxed.total, &q->tax))
        return too_much(err);
    q->made_of = json_own(&op->arena, json_pack("{s:I, s:I, s:I, s:I, s:I}", "unit_minor", (json_int_t)db_int(r, 0, Q_PRICE),
                                                "quantity", (json_int_t)q->quantity, "tax_bp",
                                                (json_int_t)db_int(r, 0, Q_TAX), "credit_minor", (json_int_t)credit,
                                                "total_minor", (json_int_t)taxed.total));
    /* Whose rest it is, and of what: that period is handed on with this order, and never credited again. */
    if (credit) {
        json_object_set_new(q->made_of, "credit_period", json_integer(db_int(r, 0, Q_PERIOD)));
        json_object_set_new(q->made_of, "credit_of_minor", json_integer(db_int(r, 0, Q_WORTH)));
    }
    return true;
}

/* Slots are added to a limit; where there is none nobody is to pay for them. */
static bool refills(const struct quote *q, struct gov_err *err)
{
    if (!q->tenant || db_text(&q->rows, 0, Q_SLOTS))
        return true;
    return gov_fail_at(err, GOV_CONFLICT, "/edition", "no_limit",
                       "this tenant may keep as many skills as it likes, so that a slot pack would add nothing",
                       "该租户的技能数量没有上限，无需购买槽位");
}

bool quote_read(struct op *op, struct quote *q, struct gov_err *err)
{
    const struct db_rows *r = &q->rows;

    if (r->count == 0)
        return gov_fail_at(err, GOV_NOT_ON_SALE, "/edition", "unknown", "there is no edition \"%.63s\" on sale",
                           "没有在售版本“%.63s”", q->edition);
    q->version = db_text(r, 0, Q_VERSION);
    q->kind = db_text(r, 0, Q_KIND);
    q->of_subscription = db_text(r, 0, Q_SUBSCRIPTION);
    q->customer = db_text(r, 0, Q_CUSTOMER);
    q->timezone = db_text(r, 0, Q_ZONE);
    q->tenant_kind = db_text(r, 0, Q_TENANT_KIND);
    q->user_customer = db_text(r, 0, Q_USER_CUSTOMER);
    if (strcmp(q->kind, "slots") != 0 && !one_period(q, err))
        return false;
    if (strcmp(q->kind, "team") != 0) {
        q->order_kind = "quota";
        return price(op, q, err) && refills(q, err);
    }
    bool same = same_text(db_text(r, 0, Q_UNIT), db_text(r, 0, Q_NOW_UNIT)) &&
                same_text(db_text(r, 0, Q_COUNT), db_text(r, 0, Q_NOW_COUNT));
    bool pending = same_text(db_text(r, 0, Q_STATE), "pending");
    q->restart = q->of_subscription && !pending && !same;
    q->order_kind = !q->of_subscription || pending ? "new" : same ? "renewal" : "upgrade";
    return one_currency(q, err) && price(op, q, err);
}
