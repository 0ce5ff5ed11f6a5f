/* format.h - the formats of JSON Schema that decide, and those that only describe. */
#ifndef CORE_MODEL_SCHEMA_FORMAT_H
#define CORE_MODEL_SCHEMA_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

struct schema_format {
    const char *name;
    bool (*fits)(const char *text, size_t bytes); /* NULL: describes only */
    struct gov_text what;                         /* "must be …" */
};

/* NULL if it is not known. */
const struct schema_format *schema_format_find(const char *name);

#endif
