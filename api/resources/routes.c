#include "api/resources/resources.h"

#define CREDENTIALS(verb, path, name)                                                              \
    { .method = (verb), .pattern = (path), .access = ACCESS_PLATFORM,                             \
      .permission = MAY_PLATFORM_MANAGE_CREDENTIALS, .steps = name##_steps,                       \
      .bytes = &name##_bytes, .answer_secret = true }

#define RESOURCES "/v1/platform/http-resources"
#define READ(path, name) ROUTE("GET", path, ACCESS_PLATFORM, MAY_PLATFORM_READ_RESOURCES, name)
/* Their answers are read by the transaction itself: a repeat is told already_done. */
#define CHANGE(verb, path, name)                                                                   \
    { .method = (verb), .pattern = (path), .access = ACCESS_PLATFORM,                             \
      .permission = MAY_PLATFORM_MANAGE_RESOURCES, .steps = name##_steps, .bytes = &name##_bytes, \
      .answer_secret = true, .body_bytes_max = 1024 * 1024 }

const struct route resource_routes[] = {
    CREDENTIALS("GET", "/v1/platform/credentials", credential_list),
    CREDENTIALS("POST", "/v1/platform/credentials", credential_create),
    CREDENTIALS("GET", "/v1/platform/credentials/{id}", credential_get),
    CREDENTIALS("DELETE", "/v1/platform/credentials/{id}", credential_delete),
    CREDENTIALS("POST", "/v1/platform/credentials/{id}/rotate", credential_rotate),
    CREDENTIALS("GET", "/v1/platform/credential-keys", credential_key_list),
    CREDENTIALS("POST", "/v1/platform/credential-keys/rotate", credential_key_choose),
    READ(RESOURCES, http_resource_list),
    CHANGE("POST", RESOURCES, http_resource_create),
    READ(RESOURCES "/{id}", http_resource_get),
    CHANGE("PUT", RESOURCES "/{id}", http_resource_replace),
    CHANGE("DELETE", RESOURCES "/{id}", http_resource_delete),
    ROUTE("POST", RESOURCES "/{id}/dry-run", ACCESS_PLATFORM, MAY_PLATFORM_READ_RESOURCES, http_dry_run),
    CHANGE("POST", RESOURCES "/{id}/probe", http_probe),
    READ(RESOURCES "/{id}/grants", http_grant_list),
    CHANGE("POST", RESOURCES "/{id}/grants", http_grant_create),
    CHANGE("DELETE", RESOURCES "/{id}/grants/{grant}", http_grant_delete),
    READ("/v1/platform/open-networks", open_network_list),
    CHANGE("POST", "/v1/platform/open-networks", open_network_create),
    CHANGE("DELETE", "/v1/platform/open-networks/{id}", open_network_delete),
    ROUTE("GET", "/v1/http-resources", ACCESS_TENANT, MAY_READ_RESOURCES, http_ledger),
    { 0 }
};
