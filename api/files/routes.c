#include "api/files/files.h"

const struct route file_routes[] = {
    ROUTE("GET", "/v1/files", ACCESS_TENANT, MAY_READ_FILES, file_list),
    { .method = "POST", .pattern = "/v1/files", .access = ACCESS_TENANT,
      .permission = MAY_WRITE_FILES, .steps = file_create_steps, .bytes = &file_create_bytes,
      .stream_body = true, .replay_shows = true },
    ROUTE("GET", "/v1/files/{id}", ACCESS_TENANT, MAY_READ_FILES, file_get),
    ROUTE("GET", "/v1/runs/{id}/artifacts/{artifact}", ACCESS_TENANT, MAY_READ_FILES, artifact_get),
    { 0 }
};
