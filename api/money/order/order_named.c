/* order_named.c - an order's id from its number. */
#include "api/money/order/order_named.h"

#include <string.h>

enum { NUMBER_BYTES_MAX = 40 };

/* The day it was made and a count: "20261126-000017". */
static bool is_number(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && length <= NUMBER_BYTES_MAX && strspn(text, "0123456789-") == length;
}

void order_find(struct op *op, struct call *call, const char *text, struct order_named *order)
{
    if (!id_parse(text, &order->id) && is_number(text))
        DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_ORDER_NAMED, &order->rows, text);
}

bool order_unknown(struct gov_err *err)
{
    return gov_fail(err, GOV_NOT_FOUND, "there is no such order here: give its number (20261126-000017) or its id",
                    "这里没有该订单：请填写订单号（20261126-000017）或 id");
}

bool order_found(struct order_named *order, struct gov_err *err)
{
    if (order->rows.count)
        id_parse(db_text(&order->rows, 0, 0), &order->id);
    return !id_empty(&order->id) || order_unknown(err);
}
