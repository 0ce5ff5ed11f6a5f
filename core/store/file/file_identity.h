/* file_identity.h - this store of files is the one that the database knows.
 *
 * The first process of all writes its store's identity into the database; from then on every process compares
 * at its start, and one with another directory mounted, or with another bucket in its settings, refuses to start
 * instead of not finding files and losing new ones.
 */
#ifndef CORE_STORE_FILE_FILE_IDENTITY_H
#define CORE_STORE_FILE_FILE_IDENTITY_H

#include "core/io/db/db.h"
#include "core/store/file/file_store.h"

/* At start, running the loop, when the database has answered already. CONFIGURATION: it is another one. */
bool file_identity_settle(struct loop *loop, struct db *db, struct file_store *store, struct gov_err *err);

#endif
