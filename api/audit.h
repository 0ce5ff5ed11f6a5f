/* audit.h - the audit rows of what people do to public tables: members, tokens, tenants, logins. */
#ifndef API_AUDIT_H
#define API_AUDIT_H

#include "api/call.h"

struct audit_row {
    const char *tenant;  /* id; NULL: the platform's audit */
    const char *actor;   /* user id; NULL: nobody is known */
    const char *kind;    /* login, operation, member, token, tenant */
    const char *action;  /* dotted: member.invited */
    const char *subject_kind, *subject; /* may be NULL */
};

/* Add a row to the transaction of the act. `detail` is consumed, NULL for none; never a secret. */
void audit_add(struct db_group *group, struct call *call, const struct audit_row *row,
               json_t *detail);

/* The caller's tenant, or NULL for a session of the platform; and the caller. */
const char *audit_tenant(const struct call *call);
const char *audit_actor(const struct call *call);

/* The same for what lives in the tenant's schema; `group` is of the tenant's scope. */
void audit_add_inside(struct db_group *group, struct call *call, const struct audit_row *row,
                      json_t *detail);

/* call_remember for a group of public scope, whose caller may be of a tenant: the last statement of the
 * group. With `status` instead of an answer made before, as where the answer is a secret or is read
 * by the group itself: a repeat is then told already_done. */
void audit_remember(struct db_group *group, struct call *call, int status);

/* {ip, user_agent}: where a call came from. */
json_t *audit_origin(struct call *call);

#endif
