/* authorise.h - a credential put into a call, at the last moment, and taken out of what comes back. */
#ifndef WORKER_EGRESS_DAEMON_AUTHORISE_H
#define WORKER_EGRESS_DAEMON_AUTHORISE_H

#include "core/base/buf.h"
#include "core/model/resource.h"

enum { SECRETS_MAX = 24, SECRET_MASK_BYTES_MIN = 6 };

/* What must not be seen anywhere. */
struct secrets {
    const char *texts[SECRETS_MAX];
    size_t count;
};
/* A value and the forms it travels in: as it is and base64; each of them is found escaped as JSON or in percent,
 * too. Shorter than six bytes: not, for it would take everything apart. */
void secrets_add(struct secrets *secrets, const char *text, struct arena *arena);
/* Every one of them in `text` as "••••"; the same pointer if there is none. */
const char *secrets_mask(const struct secrets *secrets, const char *text, size_t bytes, size_t *length,
                         struct arena *arena);

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
