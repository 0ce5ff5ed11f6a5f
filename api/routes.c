/* routes.c - the tables of all groups. */
#include "api/confirmations/confirmations.h"
#include "api/files/files.h"
#include "api/health/health.h"
#include "api/messages/messages.h"
#include "api/money/money.h"
#include "api/open/open.h"
#include "api/people/people.h"
#include "api/platform/platform.h"
#include "api/resources/resources.h"
#include "api/route.h"
#include "api/runs/runs.h"
#include "api/schedules/schedules.h"
#include "api/skills/skills.h"

const struct route *const route_tables[] = {
    health_routes,       people_routes,   skill_routes,    file_routes,     run_routes,
    confirmation_routes, schedule_routes, platform_routes, resource_routes, money_routes,
    message_routes,      open_routes,     NULL
};
