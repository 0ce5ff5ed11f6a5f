#include "api/schedules/schedules.h"

const struct route schedule_routes[] = {
    ROUTE("GET", "/v1/schedules", ACCESS_TENANT, MAY_READ_SCHEDULES, schedule_list),
    { .method = "POST", .pattern = "/v1/schedules", .access = ACCESS_TENANT,
      .permission = MAY_WRITE_SCHEDULES, .steps = schedule_create_steps,
      .bytes = &schedule_create_bytes, .replay_shows = true },
    ROUTE("POST", "/v1/schedules/preview", ACCESS_TENANT, MAY_READ_SCHEDULES, rule_preview),
    ROUTE("GET", "/v1/schedules/{id}", ACCESS_TENANT, MAY_READ_SCHEDULES, schedule_get),
    ROUTE("PATCH", "/v1/schedules/{id}", ACCESS_TENANT, MAY_WRITE_SCHEDULES, schedule_patch),
    ROUTE("DELETE", "/v1/schedules/{id}", ACCESS_TENANT, MAY_WRITE_SCHEDULES, schedule_delete),
    ROUTE("GET", "/v1/schedules/{id}/preview", ACCESS_TENANT, MAY_READ_SCHEDULES, schedule_preview),
    ROUTE("GET", "/v1/schedules/{id}/firings", ACCESS_TENANT, MAY_READ_SCHEDULES, firing_list),
    { .method = "POST", .pattern = "/v1/schedules/{id}/fire", .access = ACCESS_TENANT,
      .permission = MAY_WRITE_SCHEDULES, .steps = schedule_fire_steps,
      .bytes = &schedule_fire_bytes, .replay_shows = true },
    { 0 }
};
