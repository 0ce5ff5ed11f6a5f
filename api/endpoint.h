/* endpoint.h - declaring an endpoint: its steps and the size of its struct. */
#ifndef API_ENDPOINT_H
#define API_ENDPOINT_H

#include <stddef.h>

#include "api/route.h"

#define ENDPOINT(name)                                                                             \
    extern const struct op_step name##_steps[];                                                    \
    extern const size_t name##_bytes

/* A row of a route table for an endpoint without special wishes. */
#define ROUTE(verb, path, who, may, name)                                                          \
    { .method = (verb), .pattern = (path), .access = (who), .permission = (may),                  \
      .steps = name##_steps, .bytes = &name##_bytes }

#endif
