/* quote.h - what an order costs, reckoned here from the edition on sale, never taken from the caller. */
#ifndef API_MONEY_ORDER_QUOTE_H
#define API_MONEY_ORDER_QUOTE_H

#include "api/call.h"

struct quote {
    /* asked */
    const char *edition;
    int64_t quantity;
    const char *subscription, *tenant, *user; /* may be NULL */
    /* answered */
    const char *kind;            /* of the edition: personal, team, slots */
    const char *order_kind;      /* new, renewal, upgrade, quota */
    const char *version;         /* edition_version.id */
    const char *customer, *of_subscription, *user_customer, *timezone, *tenant_kind; /* NULL: none */
    bool restart;                /* another interval: a new anchor, what is left is credited */
    int64_t amount, tax;
    json_t *made_of;             /* {unit, quantity, net, tax, credit} */
    struct db_rows rows;
};

/* Start the query; quote_read reckons once it has been answered. */
void quote_ask(struct op *op, struct call *call, struct quote *quote);
bool quote_read(struct op *op, struct quote *quote, struct gov_err *err);

#endif
