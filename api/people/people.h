/* people.h - the endpoints of people: who they are, where they belong, their tokens, their tenant's
 * settings and audit. The table of their routes is people/routes.c. */
#ifndef API_PEOPLE_PEOPLE_H
#define API_PEOPLE_PEOPLE_H

#include "api/endpoint.h"

ENDPOINT(login);
ENDPOINT(logout);
ENDPOINT(me_get);
ENDPOINT(me_patch);

extern const struct route people_routes[];

#endif
