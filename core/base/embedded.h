/* embedded.h - a file compiled into the program (see cmake/embed.cmake). */
#ifndef CORE_BASE_EMBEDDED_H
#define CORE_BASE_EMBEDDED_H

#include <stddef.h>

struct embedded {
    const char *name; /* the file's name without folder and extension; NULL ends a table */
    const char *text; /* NUL-terminated */
    size_t bytes;
};

#endif
