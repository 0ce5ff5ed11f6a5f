/* authorise.h - a credential put into a call, at the last moment, and taken out of what comes back. */
#ifndef WORKER_EGRESS_DAEMON_CALL_AUTHORISE_H
#define WORKER_EGRESS_DAEMON_CALL_AUTHORISE_H

#include "core/base/buf.h"
#include "core/model/resource.h"
#include "worker/egress/secrets.h"

/* The opened value: JSON, a text or an object of texts. */
struct authorisation {
    const char *url;     /* of the call, with the credential if it goes there */
    json_t *headers;     /* of the call, with the credential if it goes there */
    struct secrets secrets;
};
/* `value`: of the credential; NULL for style none. `access_token`: of OAuth2. False: CREDENTIAL_UNAVAILABLE,
 * the value does not fit the style. */
bool authorise(const struct resource *resource, const struct resource_call *call, const json_t *value,
               const char *access_token, struct authorisation *out, struct arena *arena, struct gov_err *err);

#endif
