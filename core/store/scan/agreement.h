/* agreement.h - I10 on a live database: a dry run says what a run would do.
 *
 * In one snapshot and as of one moment: the dry run twice, with one digest; the same rows as a scan reads them (as texts, a page
 * after the other, what is due first) and decides about them, with the same actions; and among these none that a run would not
 * do, because its key is there already. Nothing is written. Blocking, on a connection of its own. */
#ifndef CORE_STORE_SCAN_AGREEMENT_H
#define CORE_STORE_SCAN_AGREEMENT_H

#include <libpq-fe.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum { AGREEMENT_FAULTS_MAX = 22 };

struct agreement_fault {
    const char *subject, *detail;
};

struct agreement {
    int64_t as_of_us;
    int64_t lines; /* of the dry run */
    int count;
    struct agreement_fault faults[AGREEMENT_FAULTS_MAX]; /* in the arena */
};

/* `ahead_us` after now: what is due by then is looked at. */
bool agreement_look(PGconn *conn, int64_t ahead_us, struct arena *arena, struct agreement *agreement, struct gov_err *err);

#endif
