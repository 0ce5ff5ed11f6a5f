#include "api/confirmations/confirmations.h"

/* A repeat of an Idempotency-Key shows what the first one did, as it is now. Anybody may try: the
 * database says who may decide, and why not. */
#define DECIDE(path, name)                                                                         \
    { .method = "POST", .pattern = (path), .access = ACCESS_TENANT,                               \
      .permission = MAY_READ_OWN_RUNS, .steps = name##_steps, .bytes = &name##_bytes,             \
      .replay_shows = true }

const struct route confirmation_routes[] = {
    DECIDE("/v1/requests/{id}/confirm", request_confirm),
    DECIDE("/v1/requests/{id}/reject", request_reject),
    ROUTE("POST", "/v1/requests/{id}/ask", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_ask),
    ROUTE("POST", "/v1/requests/{id}/reply", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_reply),
    ROUTE("POST", "/v1/requests/{id}/extend", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_extend),
    ROUTE("GET", "/v1/confirmations", ACCESS_TENANT, MAY_READ_OWN_RUNS, confirmation_list),
    ROUTE("POST", "/v1/confirmations/decide", ACCESS_TENANT, MAY_READ_OWN_RUNS, confirmation_bulk),
    ROUTE("GET", "/v1/confirmation-rules", ACCESS_TENANT, MAY_READ_SETTINGS, confirmation_rules_get),
    ROUTE("PUT", "/v1/confirmation-rules", ACCESS_TENANT, MAY_MANAGE_SETTINGS, confirmation_rules_put),
    ROUTE("GET", "/v1/delegations", ACCESS_TENANT, MAY_READ_MEMBERS, delegation_list),
    ROUTE("POST", "/v1/delegations", ACCESS_TENANT, MAY_CONFIRM, delegation_create),
    ROUTE("DELETE", "/v1/delegations/{id}", ACCESS_TENANT, MAY_CONFIRM, delegation_delete),
    { 0 }
};
