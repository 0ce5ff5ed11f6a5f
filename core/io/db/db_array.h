/* db_array.h - a column of values as one parameter: PostgreSQL's binary array, for `unnest($1::uuid[])`.
 *
 * Binary, because a text array would be escaped here and parsed there, and jsonb twice. Every array of
 * a statement has the same length; a NULL text is an SQL null. Zero-initialised but for `type`.
 */
#ifndef CORE_IO_DB_DB_ARRAY_H
#define CORE_IO_DB_DB_ARRAY_H

#include <stdint.h>

#include "core/base/id.h"
#include "core/io/db/db.h"

enum db_array_type {
    DB_UUIDS = 2950,
    DB_TEXTS = 25,
    DB_INTS = 23,
    DB_MOMENTS = 1184,
    DB_JSONBS = 3802,
};

/* PostgreSQL counts moments from 2000. */
static const int64_t DB_2000_US = 10957LL * 86400 * 1000000;

struct db_array {
    enum db_array_type type;
    struct buf bytes;
    uint32_t count;
    bool has_null;
};

/* `text`: a UUID as struct id holds it, a text, or serialised JSON, as the array's type wants it. */
void db_array_add(struct db_array *array, const char *text);
/* Of DB_INTS what fits there; of DB_MOMENTS us since 1970, INT64_MAX being infinity. */
void db_array_add_int(struct db_array *array, int64_t number);
void db_array_add_null(struct db_array *array);
/* The parameter, of an empty array as well; its bytes are the array's. Nothing may be added afterwards. */
struct db_param db_array_end(struct db_array *array);
void db_array_release(struct db_array *array);

/* The other way: a cell of type uuid[] without nulls; their count. `ids` is the arena's. */
size_t db_ids(const struct db_rows *rows, int row, int column, struct id **ids, struct arena *arena);

#endif
