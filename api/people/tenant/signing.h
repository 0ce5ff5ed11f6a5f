/* signing.h - the keys whose signatures a tenant trusts, as its settings carry them. */
#ifndef API_PEOPLE_TENANT_SIGNING_H
#define API_PEOPLE_TENANT_SIGNING_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/err.h"

enum { SIGNING_KEYS_MAX = 20 };

/* [{"name", "key"}] of a request, checked: names once, keys that minisign could have made. The result is
 * what is stored and shown, {"name", "key", "id"} each; a new reference, NULL with `err` filled. */
json_t *signing_keys_read(const json_t *given, struct gov_err *err);

#endif
