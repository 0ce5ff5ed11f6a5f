/* incarnation.h - which life of the database this is: Redis state of an earlier one is never believed.
 *
 * It is read at start. A database that is restored or promoted while processes live has another one: the
 * leading scheduler sees it in its next round and rebuilds the queue, and everybody whose queue is lost to
 * another generation reads it again. */
#ifndef CORE_STORE_QUEUE_INCARNATION_H
#define CORE_STORE_QUEUE_INCARNATION_H

#include "core/io/db/db.h"

enum { INCARNATION_BYTES = 33, INCARNATION_PATIENCE_MS = 60000 /* of a daemon's start */ };

/* At start, running the loop: waits for the database up to `patience_ms`. Fills 32 hex digits. */
bool incarnation_read(struct loop *loop, struct db *db, int64_t patience_ms,
                      char incarnation[INCARNATION_BYTES], struct gov_err *err);

struct incarnation_watch;

/* `changed` is called with each new one; `known` is what was read at start. */
struct incarnation_watch *incarnation_watch_new(struct loop *loop, struct db *db, const char *known,
                                                void (*changed)(void *context, const char *incarnation),
                                                void *context);
/* Read it again; at most once a second, and a database that is away is left alone. */
void incarnation_watch_look(struct incarnation_watch *watch);
/* A statement brought database_incarnation() along. `watch` may be NULL (tests). */
void incarnation_watch_see(struct incarnation_watch *watch, const char *text);
/* Before db_stop. Frees it, at the latest when a reading under way has ended; `changed` is not called any more. */
void incarnation_watch_stop(struct incarnation_watch *watch);

#endif
