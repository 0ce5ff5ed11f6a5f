#include "api/runs/runs.h"

const struct route run_routes[] = {
    { .method = "POST", .pattern = "/v1/runs", .access = ACCESS_TENANT, .permission = MAY_RUN,
      .steps = run_create_steps, .bytes = &run_create_bytes, .replay_shows = true },
    ROUTE("GET", "/v1/runs", ACCESS_TENANT, MAY_READ_OWN_RUNS, run_list),
    ROUTE("GET", "/v1/runs/{id}", ACCESS_TENANT, MAY_READ_OWN_RUNS, run_get),
    ROUTE("POST", "/v1/runs/{id}/cancel", ACCESS_TENANT, MAY_RUN, run_cancel),
    { .method = "POST", .pattern = "/v1/requests", .access = ACCESS_TENANT, .permission = MAY_RUN,
      .steps = request_create_steps, .bytes = &request_create_bytes, .replay_shows = true },
    ROUTE("GET", "/v1/requests", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_list),
    ROUTE("GET", "/v1/requests/{id}", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_get),
    ROUTE("POST", "/v1/requests/{id}/cancel", ACCESS_TENANT, MAY_RUN, run_cancel),
    ROUTE("POST", "/v1/requests/{id}/answer", ACCESS_TENANT, MAY_RUN, request_answer),
    /* Anybody may try: the database says who may confirm, and why not. */
    ROUTE("POST", "/v1/requests/{id}/confirm", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_confirm),
    ROUTE("POST", "/v1/requests/{id}/reject", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_reject),
    ROUTE("GET", "/v1/requests/{id}/events", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_events),
    ROUTE("GET", "/v1/runs/{id}/events", ACCESS_TENANT, MAY_READ_OWN_RUNS, run_events),
    ROUTE("GET", "/v1/runs/{id}/log", ACCESS_TENANT, MAY_READ_OWN_RUNS, run_log),
    ROUTE("GET", "/v1/events", ACCESS_TENANT, MAY_READ_OWN_RUNS, tenant_events),
    { .method = "POST", .pattern = "/v1/runs/batch", .access = ACCESS_TENANT, .permission = MAY_RUN,
      .steps = run_batch_steps, .bytes = &run_batch_bytes, .body_bytes_max = 16 * 1024 * 1024 },
    { .method = "POST", .pattern = "/v1/runs/{id}/rerun", .access = ACCESS_TENANT,
      .permission = MAY_RUN, .steps = run_rerun_steps, .bytes = &run_rerun_bytes,
      .replay_shows = true },
    ROUTE("GET", "/v1/runs/{id}/why", ACCESS_TENANT, MAY_READ_OWN_RUNS, run_why),
    ROUTE("GET", "/v1/confirmations", ACCESS_TENANT, MAY_READ_OWN_RUNS, confirmation_list),
    { 0 }
};
