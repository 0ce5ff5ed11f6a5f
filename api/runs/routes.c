#include "api/runs/runs.h"

/* The sizes are known to the linker only, so rows name them through a macro. */
#define ROW(method, pattern, access, permission, name)                                             \
    { method, pattern, access, permission, name##_steps, &name##_bytes, 0, false, false, false }

const struct route run_routes[] = {
    { "POST", "/v1/runs", ACCESS_TENANT, MAY_RUN, run_create_steps, &run_create_bytes,
      .replay_shows = true },
    ROW("GET", "/v1/runs", ACCESS_TENANT, MAY_READ_OWN_RUNS, run_list),
    ROW("GET", "/v1/runs/{id}", ACCESS_TENANT, MAY_READ_OWN_RUNS, run_get),
    ROW("POST", "/v1/runs/{id}/cancel", ACCESS_TENANT, MAY_RUN, run_cancel),
    { "POST", "/v1/requests", ACCESS_TENANT, MAY_RUN, request_create_steps, &request_create_bytes,
      .replay_shows = true },
    ROW("GET", "/v1/requests", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_list),
    ROW("GET", "/v1/requests/{id}", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_get),
    ROW("POST", "/v1/requests/{id}/cancel", ACCESS_TENANT, MAY_RUN, run_cancel),
    ROW("POST", "/v1/requests/{id}/answer", ACCESS_TENANT, MAY_RUN, request_answer),
    /* MAY_READ_OWN_RUNS: the database says who may confirm, and why not. */
    ROW("POST", "/v1/requests/{id}/confirm", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_confirm),
    ROW("POST", "/v1/requests/{id}/reject", ACCESS_TENANT, MAY_READ_OWN_RUNS, request_reject),
    { 0 }
};
