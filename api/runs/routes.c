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
    { 0 }
};
