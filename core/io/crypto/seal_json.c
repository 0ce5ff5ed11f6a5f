#include "core/io/crypto/seal_json.h"

#include "core/base/json.h"

json_t *seal_json(const struct sealed *sealed)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "key", sealed->key_id, "wrapped", sealed->wrapped_key, "nonce",
                     sealed->nonce, "value", sealed->value);
}

struct sealed seal_json_read(const json_t *json)
{
    return (struct sealed){ .key_id = json_get_text(json, "key"),
                            .wrapped_key = json_get_text(json, "wrapped"),
                            .nonce = json_get_text(json, "nonce"),
                            .value = json_get_text(json, "value") };
}

const char *seal_input_context(const char *tenant, const char *skill, const char *path, struct arena *arena)
{
    return arena_format(arena, "execgov/input/%s/%s%s", tenant, skill, path);
}

const char *seal_callback_context(const char *schema, const char *host, struct arena *arena)
{
    return arena_format(arena, "execgov/callback/%s/%s", schema, host);
}
