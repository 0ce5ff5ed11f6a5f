/* people.h - the endpoints of people: who they are, where they belong, their tokens, their tenant's
 * settings and audit. The table of their routes is people/routes.c. */
#ifndef API_PEOPLE_PEOPLE_H
#define API_PEOPLE_PEOPLE_H

#include "api/endpoint.h"

ENDPOINT(login);
ENDPOINT(logout);
ENDPOINT(me_get);
ENDPOINT(me_patch);
ENDPOINT(registration);
ENDPOINT(invitation_inspect);
ENDPOINT(invitation_accept);
ENDPOINT(password_change);
ENDPOINT(password_reset);
ENDPOINT(token_list);
ENDPOINT(token_create);
ENDPOINT(token_revoke);
ENDPOINT(member_list);
ENDPOINT(member_get);
ENDPOINT(member_patch);
ENDPOINT(member_delete);
ENDPOINT(member_invite);
ENDPOINT(member_renew);
ENDPOINT(member_reset);
ENDPOINT(settings_get);
ENDPOINT(settings_patch);
ENDPOINT(callback_host_list);
ENDPOINT(callback_host_create);
ENDPOINT(callback_host_rotate);
ENDPOINT(callback_host_delete);
ENDPOINT(delivery_list);
ENDPOINT(delivery_get);
ENDPOINT(delivery_again);
ENDPOINT(audit_list);
ENDPOINT(export_create);

extern const struct route people_routes[];

#endif
