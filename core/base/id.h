/* id.h - UUIDv7 (RFC 9562): sorts by the moment it was made. */
#ifndef CORE_BASE_ID_H
#define CORE_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

/* Lower-case text, 36 characters; "" is no id. Text, because that is what PostgreSQL, Redis,
 * JSON and people exchange; comparing is strcmp. */
struct id {
    char text[37];
};

/* Later calls in one process give greater ids. */
struct id id_new(void);
/* Accepts upper case; false if `text` is not a UUID of any version. */
bool id_parse(const char *text, struct id *id);
bool id_empty(const struct id *id);
/* Milliseconds since 1970 inside a UUIDv7. */
int64_t id_ms(const struct id *id);

#endif
