#include "api/resources/resources.h"

#define CREDENTIALS(verb, path, name)                                                              \
    { .method = (verb), .pattern = (path), .access = ACCESS_PLATFORM,                             \
      .permission = MAY_PLATFORM_MANAGE_CREDENTIALS, .steps = name##_steps,                       \
      .bytes = &name##_bytes, .answer_secret = true }

const struct route resource_routes[] = {
    CREDENTIALS("GET", "/v1/platform/credentials", credential_list),
    CREDENTIALS("POST", "/v1/platform/credentials", credential_create),
    CREDENTIALS("GET", "/v1/platform/credentials/{id}", credential_get),
    CREDENTIALS("DELETE", "/v1/platform/credentials/{id}", credential_delete),
    CREDENTIALS("POST", "/v1/platform/credentials/{id}/rotate", credential_rotate),
    CREDENTIALS("GET", "/v1/platform/credential-keys", credential_key_list),
    CREDENTIALS("POST", "/v1/platform/credential-keys/rotate", credential_key_choose),
    { 0 }
};
