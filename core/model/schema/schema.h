/* schema.h - JSON Schema (draft 2020-12, the part that matters) over jansson.
 *
 * Keywords that decide
 *   type enum const · properties required additionalProperties minProperties maxProperties
 *   items prefixItems minItems maxItems uniqueItems · minimum maximum exclusiveMinimum
 *   exclusiveMaximum multipleOf · minLength maxLength pattern format
 *   $ref (within the document: "#", "#/…") $defs definitions · allOf anyOf oneOf not if then else
 * Keywords that only describe
 *   $schema, $id (at the top), $comment title description default examples deprecated readOnly
 *   writeOnly contentEncoding contentMediaType and everything that starts with "x-"
 *   (x-synonyms x-accept x-max-mb x-as x-sensitive are read elsewhere).
 * Anything else is refused by name: a keyword that is silently ignored lets through what its author
 * meant to stop.
 *
 * `format` decides for date, date-time, time, email, uri, uuid, ipv4, ipv6, hostname and file (a
 * file id: UUID); other formats of the standard and of common form builders describe only; an
 * unknown one is refused. `pattern` is PCRE2 set up to read ECMA-262 patterns, not anchored, UTF.
 *
 * Cost is bounded: a compiled schema has at most SCHEMA_NODES_MAX subschemas; $ref may recurse
 * through properties and items (the value ends it) but not on the same value; a validation has one
 * budget of steps, and regular expressions draw on it too.
 */
#ifndef CORE_MODEL_SCHEMA_SCHEMA_H
#define CORE_MODEL_SCHEMA_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum {
    SCHEMA_BYTES_MAX = 128 * 1024, /* as compact text */
    SCHEMA_NODES_MAX = 1000,
    SCHEMA_DEPTH_MAX = 32, /* subschemas inside subschemas, and values inside values */
    SCHEMA_PATTERN_BYTES_MAX = 1000,
    SCHEMA_STEPS_MAX = 2000000, /* of one validation */
    SCHEMA_FOUND_MAX = 1000,
};

struct schema; /* compiled, immutable, lives in the arena; may be used by several threads */

/* Compile `json`, an object or a boolean; a reference to it is kept by the arena.
 *
 * NULL: `err` names every fault found (JSON Pointer into the schema): UNSUPPORTED_KEYWORD if any
 * keyword or format is one we do not know (item code "unsupported_keyword", the message names it),
 * otherwise INVALID_INPUT (codes: type, pattern, remote_ref, unknown_ref, ref_loop, depth,
 * too_large). */
const struct schema *schema_compile(const json_t *json, struct arena *arena, struct gov_err *err);

/* Does `value` fit? False: INVALID_INPUT with up to GOV_ERR_ITEMS_MAX faults, paths into the value.
 * Codes: type enum const required unknown_field minimum maximum exclusive_minimum exclusive_maximum
 * multiple_of min_length max_length pattern format min_items max_items unique_items min_properties
 * max_properties any_of one_of not never depth too_costly. Messages never quote the value. */
bool schema_validate(const struct schema *schema, const json_t *value, struct arena *arena,
                     struct gov_err *err);

/* The same for a value in which sealed values stand (sealed_value.h): each fits everywhere, because nobody here can
 * read it. It was looked at before it was sealed, and the whole is once more when it was opened. */
bool schema_validate_sealed(const struct schema *schema, const json_t *value, struct arena *arena,
                            struct gov_err *err);

/* A copy of `value` (owned by the arena) where absent members of objects have their `default`.
 * Looks through properties, items, prefixItems, $ref and allOf; not through alternatives, where
 * it is not certain which one holds. A default is taken as it stands: nothing is added inside it.
 * Validate what comes out; a schema too costly to walk leaves some out and then fails there. */
json_t *schema_apply_defaults(const struct schema *schema, const json_t *value,
                              struct arena *arena);

enum schema_mark {
    SCHEMA_MARK_FILE,      /* format: file */
    SCHEMA_MARK_SENSITIVE, /* writeOnly or x-sensitive */
};

struct schema_found {
    const char *path;     /* JSON Pointer into the value */
    const json_t *value;  /* borrowed from the value */
    const json_t *schema; /* the subschema that carries the mark (x-accept, x-max-mb, x-as, …) */
};

/* Every place in `value` whose subschema carries `mark`, each path once, at most SCHEMA_FOUND_MAX.
 * Looks through everything, alternatives and conditions too: to mask too much is safe. *found
 * lives in the arena. False: INVALID_INPUT, too many places or too costly; then nothing may be
 * shown or run. */
bool schema_find(const struct schema *schema, const json_t *value, enum schema_mark mark,
                 struct arena *arena, const struct schema_found **found, size_t *count,
                 struct gov_err *err);

#endif
