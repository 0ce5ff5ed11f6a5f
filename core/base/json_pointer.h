/* json_pointer.h - places in a JSON value by RFC 6901: read one, replace one. */
#ifndef CORE_BASE_JSON_POINTER_H
#define CORE_BASE_JSON_POINTER_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/arena.h"

/* Borrowed; NULL: there is nothing. "" is the value itself. */
json_t *json_pointer_get(json_t *json, const char *pointer, struct arena *arena);
/* Put `value` (its reference is taken) where something is already. False: there is nothing, or it is "". */
bool json_pointer_replace(json_t *json, const char *pointer, json_t *value, struct arena *arena);

#endif
