/* slot_input.h - inputs that are computed from the moment a schedule fires.
 *
 *     {"month": {"$fire": "-1 month", "format": "%Y-%m"}}  ->  {"month": "2026-02"}
 *
 * "$fire" moves the slot's local time by terms in the order given: "+2 days", "-1 month" (minute, hour, day,
 * week, month, year; the day is kept or becomes the month's last), "start of month", "end of week" (day,
 * week from Monday, month, year); "" is the slot itself. "format" knows %Y %y %m %d %j %H %M %S %F %T %G
 * %V %u %s %z %%; without it the value is a date, %F.
 */
#ifndef CORE_MODEL_SLOT_INPUT_H
#define CORE_MODEL_SLOT_INPUT_H

#include <jansson.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/zone.h"

/* `input` with every computed value filled in; a value of the arena's, or `input` itself where nothing is
 * computed. NULL: INVALID_INPUT with the path below `path` ("/input"). */
const json_t *slot_input(const json_t *input, const char *path, int64_t slot_s,
                         const struct zone *zone, struct arena *arena, struct gov_err *err);

/* A local time as RFC 3339 with its offset: "2026-03-29T09:00:00+02:00". */
char *slot_local_text(int64_t slot_s, const struct zone *zone, struct arena *arena);

#endif
