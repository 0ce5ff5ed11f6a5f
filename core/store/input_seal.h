/* input_seal.h - sensitive inputs, sealed before anything of them is stored (docs/decisions/0420).
 *
 * Every value that the schema marks writeOnly or x-sensitive becomes a sealed value: encrypted to the public
 * key of execgov-egress and bound to tenant, skill and place, so that it opens for no other. A file's id is
 * no secret and stays. What is sealed already stays, too.
 */
#ifndef CORE_STORE_INPUT_SEAL_H
#define CORE_STORE_INPUT_SEAL_H

#include "core/base/id.h"
#include "core/model/schema/schema.h"

struct input_seal {
    const json_t *key; /* {id, key}, of my_seal_key; NULL or JSON null: none was published */
    const struct id *tenant;
    const char *skill;
};

/* Seal what of `found` lies in `input`, in place. False: CREDENTIAL_UNAVAILABLE without a key, INVALID_INPUT (paths
 * into the body: "/input/pin") for the mask given back as if it were a value, and for one that is too long. */
bool input_seal(const struct input_seal *seal, json_t *input, const struct schema_found *found, size_t count,
                struct arena *arena, struct gov_err *err);
/* The same for an input that may still lack something, without a plan: of it, only what is sensitive is looked at. */
bool input_seal_part(const struct input_seal *seal, const struct schema *schema, json_t *input, struct arena *arena,
                     struct gov_err *err);
/* A copy of `raw` where what `sealed` has sealed is sealed too: of an input before defaults and computed values. */
json_t *input_seal_copy(const json_t *raw, const json_t *sealed, struct arena *arena);
/* Where `given` has the mask and `kept` a sealed value, that value: an input that was shown and is given back.
 * A copy, or `given`. */
json_t *input_seal_keep(json_t *given, const json_t *kept, struct arena *arena);

#endif
