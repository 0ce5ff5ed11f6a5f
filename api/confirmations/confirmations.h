/* confirmations.h - the endpoints of people who decide. The table of their routes is routes.c. */
#ifndef API_CONFIRMATIONS_CONFIRMATIONS_H
#define API_CONFIRMATIONS_CONFIRMATIONS_H

#include "api/endpoint.h"

ENDPOINT(request_confirm);
ENDPOINT(request_reject);
ENDPOINT(request_ask);
ENDPOINT(request_reply);
ENDPOINT(request_extend);
ENDPOINT(confirmation_list);
ENDPOINT(confirmation_bulk);
ENDPOINT(confirmation_rules_get);
ENDPOINT(confirmation_rules_put);
ENDPOINT(delegation_list);
ENDPOINT(delegation_create);
ENDPOINT(delegation_delete);

extern const struct route confirmation_routes[];

#endif
