/* secrecy.h - whether a value of this schema may hold something sensitive, at any depth. */
#ifndef WORKER_INTENT_FILL_SECRECY_H
#define WORKER_INTENT_FILL_SECRECY_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/arena.h"

/* Is anything inside of `schema`, or of what it refers to in `root`, marked writeOnly or x-sensitive? A schema
 * too large to be looked through counts as one that is. */
bool schema_holds_secrets(const json_t *root, const json_t *schema, struct arena *arena);

#endif
