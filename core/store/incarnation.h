/* incarnation.h - which life of the database this is: Redis state of an earlier one is never believed. */
#ifndef CORE_STORE_INCARNATION_H
#define CORE_STORE_INCARNATION_H

#include "core/io/db.h"

enum { INCARNATION_BYTES = 33 };

/* At start, running the loop: waits for the database up to `patience_ms`. Fills 32 hex digits. */
bool incarnation_read(struct loop *loop, struct db *db, int64_t patience_ms,
                      char incarnation[INCARNATION_BYTES], struct gov_err *err);

#endif
