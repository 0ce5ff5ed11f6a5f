/* zone.h - time zones: their names, and the offset of a zone at a moment.
 *
 * No environment, no localtime(): TZ belongs to the whole process, and one process serves many zones
 * at once. Zones are read from the system's compiled files (RFC 9636); beyond a file's last transition
 * its footer's rule counts.
 */
#ifndef CORE_BASE_ZONE_H
#define CORE_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"

/* Is it an IANA name that this machine's zoneinfo has? Never follows anything but such a name. One whose file cannot
 * be looked into now (no descriptor is left) is not called unknown: zone_take says so. */
bool zone_known(const char *name);

/* The rules of one zone; NULL stands for UTC. */
struct zone;

/* NULL if `name` is no zone of this system (or is UTC). Memory is the arena's. */
const struct zone *zone_read(const char *name, struct arena *arena);

/* The same for what must not be done by another zone's clock: a name whose rules cannot be had now fails with OVERLOADED.
 * NULL, "" and "UTC" are UTC. */
bool zone_take(const char *name, struct arena *arena, const struct zone **zone, struct gov_err *err);

/* Seconds east of UTC at a moment. */
int32_t zone_offset(const struct zone *zone, int64_t unix_s);
/* Of a local time: the earlier one where a clock shows it twice. */
int32_t zone_offset_local(const struct zone *zone, int64_t local_s);

/* At which moments a clock shows this local time (seconds since 1970 as if it were UTC): 1; 2, the moments in
 * order; or 0 where the clock jumps over it: moments[0] is then the first moment after the jump. */
int zone_resolve(const struct zone *zone, int64_t local_s, int64_t moments[2]);

/* The local date at a moment, in days since 1970-01-01. */
int64_t zone_day(const struct zone *zone, int64_t unix_s);
/* The first moment that exists of a local date: midnight; where the clock jumps over midnight the moment
 * of the jump; where it shows midnight twice the first; where the whole day is left out (Apia,
 * 2011-12-30) the first moment after it. */
int64_t zone_day_start(const struct zone *zone, int64_t day);

#endif
