/* media_type.h - what a file is, by the ending of its name. */
#ifndef CORE_MODEL_MEDIA_TYPE_H
#define CORE_MODEL_MEDIA_TYPE_H

#include <stdbool.h>

/* "application/octet-stream" for an ending that is not known. */
const char *media_type_of_name(const char *name);

/* type/subtype[; parameters] in printable ASCII, at most 100 bytes: fit to be stored and sent back. */
bool media_type_valid(const char *text);

#endif
