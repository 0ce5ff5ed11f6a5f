/* customer_name.h - whose the subscriptions of a preview are, for whoever reads it.
 *
 * One query for what is shown, after the preview: its lines are hashed, a million of them, and the names stand in none. */
#ifndef API_MONEY_SUBSCRIPTION_CUSTOMER_NAME_H
#define API_MONEY_SUBSCRIPTION_CUSTOMER_NAME_H

#include <jansson.h>

#include "api/call.h"
#include "core/io/db/db.h"

/* Ask for those of `items`, each of which has a subscription_id. False: there is nothing to ask. */
bool customer_names_ask(struct op *op, struct call *call, const json_t *items, struct db_rows *names);
/* Give each its customer_name; null where the subscription is gone meanwhile. */
void customer_names_put(json_t *items, const struct db_rows *names, struct arena *arena);

#endif
