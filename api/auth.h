/* auth.h - from a token to a caller. */
#ifndef API_AUTH_H
#define API_AUTH_H

#include "api/call.h"

/* What the request shows as its token, whether it is one or not: of "Bearer TOKEN", or of the console's cookie. NULL:
 * nothing, or an Authorization of another kind. */
const char *auth_token(struct call *call);
/* Start looking up the token of the request, if it has one: Authorization: Bearer, or the console's
 * cookie. False: the header is malformed. *sent tells whether anything was started. */
bool auth_begin(struct call *call, bool *sent, struct gov_err *err);
/* After the rows are in: fill call->caller. False: UNAUTHENTICATED or CSRF. */
bool auth_identify(struct call *call, struct gov_err *err);
/* May this caller use the route? FORBIDDEN, NOT_FOUND (platform routes) or TENANT_SUSPENDED. */
bool auth_authorise(struct call *call, struct gov_err *err);

/* For what outlasts its call: the token looked up again (SESSION_FIND, API_TOKEN_FIND). False: it does
 * not read runs of this tenant any more. */
bool auth_still_reads(const struct db_rows *rows, enum caller_kind kind, const struct id *tenant,
                      bool *reads_all, struct arena *arena);

#endif
