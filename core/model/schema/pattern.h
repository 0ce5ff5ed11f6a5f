/* pattern.h - regular expressions from schemas, on text from anybody, in bounded time. */
#ifndef CORE_MODEL_SCHEMA_PATTERN_H
#define CORE_MODEL_SCHEMA_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"

struct schema_pattern; /* immutable, released with its arena */

enum schema_match { SCHEMA_MATCH_NO, SCHEMA_MATCH_YES, SCHEMA_MATCH_TOO_COSTLY };

enum { SCHEMA_PATTERN_WHY_BYTES = 160 };

/* NULL: it does not compile; `why` says what and where, in PCRE2's English. */
struct schema_pattern *schema_pattern_compile(const char *text, size_t bytes, struct arena *arena,
                                              char why[SCHEMA_PATTERN_WHY_BYTES]);

/* Does it match anywhere in `text` (UTF-8)? Takes what it cost from *steps, which may end
 * below 0. */
enum schema_match schema_pattern_match(const struct schema_pattern *pattern, const char *text,
                                       size_t bytes, int64_t *steps);

#endif
