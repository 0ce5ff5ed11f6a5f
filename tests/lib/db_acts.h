/* db_acts.h - statements that do as they are told: an audit row whose `action` is an order.
 *
 *     sleep:S  raise:WORD  divide  lock:N  late (refused at the commit)
 *     where:WORD (a row WORD@BACKEND)  show:SETTING (a row SETTING=VALUE)   anything else: just a row
 *
 * core/io/db knows no statements but those of sql/queries, so a trigger of the test's carries the
 * orders out, with the superuser's rights: tenants may not sleep. Every try is counted, also one
 * that is rolled back.
 */
#ifndef TESTS_LIB_DB_ACTS_H
#define TESTS_LIB_DB_ACTS_H

#include "tests/lib/db_rig.h"
#include "tests/lib/op_probe.h"

enum { DB_ACTS_MAX = 4 };

/* One group of up to DB_ACTS_MAX orders, as arguments of an op_probe. */
struct db_acts {
    struct db *db;
    struct db_scope scope;
    const char *orders[DB_ACTS_MAX]; /* ends with NULL unless full */
};

/* Teach `tenant` to take orders. */
void db_acts_install(struct db_rig *rig, const struct pg_tenant *tenant);
/* For op_probe_run: begin the group. */
void db_acts_begin(struct op *op, void *acts);
/* Rows with this order that are committed. */
int db_acts_rows(struct db_rig *rig, const struct pg_tenant *tenant, const char *order);
/* Statements tried so far, whatever became of them. */
int db_acts_tries(struct db_rig *rig);

#endif
