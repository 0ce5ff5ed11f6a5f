#include "api/people/people.h"

/* The answer holds a secret, which a repeat of an Idempotency-Key does not get again. */
#define ROUTE_SECRET(path, who, may, name)                                                         \
    { .method = "POST", .pattern = (path), .access = (who), .permission = (may),                  \
      .steps = name##_steps, .bytes = &name##_bytes, .answer_secret = true }

const struct route people_routes[] = {
    ROUTE_SECRET("/v1/register", ACCESS_ANYBODY, 0, registration),
    ROUTE_SECRET("/v1/login", ACCESS_ANYBODY, 0, login),
    ROUTE("POST", "/v1/logout", ACCESS_LOGGED_IN, 0, logout),
    ROUTE("GET", "/v1/me", ACCESS_LOGGED_IN, 0, me_get),
    ROUTE("PATCH", "/v1/me", ACCESS_LOGGED_IN, 0, me_patch),
    ROUTE("POST", "/v1/password", ACCESS_LOGGED_IN, 0, password_change),
    ROUTE("POST", "/v1/password/reset", ACCESS_ANYBODY, 0, password_reset),
    ROUTE("POST", "/v1/invitations/inspect", ACCESS_ANYBODY, 0, invitation_inspect),
    ROUTE_SECRET("/v1/invitations/accept", ACCESS_LOGGED_IN, 0, invitation_accept),
    ROUTE("GET", "/v1/tokens", ACCESS_LOGGED_IN, 0, token_list),
    ROUTE_SECRET("/v1/tokens", ACCESS_LOGGED_IN, 0, token_create),
    ROUTE("DELETE", "/v1/tokens/{id}", ACCESS_LOGGED_IN, 0, token_revoke),
    ROUTE("GET", "/v1/members", ACCESS_TENANT, MAY_READ_MEMBERS, member_list),
    ROUTE_SECRET("/v1/members", ACCESS_TENANT, MAY_MANAGE_MEMBERS, member_invite),
    ROUTE("GET", "/v1/members/{id}", ACCESS_TENANT, MAY_READ_MEMBERS, member_get),
    ROUTE("PATCH", "/v1/members/{id}", ACCESS_TENANT, MAY_MANAGE_MEMBERS, member_patch),
    ROUTE("DELETE", "/v1/members/{id}", ACCESS_TENANT, MAY_MANAGE_MEMBERS, member_delete),
    ROUTE_SECRET("/v1/members/{id}/invitation", ACCESS_TENANT, MAY_MANAGE_MEMBERS, member_renew),
    ROUTE_SECRET("/v1/members/{id}/reset-link", ACCESS_TENANT, MAY_MANAGE_MEMBERS, member_reset),
    ROUTE("GET", "/v1/settings", ACCESS_TENANT, MAY_READ_SETTINGS, settings_get),
    ROUTE("PATCH", "/v1/settings", ACCESS_TENANT, MAY_MANAGE_SETTINGS, settings_patch),
    ROUTE("GET", "/v1/callback-hosts", ACCESS_TENANT, MAY_READ_SETTINGS, callback_host_list),
    ROUTE_SECRET("/v1/callback-hosts", ACCESS_TENANT, MAY_MANAGE_CALLBACKS, callback_host_create),
    ROUTE_SECRET("/v1/callback-hosts/{host}/rotate", ACCESS_TENANT, MAY_MANAGE_CALLBACKS,
                 callback_host_rotate),
    ROUTE("DELETE", "/v1/callback-hosts/{host}", ACCESS_TENANT, MAY_MANAGE_CALLBACKS,
          callback_host_delete),
    ROUTE("GET", "/v1/deliveries", ACCESS_TENANT, MAY_READ_SETTINGS, delivery_list),
    ROUTE("GET", "/v1/deliveries/{id}", ACCESS_TENANT, MAY_READ_SETTINGS, delivery_get),
    ROUTE("POST", "/v1/deliveries/{id}/redeliver", ACCESS_TENANT, MAY_MANAGE_CALLBACKS,
          delivery_again),
    ROUTE("GET", "/v1/audit", ACCESS_TENANT, MAY_READ_AUDIT, audit_list),
    /* Whoever is shut down takes his data with him. */
    { .method = "POST", .pattern = "/v1/exports", .access = ACCESS_TENANT, .permission = MAY_EXPORT_TENANT,
      .steps = export_create_steps, .bytes = &export_create_bytes, .while_suspended = true },
    { 0 }
};
