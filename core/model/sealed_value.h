/* sealed_value.h - what stands in an input for a value that only execgov-egress can open:
 * {"$sealed": {key, wrapped, nonce, value}}.
 *
 * It is put there by the API before anything is stored (core/store/input_seal.h) and taken out again for the
 * script alone. Nobody may give one: an input with a member "$sealed" is refused at the door.
 */
#ifndef CORE_MODEL_SEALED_VALUE_H
#define CORE_MODEL_SEALED_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"

#define SEALED_MEMBER "$sealed"

struct sealed_place {
    const char *path; /* JSON Pointer */
    const json_t *sealed; /* what is inside the member; borrowed */
};

bool sealed_value_is(const json_t *json);
/* Is it one, or does it hold one? */
bool sealed_value_inside(const json_t *json);
/* Every one of them; the list lives in the arena. */
size_t sealed_value_list(const json_t *json, struct arena *arena, struct sealed_place **places);
/* Put the mask in the place of each, in `json` itself. */
void sealed_value_mask(json_t *json);
/* False: INVALID_INPUT at `path`, somebody gave what only we make. */
bool sealed_value_refuse(const json_t *given, const char *path, struct gov_err *err);

#endif
