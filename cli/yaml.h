/* yaml.h - a YAML document as JSON: for files that people write, like OpenAPI documents.
 *
 * YAML 1.1 as libyaml reads it, with the core schema's plain scalars (null, true, false, whole numbers and numbers;
 * everything else, "yes" and dates too, is text), anchors, aliases and "<<". One document. An alias is a copy, so
 * what a document may grow to is bounded, and one that contains itself is refused.
 */
#ifndef CLI_YAML_H
#define CLI_YAML_H

#include <jansson.h>

#include "core/base/arena.h"
#include "core/base/err.h"

/* A borrowed reference, the arena's. NULL: INVALID_INPUT, with line and column where that is known. */
json_t *yaml_read(const char *text, size_t bytes, struct arena *arena, struct gov_err *err);

/* On which line, from 1, the value at `path` ("/workdays/0", as an API names what it refuses) begins; where it is not
 * there, what it would be in. 0: the text is no YAML. */
size_t yaml_line(const char *text, size_t bytes, const char *path);

#endif
