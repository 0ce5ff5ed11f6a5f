/* table.c - every report and its columns, in the order of its statement. */
#include <string.h>

#include "core/model/report.h"

#define COLUMN(name, kind, en, zh) { name, REPORT_##kind, false, { en, zh } }
#define SUMMED(name, kind, en, zh) { name, REPORT_##kind, true, { en, zh } }
#define END { NULL, REPORT_TEXT, false, { NULL, NULL } }
#define CURRENCY COLUMN("currency", CURRENCY, "Currency", "币种")
#define ORDER COLUMN("order_no", TEXT, "Order", "订单号")
#define ORDER_ID COLUMN("order_id", TEXT, "Order id", "订单编号")
#define CUSTOMER COLUMN("customer", TEXT, "Customer", "客户")
#define EDITION COLUMN("edition", TEXT, "Edition", "版本")
#define PERIOD COLUMN("period_no", WHOLE, "Period", "周期")
#define AMOUNT SUMMED("amount", MONEY, "Amount", "金额")
#define SUBSCRIPTION COLUMN("subscription_id", TEXT, "Subscription", "订阅编号")
#define PAYMENT COLUMN("payment_id", TEXT, "Payment id", "付款编号")
#define PROVIDER COLUMN("provider", TEXT, "Provider", "支付渠道")
#define RECEIVED COLUMN("received_on", DAY, "Received on", "到账日期")
#define PAID_ON COLUMN("paid_on", DAY, "Paid on", "付款日期")

static const struct report_column orders[] = {
    ORDER, COLUMN("created_at", MOMENT, "Created", "创建时间"), COLUMN("kind", TEXT, "Kind", "类型"),
    COLUMN("state", TEXT, "State", "状态"), CUSTOMER, EDITION, COLUMN("edition_version", WHOLE, "Edition version", "版本号"),
    COLUMN("quantity", WHOLE, "Quantity", "数量"), PERIOD, PAID_ON, AMOUNT, SUMMED("tax", MONEY, "Tax in it", "其中税额"),
    SUMMED("refunded", MONEY, "Refunded", "已退款"), CURRENCY, ORDER_ID, END,
};
static const struct report_column payments[] = {
    RECEIVED, COLUMN("recorded_at", MOMENT, "Recorded", "登记时间"), PROVIDER, COLUMN("reference", TEXT, "Reference", "流水号"),
    COLUMN("method", TEXT, "Method", "收款方式"), ORDER, CUSTOMER, AMOUNT, SUMMED("applied", MONEY, "Applied to orders", "已核销"),
    SUMMED("credit", MONEY, "Customer credit", "转客户余额"), SUMMED("unapplied", MONEY, "Unapplied", "未核销"),
    SUMMED("returned", MONEY, "Returned", "已退回"), CURRENCY, PAYMENT, END,
};
static const struct report_column unapplied[] = {
    RECEIVED, COLUMN("days", WHOLE, "Days", "天数"), PROVIDER, COLUMN("reference", TEXT, "Reference", "流水号"), ORDER, CUSTOMER,
    COLUMN("task", TEXT, "Why it waits", "待处理原因"), AMOUNT, CURRENCY, PAYMENT, END,
};
static const struct report_column ageing[] = {
    ORDER, CUSTOMER, COLUMN("kind", TEXT, "Kind", "类型"), COLUMN("since", DAY, "Owed since", "应收起始日"),
    COLUMN("days", WHOLE, "Days", "天数"), SUMMED("days_0_30", MONEY, "0-30 days", "0-30 天"),
    SUMMED("days_31_60", MONEY, "31-60 days", "31-60 天"), SUMMED("days_61_90", MONEY, "61-90 days", "61-90 天"),
    SUMMED("days_over_90", MONEY, "Over 90 days", "90 天以上"), AMOUNT, CURRENCY, ORDER_ID, END,
};
static const struct report_column deferred[] = {
    ORDER, CUSTOMER, EDITION, PERIOD, PAID_ON, COLUMN("starts_on", DAY, "From", "起始日"), COLUMN("ends_on", DAY, "To (exclusive)", "截止日（不含）"),
    SUMMED("net", MONEY, "Paid without tax", "不含税收款"), SUMMED("moved", MONEY, "Moved between periods", "周期间结转"),
    SUMMED("recognised", MONEY, "Recognised", "已确认收入"), SUMMED("deferred", MONEY, "Deferred", "递延收入"), CURRENCY, ORDER_ID, END,
};
static const struct report_column renewals_due[] = {
    COLUMN("paid_until", DAY, "Paid until", "付至"), CUSTOMER, EDITION, COLUMN("state", TEXT, "State", "状态"),
    COLUMN("order_no", TEXT, "Renewal order", "续费订单"), COLUMN("order_state", TEXT, "Order state", "订单状态"),
    COLUMN("ends_with_period", YES, "Ends with the period", "到期不续"), COLUMN("hold_until", MOMENT, "Held until", "暂缓至"),
    COLUMN("shutdown_due_at", MOMENT, "Shutdown due", "停用时间"), AMOUNT, CURRENCY, SUBSCRIPTION, END,
};
static const struct report_column reminders[] = {
    COLUMN("on", DAY, "On", "日期"), CUSTOMER, PERIOD, COLUMN("action", TEXT, "Act", "动作"), COLUMN("window", TEXT, "Window", "窗口"),
    COLUMN("decision", TEXT, "Decision", "判定"), COLUMN("channel", TEXT, "Channel", "渠道"), COLUMN("endpoint", TEXT, "Receiver", "接收方"),
    COLUMN("state", TEXT, "Became", "结果"), COLUMN("reason", TEXT, "Reason", "原因"), COLUMN("ended_at", MOMENT, "At", "时间"),
    SUBSCRIPTION, END,
};
static const struct report_column shutdowns[] = {
    COLUMN("at", MOMENT, "At", "时间"), CUSTOMER, EDITION, COLUMN("from_state", TEXT, "From", "原状态"), COLUMN("to_state", TEXT, "To", "新状态"),
    COLUMN("cause", TEXT, "Cause", "原因"), COLUMN("by", TEXT, "By", "操作人"), COLUMN("paid_until", DAY, "Paid until", "付至"),
    COLUMN("final_notice_at", MOMENT, "Final notice", "最后通知"), COLUMN("back_at", MOMENT, "Back since", "恢复时间"),
    COLUMN("tenant_id", TEXT, "Tenant", "租户编号"), SUBSCRIPTION, END,
};
static const struct report_column reconciliation[] = {
    PROVIDER, COLUMN("day", DAY, "Day", "日期"), COLUMN("kind", TEXT, "Kind", "类型"), COLUMN("txn", TEXT, "Transaction", "交易号"),
    COLUMN("result", TEXT, "Result", "对账结果"), AMOUNT, CURRENCY, COLUMN("file", TEXT, "File", "文件"), COLUMN("task", TEXT, "Task", "待办"),
    COLUMN("outcome", TEXT, "Outcome", "处理结果"), COLUMN("by", TEXT, "By", "操作人"), END,
};
static const struct report_column touches[] = {
    PAID_ON, ORDER, CUSTOMER, PERIOD, COLUMN("providers", TEXT, "Paid through", "付款渠道"), SUMMED("touches", WHOLE, "Manual touches", "人工操作次数"),
    COLUMN("acts", TEXT, "Which", "操作"), AMOUNT, CURRENCY, ORDER_ID, END,
};
static const struct report_column invoices[] = {
    COLUMN("issued_on", DAY, "Day", "日期"), COLUMN("no", TEXT, "Number", "账单编号"), COLUMN("kind", TEXT, "Kind", "类型"),
    COLUMN("of", TEXT, "Takes back of", "对应账单"), ORDER, CUSTOMER, EDITION, SUMMED("net", MONEY, "Without tax", "不含税金额"),
    SUMMED("tax", MONEY, "Tax", "税额"), AMOUNT, CURRENCY, COLUMN("fapiao", TEXT, "Fapiao", "发票状态"),
    COLUMN("fapiao_code", TEXT, "Fapiao code", "发票代码"), COLUMN("fapiao_number", TEXT, "Fapiao number", "发票号码"),
    COLUMN("fapiao_on", DAY, "Fapiao's day", "开票日期"), COLUMN("seller", TEXT, "Seller", "开具主体"),
    COLUMN("invoice_id", TEXT, "Invoice id", "账单 ID"), END,
};

static const struct report reports[] = {
    { "orders", REPORT_RANGE, { "Orders", "订单" }, orders },
    { "payments", REPORT_RANGE, { "Payments", "付款" }, payments },
    { "unapplied", REPORT_AS_OF, { "Unapplied payments", "未核销付款" }, unapplied },
    { "ageing", REPORT_AS_OF, { "Receivables by age", "应收账龄" }, ageing },
    { "deferred-revenue", REPORT_AS_OF, { "Deferred revenue", "递延收入" }, deferred },
    { "renewals-due", REPORT_AHEAD, { "Renewals due", "待续费" }, renewals_due },
    { "reminders", REPORT_RANGE, { "Reminders and notices", "提醒与通知" }, reminders },
    { "shutdowns", REPORT_RANGE, { "Shutdowns", "停用" }, shutdowns },
    { "reconciliation", REPORT_RANGE, { "Reconciliation", "对账" }, reconciliation },
    { "invoices", REPORT_RANGE, { "Invoices and credit notes", "账单与红字账单" }, invoices },
    { "touches", REPORT_RANGE, { "Manual touches per renewal", "续费人工操作" }, touches },
};

const struct report *report_at(size_t index)
{
    return index < sizeof reports / sizeof *reports ? &reports[index] : NULL;
}

const struct report *report_find(const char *name)
{
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++)
        if (strcmp(reports[i].name, name) == 0)
            return &reports[i];
    return NULL;
}

size_t report_column_count(const struct report *report)
{
    size_t count = 0;

    while (report->columns[count].name)
        count++;
    return count;
}

int report_currency_column(const struct report *report)
{
    for (int i = 0; report->columns[i].name; i++)
        if (report->columns[i].kind == REPORT_CURRENCY)
            return i;
    return -1;
}
