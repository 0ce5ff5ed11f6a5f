/* provider_memory.h - payment providers as they were a moment ago: their kind and their keys, still sealed.
 *
 * A provider tells of a thousand payments in a second, and each would be a statement that asks the same. What was switched off or has
 * another credential counts from a second later; who is not there is never remembered. */
#ifndef WORKER_EGRESS_DAEMON_CALL_PROVIDER_MEMORY_H
#define WORKER_EGRESS_DAEMON_CALL_PROVIDER_MEMORY_H

#include "core/io/db/db.h"

enum { PROVIDER_MEMORY_MAX = 16, PROVIDER_CODE_BYTES = 32, PROVIDER_MEMORY_US = 1000000 };

struct provider_memory {
    struct {
        char code[PROVIDER_CODE_BYTES];
        int64_t until_us; /* monotonic */
        PGresult *row;
    } known[PROVIDER_MEMORY_MAX];
};

/* Its row of egress_payment_provider.sql, valid until the loop's next turn; false: ask. */
bool provider_memory_find(const struct provider_memory *memory, const char *code, int64_t now_us, struct db_rows *rows);
/* Asked just now. With all places taken, the oldest one goes. */
void provider_memory_put(struct provider_memory *memory, const char *code, int64_t now_us, const struct db_rows *rows);
void provider_memory_release(struct provider_memory *memory);

#endif
