/* sql.h - short SQL in tests: one value, one effect, or one refusal. */
#ifndef TESTS_LIB_SQL_H
#define TESTS_LIB_SQL_H

#include <libpq-fe.h>

#include "core/base/arena.h"

/* `text` with every {{t}} replaced by `schema`. */
char *sql_expand(struct arena *arena, const char *text, const char *schema);

/* First column of the first row as text; NULL for no row or null. Fails the test on an error. */
const char *sql_value(struct arena *arena, PGconn *conn, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Run it; fails the test on an error. */
void sql_run(PGconn *conn, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Run it and return its SQLSTATE: "00000" if it was done. */
const char *sql_state(struct arena *arena, PGconn *conn, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
