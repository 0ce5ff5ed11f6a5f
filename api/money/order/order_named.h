/* order_named.h - an order by its id, or by the number that customers, banks and providers call it: whatever takes an order takes either. */
#ifndef API_MONEY_ORDER_ORDER_NAMED_H
#define API_MONEY_ORDER_ORDER_NAMED_H

#include "api/call.h"

struct order_named {
    struct id id;
    struct db_rows rows;
};

/* Start looking `text` up where it is a number; order_found, in a later step, reads what was found. False: NOT_FOUND. Whose order it
 * may be is for what follows: a number finds what its id would. */
void order_find(struct op *op, struct call *call, const char *text, struct order_named *order);
bool order_found(struct order_named *order, struct gov_err *err);
/* NOT_FOUND, false: in the same words whether there is none or it is somebody else's, for numbers can be guessed. */
bool order_unknown(struct gov_err *err);

#endif
