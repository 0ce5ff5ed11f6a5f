/* migrate_file.h - an embedded migration: its version, its digest, and whether the database's record
 * of it agrees. Shared by the files of the migrator. */
#ifndef CORE_IO_MIGRATE_MIGRATE_FILE_H
#define CORE_IO_MIGRATE_MIGRATE_FILE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "core/base/embedded.h"

enum { MIGRATE_SHA256_BYTES = 65 }; /* hex and NUL */

/* The number before the first underscore: "0003_tenant" is 3. */
int migrate_file_version(const struct embedded *file);
/* The greatest version of a table that ends with a NULL name. */
int migrate_file_last(const struct embedded *files);
/* Hex SHA-256 of the text. Returns `hex`. */
char *migrate_file_sha256(const struct embedded *file, char hex[MIGRATE_SHA256_BYTES]);
/* Has it to run as the operator? Says its first line: "-- as: superuser". */
bool migrate_file_as_superuser(const struct embedded *file);

/* Row of `applied` (version, name, sha256) with that version; -1 if there is none. */
int migrate_file_find(const PGresult *applied, int version);
/* Does row `row` of `applied` record this very text? */
bool migrate_file_same(const PGresult *applied, int row, const struct embedded *file);

#endif
