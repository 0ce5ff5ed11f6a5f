/* redact.h - a person's words without what they are about: what a model endpoint gets to read.
 *
 * Which capability is meant does not depend on the order number, the address or the name in quotes. So
 * quoted texts, e-mail addresses, links, numbers, file names, paths and anything that could be a key
 * become <text>, <email>, <link>, <number>, <file>, <key>.
 */
#ifndef WORKER_INTENT_CONSULT_REDACT_H
#define WORKER_INTENT_CONSULT_REDACT_H

#include <stddef.h>

#include "core/base/arena.h"

/* Valid UTF-8, in the arena; at most `bytes_max` of the text are looked at. */
const char *redact_text(const char *text, size_t bytes_max, struct arena *arena);

#endif
