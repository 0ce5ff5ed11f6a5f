/* platform.h - the endpoints of the people who run the platform. The table of their routes is
 * platform/routes.c; whoever has no platform role gets 404 for all of them. */
#ifndef API_PLATFORM_PLATFORM_H
#define API_PLATFORM_PLATFORM_H

#include "api/endpoint.h"

ENDPOINT(tenant_list);
ENDPOINT(tenant_get);
ENDPOINT(tenant_create);
ENDPOINT(tenant_owner);
ENDPOINT(tenant_suspend);
ENDPOINT(tenant_resume);
ENDPOINT(tenant_drop_get);
ENDPOINT(tenant_drop_begin);
ENDPOINT(tenant_drop_continue);
ENDPOINT(user_list);
ENDPOINT(user_reset);
ENDPOINT(user_invite);
ENDPOINT(role_give);
ENDPOINT(role_take);
ENDPOINT(platform_audit);
ENDPOINT(worker_list);
ENDPOINT(worker_drain);
ENDPOINT(queue_list);
ENDPOINT(dead_letter_list);
ENDPOINT(dead_letter_get);
ENDPOINT(dead_letter_redrive);
ENDPOINT(dead_letter_discard);
ENDPOINT(dead_letter_many);
ENDPOINT(limit_list);
ENDPOINT(limit_get);
ENDPOINT(limit_change);
ENDPOINT(job_get);

extern const struct route platform_routes[];

#endif
