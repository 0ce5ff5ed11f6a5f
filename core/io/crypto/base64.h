/* base64.h - bytes inside of JSON and headers. */
#ifndef CORE_IO_CRYPTO_BASE64_H
#define CORE_IO_CRYPTO_BASE64_H

#include <stddef.h>

#include "core/base/arena.h"

/* With or without padding, a NUL behind it, in the arena; NULL: it is none. */
unsigned char *base64_open(const char *text, struct arena *arena, size_t *bytes);
/* Padded, in the arena. */
const char *base64_make(const void *data, size_t bytes, struct arena *arena);

#endif
