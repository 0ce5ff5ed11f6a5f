#include "api/people/people.h"

const struct route people_routes[] = {
    { .method = "POST", .pattern = "/v1/login", .access = ACCESS_ANYBODY, .steps = login_steps,
      .bytes = &login_bytes, .answer_secret = true },
    ROUTE("POST", "/v1/logout", ACCESS_LOGGED_IN, 0, logout),
    ROUTE("GET", "/v1/me", ACCESS_LOGGED_IN, 0, me_get),
    ROUTE("PATCH", "/v1/me", ACCESS_LOGGED_IN, 0, me_patch),
    { 0 }
};
