/* caller.h - who is behind a request, as the token says. */
#ifndef API_CALLER_H
#define API_CALLER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/id.h"
#include "core/io/db/db.h"
#include "core/model/policy.h"

enum caller_kind { CALLER_NOBODY, CALLER_SESSION, CALLER_TOKEN };

struct caller {
    enum caller_kind kind;
    struct id user;
    struct id token;          /* the session's or api token's id */
    const char *token_hash;   /* bytea literal: what confirmation_decide wants to see */
    const char *email;
    const char *name;
    enum role role;           /* in the tenant, or of the platform */
    uint32_t more_roles;      /* of the platform, besides: 1 << enum role; all of them count */
    uint32_t scopes;          /* of an api token */
    const char *const *skills; /* names an api token may use; NULL: all */
    struct id tenant;         /* "" for the platform */
    const char *tenant_name;
    const char *tenant_state;
    const char *suspended_code;  /* why, if it is suspended: subscription_expired, suspended, … */
    const char *suspended_since; /* RFC 3339 */
    struct db_scope scope;    /* the tenant's schema, or DB_PUBLIC */
    const char *timezone;     /* user's, else the tenant's */
    const char *locale;       /* user's, else the tenant's */
};

#endif
