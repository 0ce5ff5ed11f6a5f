/* scan.h - one run over what is due. Blocking, on a connection of its own: for a thread, a test, a command.
 *
 * Any number may run at once: SKIP LOCKED divides the rows, the keys of the actions decide. A run sees each
 * row at most once. A batch that fails is halved down to the guilty row, which is put off, and set aside
 * after five times; the others go on. Rows whose shutdown the brake holds back are left as they are.
 */
#ifndef CORE_STORE_SCAN_SCAN_H
#define CORE_STORE_SCAN_SCAN_H

#include "core/store/scan/scan_batch.h"

enum { SCAN_BATCH_DEFAULT = 1000 };

struct scan_options {
    int64_t as_of_us;    /* 0: the database's now; never later than it */
    int batch;           /* 0: SCAN_BATCH_DEFAULT */
    bool release_brake;  /* a person has seen the list */
    bool accept_gap;     /* the clock jumped, and a person knows why: scans go on from now */
    const char *run;     /* scan_run id the actions name */
    const bool *stop;    /* set by another thread: end after the batch at hand; NULL: never */
};

enum scan_state { SCAN_DONE, SCAN_NEEDS_APPROVAL, SCAN_REFUSED, SCAN_STOPPED };
const char *scan_state_name(enum scan_state state);

struct scan_report {
    enum scan_state state;
    int64_t as_of_us;
    struct scan_counts counts;
    int64_t held_back;   /* shutdowns the brake kept off */
    int64_t brake;       /* how many would have been let through */
    int64_t failed;      /* rows put off */
    const char *problem; /* REFUSED: why; a literal */
    const char *variant; /* REFUSED for the clock: "gap" or "clock_back", else NULL */
};

/* False: the database could not be used; what was committed stays. */
bool scan_run(PGconn *conn, const struct scan_options *options, struct scan_report *report, struct gov_err *err);

/* Policies and workdays for `context`; results live in its arena. */
bool scan_context_load(PGconn *conn, struct scan_context *context, struct arena *arena, struct gov_err *err);

#endif
