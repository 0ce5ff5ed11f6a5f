/* confirmation_show.h - a confirmation as the contract shows it. */
#ifndef API_CONFIRMATIONS_CONFIRMATION_SHOW_H
#define API_CONFIRMATIONS_CONFIRMATION_SHOW_H

#include "api/call.h"

/* `c` is what confirmation_view made of it for this caller; JSON null for NULL. New reference. */
json_t *confirmation_show(struct call *call, const json_t *c, const json_t *plan_body,
                          struct arena *arena);

#endif
