/* platform.h - the endpoints of this folder. The table of their routes is platform/routes.c. */
#ifndef API_PLATFORM_PLATFORM_H
#define API_PLATFORM_PLATFORM_H

#include <stddef.h>

#include "api/route.h"

extern const struct route platform_routes[];

#endif
