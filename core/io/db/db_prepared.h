/* db_prepared.h - which statements of which tenant a connection has prepared.
 *
 * A backend pays some 20-100 KB for each, so only what is used again is prepared, and the table is
 * bounded: a text is remembered at its first use, prepared at its second, and forgotten when it was
 * not used for longest. Two hundred tenants in rotation have everything prepared that a job needs.
 */
#ifndef CORE_IO_DB_DB_PREPARED_H
#define CORE_IO_DB_DB_PREPARED_H

#include <stdbool.h>

#include "core/base/list.h"

enum { DB_PREPARED_MAX = 1024, DB_PREPARED_NAME_BYTES = 16 };

struct db_prepared_entry {
    struct list link; /* newest use first */
    struct db_prepared_entry *next; /* with the same hash */
    int query;        /* enum sql_queries */
    char schema[20];
    char name[DB_PREPARED_NAME_BYTES]; /* "": seen once, not prepared */
};

struct db_prepared {
    struct list used;
    int count;
    unsigned made; /* names are never used twice */
    struct db_prepared_entry *entries, **buckets;
};

enum db_prepared_state {
    DB_PREPARED_NOT,  /* send it as it is */
    DB_PREPARED_NOW,  /* prepare it under `name` first */
    DB_PREPARED_READY /* it has a name */
};

void db_prepared_init(struct db_prepared *prepared);
/* The connection is gone, and with it what it had prepared. */
void db_prepared_release(struct db_prepared *prepared);
/* `name` is filled for NOW and READY; `dropped` with what had to make room and is to be deallocated. */
enum db_prepared_state db_prepared_use(struct db_prepared *prepared, int query, const char *schema,
                                       char name[DB_PREPARED_NAME_BYTES],
                                       char dropped[DB_PREPARED_NAME_BYTES]);
/* It is not known to be there any more: its transaction failed before or at it. */
void db_prepared_forget(struct db_prepared *prepared, int query, const char *schema);

#endif
