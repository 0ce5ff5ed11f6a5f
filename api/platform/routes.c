#include "api/platform/platform.h"

#define ROUTE_SECRET(path, may, name)                                                              \
    { .method = "POST", .pattern = (path), .access = ACCESS_PLATFORM, .permission = (may),        \
      .steps = name##_steps, .bytes = &name##_bytes, .answer_secret = true }

const struct route platform_routes[] = {
    ROUTE("GET", "/v1/platform/tenants", ACCESS_PLATFORM, MAY_PLATFORM_READ_TENANTS, tenant_list),
    ROUTE_SECRET("/v1/platform/tenants", MAY_PLATFORM_MANAGE_TENANTS, tenant_create),
    ROUTE("GET", "/v1/platform/tenants/{id}", ACCESS_PLATFORM, MAY_PLATFORM_READ_TENANTS,
          tenant_get),
    ROUTE_SECRET("/v1/platform/tenants/{id}/owner", MAY_PLATFORM_MANAGE_TENANTS, tenant_owner),
    ROUTE("POST", "/v1/platform/tenants/{id}/suspend", ACCESS_PLATFORM, MAY_PLATFORM_MANAGE_TENANTS,
          tenant_suspend),
    ROUTE("POST", "/v1/platform/tenants/{id}/resume", ACCESS_PLATFORM, MAY_PLATFORM_MANAGE_TENANTS,
          tenant_resume),
    ROUTE("GET", "/v1/platform/tenants/{id}/drop", ACCESS_PLATFORM, MAY_PLATFORM_READ_TENANTS, tenant_drop_get),
    ROUTE("POST", "/v1/platform/tenants/{id}/drop", ACCESS_PLATFORM, MAY_PLATFORM_MANAGE_TENANTS, tenant_drop_begin),
    ROUTE("POST", "/v1/platform/tenants/{id}/drop/continue", ACCESS_PLATFORM, MAY_PLATFORM_MANAGE_TENANTS,
          tenant_drop_continue),
    ROUTE("GET", "/v1/platform/users", ACCESS_PLATFORM, MAY_PLATFORM_MANAGE_USERS, user_list),
    ROUTE_SECRET("/v1/platform/users/{id}/reset-link", MAY_PLATFORM_MANAGE_USERS, user_reset),
    ROUTE("POST", "/v1/platform/users/{id}/roles", ACCESS_PLATFORM, MAY_PLATFORM_MANAGE_USERS, role_give),
    ROUTE("DELETE", "/v1/platform/users/{id}/roles/{role}", ACCESS_PLATFORM, MAY_PLATFORM_MANAGE_USERS,
          role_take),
    ROUTE_SECRET("/v1/platform/invitations", MAY_PLATFORM_MANAGE_USERS, user_invite),
    ROUTE("GET", "/v1/platform/audit", ACCESS_PLATFORM, MAY_PLATFORM_READ_AUDIT, platform_audit),
    ROUTE("GET", "/v1/platform/workers", ACCESS_PLATFORM, MAY_PLATFORM_READ_QUEUES, worker_list),
    ROUTE("POST", "/v1/platform/workers/{id}/drain", ACCESS_PLATFORM, MAY_PLATFORM_MANAGE_QUEUES,
          worker_drain),
    ROUTE("GET", "/v1/platform/queues", ACCESS_PLATFORM, MAY_PLATFORM_READ_QUEUES, queue_list),
    ROUTE("GET", "/v1/platform/dead-letters", ACCESS_PLATFORM, MAY_PLATFORM_READ_QUEUES,
          dead_letter_list),
    ROUTE("POST", "/v1/platform/dead-letters/redrive", ACCESS_PLATFORM, MAY_PLATFORM_MANAGE_QUEUES,
          dead_letter_many),
    ROUTE("GET", "/v1/platform/dead-letters/{id}", ACCESS_PLATFORM, MAY_PLATFORM_READ_QUEUES,
          dead_letter_get),
    ROUTE("POST", "/v1/platform/dead-letters/{id}/redrive", ACCESS_PLATFORM, MAY_PLATFORM_MANAGE_QUEUES,
          dead_letter_redrive),
    ROUTE("POST", "/v1/platform/dead-letters/{id}/discard", ACCESS_PLATFORM, MAY_PLATFORM_MANAGE_QUEUES,
          dead_letter_discard),
    ROUTE("GET", "/v1/platform/limits", ACCESS_PLATFORM, MAY_PLATFORM_READ_QUEUES, limit_list),
    ROUTE("GET", "/v1/platform/limits/{id}", ACCESS_PLATFORM, MAY_PLATFORM_READ_QUEUES, limit_get),
    ROUTE("PATCH", "/v1/platform/limits/{id}", ACCESS_PLATFORM, MAY_PLATFORM_MANAGE_QUEUES, limit_change),
    ROUTE("GET", "/v1/platform/jobs/{id}", ACCESS_PLATFORM, MAY_PLATFORM_READ_QUEUES, job_get),
    ROUTE("GET", "/v1/jobs/{id}", ACCESS_TENANT, MAY_READ_ALL_RUNS, job_get),
    { 0 }
};
