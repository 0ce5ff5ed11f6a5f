/* schema_check.h - before a daemon does anything: is the database as new as the program?
 *
 * A program of a later version would find what it lacks one statement after the other, in the middle of work. The other
 * way round is the ordinary upgrade: the database goes first, and the version before works with it.
 */
#ifndef CORE_STORE_SCHEMA_CHECK_H
#define CORE_STORE_SCHEMA_CHECK_H

#include "core/io/db/db.h"

/* Runs the loop. False with CONFIGURATION: `execgov migrate up` has to come first; or the database could not be asked. That
 * single tenants are behind is said in the log: the others are served. */
bool schema_check(struct loop *loop, struct db *db, struct gov_err *err);
/* The same for who uses nothing but public, as execgov_lifecycle. */
bool schema_check_public(struct loop *loop, struct db *db, struct gov_err *err);

#endif
