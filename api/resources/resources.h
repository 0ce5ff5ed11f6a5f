/* resources.h - the endpoints of HTTP resources and their credentials: the platform configures, a tenant
 * sees what it was granted. The table of their routes is resources/routes.c. */
#ifndef API_RESOURCES_RESOURCES_H
#define API_RESOURCES_RESOURCES_H

#include "api/endpoint.h"

ENDPOINT(credential_list);
ENDPOINT(credential_get);
ENDPOINT(credential_create);
ENDPOINT(credential_rotate);
ENDPOINT(credential_delete);
ENDPOINT(credential_key_list);
ENDPOINT(credential_key_choose);

extern const struct route resource_routes[];

#endif
