#include "api/runs/runs.h"

/* A repeat of an Idempotency-Key shows what the first one did, as it is now. */
#define ACT(path, may, name)                                                                       \
    { .method = "POST", .pattern = (path), .access = ACCESS_TENANT, .permission = (may),          \
      .steps = name##_steps, .bytes = &name##_bytes, .replay_shows = true }

const struct route run_routes[] = {
    ACT("/v1/runs", MAY_RUN, run_create),
    ROUTE("GET", "/v1/runs", ACCESS_TENANT, MAY_READ_OWN_RUNS, run_list),
    ROUTE("GET", "/v1/runs/{id}", ACCESS_TENANT, MAY_READ_OWN_RUNS, run_get),
    ACT("/v1/runs/{id}/cancel", MAY_RUN, run_cancel),
    ACT("/v1/requests", MAY_RUN, request_create),
    ROUTE("GET", "/v1/requests", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_list),
    ROUTE("GET", "/v1/requests/{id}", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_get),
    ACT("/v1/requests/{id}/cancel", MAY_RUN, run_cancel),
    ACT("/v1/requests/{id}/answer", MAY_RUN, request_answer),
    ROUTE("GET", "/v1/requests/{id}/events", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_events),
    ROUTE("GET", "/v1/runs/{id}/events", ACCESS_TENANT, MAY_READ_OWN_RUNS, run_events),
    ROUTE("GET", "/v1/runs/{id}/log", ACCESS_TENANT, MAY_READ_OWN_RUNS, run_log),
    ROUTE("GET", "/v1/events", ACCESS_TENANT, MAY_READ_OWN_RUNS, tenant_events),
    { .method = "POST", .pattern = "/v1/runs/batch", .access = ACCESS_TENANT, .permission = MAY_RUN,
      .steps = run_batch_steps, .bytes = &run_batch_bytes, .body_bytes_max = 16 * 1024 * 1024 },
    ACT("/v1/runs/{id}/rerun", MAY_RUN, run_rerun),
    ROUTE("GET", "/v1/runs/{id}/why", ACCESS_TENANT, MAY_READ_OWN_RUNS, run_why),
    { 0 }
};
