/* schedules.h - the endpoints of schedules. The table of their routes is schedules/routes.c. */
#ifndef API_SCHEDULES_SCHEDULES_H
#define API_SCHEDULES_SCHEDULES_H

#include "api/endpoint.h"

ENDPOINT(schedule_list);
ENDPOINT(schedule_create);
ENDPOINT(schedule_get);
ENDPOINT(schedule_patch);
ENDPOINT(schedule_delete);
ENDPOINT(schedule_fire);
ENDPOINT(schedule_preview);
ENDPOINT(rule_preview);
ENDPOINT(firing_list);

extern const struct route schedule_routes[];

#endif
