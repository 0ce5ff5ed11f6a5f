#include "api/files/files.h"
#include "api/files/upload.h"

const struct route file_routes[] = {
    ROUTE("GET", "/v1/files", ACCESS_TENANT, MAY_READ_FILES, file_list),
    { .method = "POST", .pattern = "/v1/files", .access = ACCESS_TENANT,
      .permission = MAY_WRITE_FILES, .steps = file_create_steps, .bytes = &file_create_bytes,
      .stream_body = true, .replay_shows = true },
    ROUTE("GET", "/v1/files/{id}", ACCESS_TENANT, MAY_READ_FILES, file_get),
    ROUTE("POST", "/v1/uploads", ACCESS_TENANT, MAY_WRITE_FILES, upload_create),
    ROUTE("GET", "/v1/uploads/{id}", ACCESS_TENANT, MAY_WRITE_FILES, upload_show),
    { .method = "PATCH", .pattern = "/v1/uploads/{id}", .access = ACCESS_TENANT,
      .permission = MAY_WRITE_FILES, .steps = upload_piece_steps, .bytes = &upload_piece_bytes,
      .stream_body = true },
    ROUTE("POST", "/v1/uploads/{id}/finish", ACCESS_TENANT, MAY_WRITE_FILES, upload_finish),
    ROUTE("DELETE", "/v1/uploads/{id}", ACCESS_TENANT, MAY_WRITE_FILES, upload_drop),
    ROUTE("GET", "/v1/runs/{id}/artifacts/{artifact}", ACCESS_TENANT, MAY_READ_FILES, artifact_get),
    { 0 }
};
