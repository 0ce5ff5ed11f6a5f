/* people.h - the endpoints of this folder. The table of their routes is people/routes.c. */
#ifndef API_PEOPLE_PEOPLE_H
#define API_PEOPLE_PEOPLE_H

#include <stddef.h>

#include "api/route.h"

extern const struct route people_routes[];

#endif
