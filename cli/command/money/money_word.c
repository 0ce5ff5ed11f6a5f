/* money_word.c - rows stand by what they are of; a code that several things have (a state "expired") stands once, with a word that suits
 * them all. Where none does, the odd one has a row of its own above the others: what it is of, a slash, the code. No two states
 * have the same word, so that --state can be typed as it is shown. Tests look for each state and kind of the database here
 * (tests/system/finance_words_test.py). */
#include "cli/command/money/money_word.h"

#include <stdio.h>
#include <string.h>

static const struct word {
    const char *code, *zh;
} words[] = {
    /* a message waits to be sent; before a timeline's dot stands a thing or an act, no state; and a scan's action is planned, not done */
    { "message/pending", "待发送" }, { "noun/approval", "审批" }, { "noun/shutdown", "停用" }, { "action/shutdown", "停用" },
    /* orders */
    { "draft", "草稿" }, { "pending_payment", "待付款" }, { "payment_reported", "已登记付款" }, { "paid", "已付款" },
    { "activating", "开通中" }, { "active", "生效中" }, { "activation_failed", "开通失败" }, { "cancelled", "已取消" },
    { "expired", "已过期" }, { "refunded", "已退款" },
    { "new", "新购" }, { "renewal", "续费" }, { "upgrade", "升级" }, { "quota", "槽位包" },
    /* payments, what providers tell, and lines of files */
    { "applied", "已入账" }, { "unapplied", "待处理" }, { "returned", "已退回" }, { "credit", "有余额" }, { "all", "全部" },
    { "received", "已收到" }, { "done", "已完成" }, { "ignored", "已忽略" }, { "unmatched", "未匹配" }, { "failed", "失败" },
    { "payment", "付款" }, { "refund", "退款" }, { "disputed", "争议" }, { "dispute_won", "争议胜诉" }, { "dispute_lost", "争议败诉" },
    { "open", "未结" }, { "won", "已胜诉" }, { "lost", "已败诉" }, { "closed", "已关闭" }, { "other", "其他" },
    { "settled", "已结清" }, { "duplicate", "重复" }, { "partial", "付款不足" }, { "currency", "币种不符" }, { "late", "逾期付款" },
    { "paid_before", "此前已付" }, { "unknown_order", "订单号不存在" }, { "merchant", "商户号不符" }, { "currency_unknown", "币种未知" },
    { "conflict", "与已知付款不符" }, { "refund_told", "渠道已退款" }, { "refund_known", "退款已登记" },
    { "refund_above_paid", "退款超过已付" }, { "refund_unmatched", "退款未匹配" }, { "no_order", "未写订单号" },
    { "two_orders", "写了多个订单" }, { "approval", "须审批" }, { "approval_wanted", "须他人审批" }, { "seen", "已导入" },
    { "repeated", "文件内重复" }, { "outgoing", "支出" }, { "changed", "已变更" }, { "amount_diff", "金额不符" },
    { "missing_here", "本地缺少" }, { "missing_there", "渠道缺少" }, { "matched", "一致" },
    /* subscriptions, customers, tenants, holds */
    { "pending", "待生效" }, { "grace", "宽限期" }, { "shutdown", "已停用" }, { "terminated", "已终止" },
    { "prospect", "潜在客户" }, { "lapsed", "已中断" }, { "person", "个人" }, { "company", "公司" },
    { "provisioning", "开通中（租户）" }, { "suspended", "已暂停" }, { "terminating", "终止中" }, { "kept", "保留中" }, { "dropping", "删除中" },
    { "dropped", "已删除" }, { "courtesy", "宽延" }, { "dispute", "付款争议" },
    /* editions and invoices */
    { "personal", "个人版" }, { "team", "团队版" }, { "slots", "槽位" }, { "day", "天" }, { "month", "月" }, { "year", "年" },
    { "invoice", "账单" }, { "credit_note", "红字账单" }, { "none", "未开票" }, { "requested", "已申请" }, { "issued", "已开具" },
    { "red_lettered", "已红冲" },
    /* approvals and periods */
    { "waiting", "待审批" }, { "approved", "已批准" }, { "rejected", "已驳回" }, { "withdrawn", "已结束" }, { "executed", "已执行" },
    { "payment.confirm", "确认到账" }, { "payment.apply", "用付款结清订单" }, { "payment.return", "退回付款" }, { "order.refund", "订单退款" },
    { "money.rule", "修改资金规则" }, { "seller.account", "修改收款方式" }, { "period.reopen", "重新打开月份" },
    { "subscription.override", "临时恢复订阅" }, { "subscription.terminate", "终止订阅" }, { "tenant.drop", "删除租户数据" },
    { "close", "结账" }, { "reopen", "重新打开" }, { "reopened", "已重新打开" },
    /* scans and messages */
    { "prefill", "起草续费订单" }, { "remind", "提醒" }, { "supersede", "略过提醒" }, { "cancel", "按到期结束" }, { "propose", "提出终止" },
    { "untold", "无人可通知" }, { "due", "到期应办" }, { "held", "暂缓中" }, { "skipped_superseded", "已略过" }, { "suppressed", "不再需要" },
    { "sending", "发送中" }, { "sent", "已发送" }, { "retry", "待重试" }, { "dead", "已放弃" }, { "unknown", "结果未知" },
    /* tasks */
    { "payment_partial", "付款不足" }, { "payment_late", "逾期付款" }, { "payment_currency", "付款币种不符" }, { "payment_draft", "订单未发布时付款" },
    { "payment_paid_before", "重复付款" }, { "payment_overpaid", "付款超额" }, { "payment_unmatched", "付款未匹配" },
    { "payment_merchant", "付款商户号不符" }, { "payment_currency_unknown", "付款币种未知" }, { "payment_conflict", "付款与已知不符" },
    { "payment_event_failed", "渠道通知处理失败" }, { "payment_disputed", "付款争议" }, { "dispute_won_refunded", "胜诉但已退款" },
    { "event_changed", "渠道通知内容变化" }, { "order_time_failed", "周期无法推算" }, { "period_voided", "预付周期未开始" },
    { "refund_by_provider", "渠道侧退款" }, { "renewal_not_on_sale", "续费版本已停售" }, { "reconcile_no_file", "未收到对账文件" },
    { "reconcile_amount_diff", "对账金额不符" }, { "reconcile_missing_here", "对账：本地缺少" }, { "reconcile_missing_there", "对账：渠道缺少" },
    { "statement_no_order", "流水未写订单号" }, { "statement_two_orders", "流水写了多个订单" }, { "statement_approval", "流水须审批" },
    { "statement_conflict", "流水与已知付款不符" }, { "emergency_review", "待复核的独自批准" }, { "subscription_set_aside", "订阅被搁置" },
    { "shutdown_untold", "停用前无人可通知" }, { "notice_dead", "通知未送达" }, { "receipt_unknown", "收据送达未知" },
    { "termination_proposed", "建议终止" }, { "termination_untold", "终止前无人可通知" },
    /* a timeline's nouns and events, where they have no word above */
    { "order", "订单" }, { "subscription", "订阅" }, { "customer", "客户" }, { "tenant", "租户" }, { "period", "周期" }, { "hold", "暂缓" },
    { "block", "停用限制" }, { "message", "消息" }, { "task", "待办" }, { "fapiao", "发票" }, { "notice", "告知" },
    { "created", "已创建" }, { "published", "已发布" }, { "activated", "已开通" }, { "report_dismissed", "付款登记已撤销" },
    { "refunded_in_part", "已部分退款" }, { "added", "已添加" }, { "released", "已解除" }, { "credited", "已红冲账单" }, { "recorded", "已登记" },
    { "extended", "已延长" }, { "overridden", "已临时恢复" }, { "emergency", "独自批准" }, { "reviewed", "已复核" },
    { "notice_recorded", "已登记告知" },
};

static const char *word_of_row(const char *code, size_t bytes)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].code) == bytes && memcmp(words[i].code, code, bytes) == 0)
            return words[i].zh;
    return NULL;
}

/* The word of the first `bytes` of `code` where it is of `of`, whose length is given too. */
static const char *word_of_code(const char *of, size_t of_bytes, const char *code, size_t bytes)
{
    char row[80];
    int length = snprintf(row, sizeof row, "%.*s/%.*s", (int)of_bytes, of, (int)bytes, code);
    const char *own = length > 0 && (size_t)length < sizeof row ? word_of_row(row, (size_t)length) : NULL;

    return own ? own : word_of_row(code, bytes);
}

/* Members that hold codes; any other text is somebody's own words. */
static bool holds_codes(const char *member)
{
    static const char *const members[] = { "state", "status", "kind", "outcome", "action", "act", "result", "verdict", "unit",
                                           "from_state", "to_state", "what" };
    const char *slash = strrchr(member, '/'), *last = slash ? slash + 1 : member;

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i], last) == 0)
            return true;
    return false;
}

const char *money_word(struct cli *cli, const char *member, const char *text)
{
    if (!text || cli->language != GOV_ZH || !holds_codes(member))
        return text;
    const char *dot = strchr(text, '.'), *slash = strrchr(member, '/');
    /* "message/state" is of a message, "action" of an action */
    const char *whole = word_of_code(member, slash ? (size_t)(slash - member) : strlen(member), text, strlen(text));
    const char *noun = dot ? word_of_code("noun", strlen("noun"), text, (size_t)(dot - text)) : NULL;
    const char *event = dot ? word_of_code(text, (size_t)(dot - text), dot + 1, strlen(dot + 1)) : NULL;

    if (whole)
        return whole;
    return noun && event ? arena_format(&cli->arena, "%s：%s", noun, event) : text;
}

const char *money_state(const struct args *args, const char *fallback)
{
    const char *typed = args_value(args, "state", NULL);

    for (size_t i = 0; typed && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].zh, typed) == 0)
            return strchr(words[i].code, '/') ? strchr(words[i].code, '/') + 1 : words[i].code;
    return typed ? typed : fallback;
}
