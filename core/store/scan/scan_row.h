/* scan_row.h - subscriptions as lifecycle_due.sql and its sisters answer them, and what decide() needs besides:
 * policies, workdays, zones. Rows are libpq results, so that a scan, an op and a test read alike. */
#ifndef CORE_STORE_SCAN_SCAN_ROW_H
#define CORE_STORE_SCAN_SCAN_ROW_H

#include <libpq-fe.h>

#include "core/base/arena.h"
#include "core/base/id.h"
#include "core/model/lifecycle.h"

enum { SCAN_POLICIES_MAX = 64, SCAN_ZONES_MAX = 640 };

struct scan_zone {
    const char *name;
    const struct zone *zone;
};

/* Lives as long as one run: a policy that changes meanwhile counts from the next. */
struct scan_context {
    struct arena *arena;
    struct lifecycle_policy policies[SCAN_POLICIES_MAX];
    const char *codes[SCAN_POLICIES_MAX];
    const char *calendars[SCAN_POLICIES_MAX];
    int policy_count;
    struct scan_zone zones[SCAN_ZONES_MAX];
    int zone_count;
};

/* From the rows of lifecycle_policies.sql; workdays come after, one calendar at a time. */
void scan_context_init(struct scan_context *context, const PGresult *policies, struct arena *arena);
void scan_context_workdays(struct scan_context *context, const char *calendar, const PGresult *days);

struct scan_row {
    const char *id, *state; /* of the result, or `own` */
    struct id own;          /* of one that was read in binary */
    int period_no, version;
    int64_t next_us;
    struct lifecycle_facts facts;
    const struct lifecycle_policy *policy;
};

/* False: a state, policy or zone that this program does not know. */
bool scan_row_read(struct scan_context *context, const PGresult *rows, int row, struct scan_row *into);
/* The same of a binary result (lifecycle_due, _ends, _look, _preview.sql), whose columns are as they are stored. */
bool scan_row_read_stored(struct scan_context *context, const PGresult *rows, int row, struct scan_row *into);

#endif
