/* policy.h - who may do what. Pure decisions; the facts come from the caller.
 *
 * A membership has one role in its tenant; platform roles live apart and say nothing about any
 * tenant. policy_permissions.def is the matrix. An api token may do what its owner may, cut down
 * to its scopes; acts without a scope need a session, that is, a person.
 */
#ifndef CORE_MODEL_POLICY_H
#define CORE_MODEL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/id.h"
#include "core/model/skill/manifest.h"

enum role {
    ROLE_NONE,
    ROLE_OWNER,
    ROLE_ADMIN,
    ROLE_OPERATOR,
    ROLE_APPROVER,
    ROLE_FINANCE,
    ROLE_AUDITOR,
    ROLE_VIEWER,
    ROLE_PLATFORM_ADMIN,
    ROLE_PLATFORM_FINANCE,
    ROLE_PLATFORM_AUDITOR,
    ROLE_COUNT
};

enum permission {
#define PERMISSION(name, wire, roles, scope) MAY_##name,
#include "core/model/policy_permissions.def"
#undef PERMISSION
    PERMISSION_COUNT
};

const char *role_name(enum role role); /* "owner", … ; "" for ROLE_NONE */
struct gov_text role_title(enum role role);
/* False and ROLE_NONE if there is no such role. */
bool role_parse(const char *text, enum role *role);
bool role_is_platform(enum role role);
/* May somebody of role `by` give or take role `role` in a tenant? Only an owner makes owners;
 * platform roles are not given here. */
bool role_may_assign(enum role by, enum role role);

const char *permission_name(enum permission permission);
/* The scope an api token needs for it; NULL: no token may. */
const char *permission_scope(enum permission permission);
bool policy_may(enum role role, enum permission permission);

/* Is the skill among those an API token names (ends with NULL)? Without a list it may use all. */
bool policy_token_names(const char *const *skills, const char *skill);

/* Scopes as a set of bits, in the order of policy_scopes(). */
const char *const *policy_scopes(void); /* the published list, NULL-terminated */
/* `names` is NULL-terminated. False: INVALID_INPUT at /scopes/N, which names the known ones. */
bool policy_scopes_parse(const char *const *names, uint32_t *scopes, struct gov_err *err);
bool policy_token_may(enum role role, uint32_t scopes, enum permission permission);
/* The title of why not, for a 403: "an operator may not …". Fills FORBIDDEN (or SESSION_REQUIRED
 * for a token where only a person will do). Always false. */
bool policy_refuse(enum role role, bool is_token, enum permission permission, struct gov_err *err);

/* Who in the tenant may run a skill. */
struct policy_binding {
    enum role role; /* ROLE_NONE: `user` counts */
    struct id user;
    const char *const *actions; /* NULL-terminated; NULL: every action */
};

/* May `user`, who has `role`, run `action`? Explains either way. Without any binding owner, admin
 * and operator may. With bindings, one must name the user or his role, and the action. A role
 * without permission to run (viewer, approver, finance, auditor) never may. `reason` lives in the
 * arena. */
bool policy_binding_explain(const struct policy_binding *bindings, size_t count, enum role role,
                            const struct id *user, const char *action, struct arena *arena,
                            struct gov_text *reason);

#endif
