#include "api/files/files.h"
#include "api/skills/skills.h"

#define VERSION "/v1/skills/{name}/versions/{version}"
/* A repeat of an Idempotency-Key shows what the first one did. */
#define ACT(path, may, name)                                                                       \
    { .method = "POST", .pattern = (path), .access = ACCESS_TENANT, .permission = (may),          \
      .steps = name##_steps, .bytes = &name##_bytes, .replay_shows = true }

const struct route skill_routes[] = {
    ROUTE("GET", "/v1/skills", ACCESS_TENANT, MAY_READ_SKILLS, skill_list),
    { .method = "POST", .pattern = "/v1/skills", .access = ACCESS_TENANT,
      .permission = MAY_UPLOAD_SKILLS, .steps = skill_create_steps, .bytes = &skill_create_bytes,
      .stream_body = true, .replay_shows = true },
    ROUTE("GET", "/v1/skills/{name}", ACCESS_TENANT, MAY_READ_SKILLS, skill_get),
    ROUTE("PATCH", "/v1/skills/{name}", ACCESS_TENANT, MAY_PUBLISH_SKILLS, skill_update),
    ROUTE("GET", "/v1/skills/{name}/versions", ACCESS_TENANT, MAY_READ_SKILLS, version_list),
    ROUTE("GET", VERSION, ACCESS_TENANT, MAY_READ_SKILLS, skill_version_get),
    ROUTE("GET", VERSION "/package", ACCESS_TENANT, MAY_READ_SKILLS, package_get),
    ACT(VERSION "/review", MAY_REVIEW_SKILLS, version_review),
    ACT(VERSION "/publish", MAY_PUBLISH_SKILLS, version_publish),
    ACT(VERSION "/yank", MAY_PUBLISH_SKILLS, version_yank),
    ACT(VERSION "/try", MAY_RUN, version_try),
    ACT(VERSION "/sign", MAY_UPLOAD_SKILLS, version_sign),
    ACT("/v1/skills/{name}/rollback", MAY_PUBLISH_SKILLS, skill_rollback),
    ROUTE("POST", "/v1/skills/{name}/warm", ACCESS_TENANT, MAY_RUN, skill_warm),
    ROUTE("GET", "/v1/skills/{name}/bindings", ACCESS_TENANT, MAY_READ_SKILLS, bindings_get),
    ROUTE("PUT", "/v1/skills/{name}/bindings", ACCESS_TENANT, MAY_BIND_SKILLS, bindings_put),
    ROUTE("GET", "/v1/skills/{name}/why", ACCESS_TENANT, MAY_READ_SKILLS, skill_why),
    ROUTE("GET", "/v1/unmet", ACCESS_TENANT, MAY_REVIEW_SKILLS, unmet_list),
    ACT("/v1/unmet/{id}/approve", MAY_REVIEW_SKILLS, unmet_approve),
    ACT("/v1/unmet/{id}/reject", MAY_REVIEW_SKILLS, unmet_reject),
    { 0 }
};
