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
ENDPOINT(http_resource_list);
ENDPOINT(http_resource_get);
ENDPOINT(http_resource_create);
ENDPOINT(http_resource_replace);
ENDPOINT(http_resource_delete);
ENDPOINT(http_dry_run);
ENDPOINT(http_probe);
ENDPOINT(http_grant_list);
ENDPOINT(http_grant_create);
ENDPOINT(http_grant_delete);
ENDPOINT(open_network_list);
ENDPOINT(open_network_create);
ENDPOINT(open_network_delete);
ENDPOINT(http_ledger);

extern const struct route resource_routes[];

#endif
