/* skills.h - the endpoints of this folder. The table of their routes is skills/routes.c. */
#ifndef API_SKILLS_SKILLS_H
#define API_SKILLS_SKILLS_H

#include <stddef.h>

#include "api/route.h"

extern const struct route skill_routes[];

#endif
