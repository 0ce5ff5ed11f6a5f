/* seal_json.h - an envelope as it lies inside JSON, and what inputs and callback secrets are bound to. */
#ifndef CORE_IO_CRYPTO_SEAL_JSON_H
#define CORE_IO_CRYPTO_SEAL_JSON_H

#include <jansson.h>

#include "core/io/crypto/seal.h"

/* {key, wrapped, nonce, value}. */
json_t *seal_json(const struct sealed *sealed);
/* Borrows; what is missing is NULL, which does not open. */
struct sealed seal_json_read(const json_t *json);

/* Of a sensitive input: "execgov/input/<tenant>/<skill><JSON Pointer>". */
const char *seal_input_context(const char *tenant, const char *skill, const char *path, struct arena *arena);
/* Of the secret that signs callbacks to a host: "execgov/callback/<schema>/<host>". */
const char *seal_callback_context(const char *schema, const char *host, struct arena *arena);

#endif
