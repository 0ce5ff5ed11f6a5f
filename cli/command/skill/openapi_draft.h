/* openapi_draft.h - a definition of a HTTP resource out of an OpenAPI 3 document (as JSON). */
#ifndef CLI_COMMAND_SKILL_OPENAPI_DRAFT_H
#define CLI_COMMAND_SKILL_OPENAPI_DRAFT_H

#include <jansson.h>

#include "core/base/arena.h"
#include "core/base/err.h"

/* Reads on, writes off; parameters in path and query with their schemas; the first server's address. What it
 * cannot take over (references, header parameters) is left out. NULL: INVALID_INPUT, it is no such document. */
json_t *openapi_draft(const json_t *document, struct arena *arena, struct gov_err *err);

#endif
