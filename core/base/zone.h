/* zone.h - time zones: their names, and their offset at a moment.
 *
 * No environment, no localtime(): TZ belongs to the whole process, and a daemon serves many zones at
 * once. Zones are read from the system's compiled files: a few KB that the page cache holds, so this
 * is done on a loop's thread.
 */
#ifndef CORE_BASE_ZONE_H
#define CORE_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"

/* Is it an IANA name that this machine's zoneinfo has? Never follows anything but such a name. */
bool zone_known(const char *name);

/* Rules of a time zone; NULL stands for UTC. */
struct zone;

/* NULL if `name` is no zone of this system (or is UTC). Memory is the arena's. */
const struct zone *zone_read(const char *name, struct arena *arena);
/* Seconds east of UTC at a moment. */
int32_t zone_offset(const struct zone *zone, int64_t unix_s);
/* Of a local time: the earlier one where a clock shows it twice. */
int32_t zone_offset_local(const struct zone *zone, int64_t local_s);
/* At which moments a clock shows this local time (seconds since 1970 as if it were UTC): 1, 2 (moments in
 * order), or 0 where the clock jumps over it; moments[0] is then the first moment after the jump. */
int zone_resolve(const struct zone *zone, int64_t local_s, int64_t moments[2]);

#endif
