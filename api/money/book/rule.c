/* /v1/platform/money-rules: from which sum on money needs a second person, how many people each act needs, and the brake of scans.
 * Changing one is an act that somebody else approves (pay.c). */
#include "api/money/book/rule.h"

#include <string.h>

#include "api/money/money.h"
#include "api/money/order/approval.h"
#include "api/page.h"
#include "core/model/money.h"

struct rules {
    struct endpoint endpoint;
    struct db_rows rows;
};

static enum op_next get(struct op *op)
{
    struct rules *e = (struct rules *)op;

    db_query(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_MONEY_RULES, &e->rows, 0, NULL);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct rules *e = (struct rules *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step money_rules_get_steps[] = { { "get", get }, { "show", show }, { 0 } };
const size_t money_rules_get_bytes = sizeof(struct rules);

const char *const money_rule_names[] = { "four_eyes_min", "approvals_needed", "brake", NULL };

bool money_rule_fits(const char *name, const char *key, int64_t value, struct gov_err *err)
{
    bool least = strcmp(key, "least") == 0;

    if (strcmp(name, "four_eyes_min") == 0)
        return money_exponent(key) >= 0 ||
               gov_fail_at(err, GOV_INVALID_INPUT, "/key", "unknown", "no such currency here: %s", "不支持的币种：%s", key);
    if (strcmp(name, "approvals_needed") == 0 && !money_act_known(key))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/key", "unknown",
                           "no act over money is called %s; approvals show them (order.refund, payment.confirm)",
                           "没有名为 %s 的资金操作；审批列表中可见其名称（如 order.refund、payment.confirm）", key);
    if (strcmp(name, "approvals_needed") == 0)
        return value == MONEY_RULE_NONE || (value >= 1 && value <= 5) ||
               gov_fail_at(err, GOV_INVALID_INPUT, "/value", "range", "from 1 to 5 people besides the one who asks",
                           "除申请人外须为 1 至 5 人");
    if (!least && strcmp(key, "percent") != 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/key", "unknown", "the brake has least and percent", "brake 只有 least 和 percent");
    return least || value <= 100 || gov_fail_at(err, GOV_INVALID_INPUT, "/value", "range", "percent is from 0 to 100", "percent 须为 0 至 100");
}
