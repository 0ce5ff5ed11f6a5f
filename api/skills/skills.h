/* skills.h - the endpoints of this folder. The table of their routes is skills/routes.c. */
#ifndef API_SKILLS_SKILLS_H
#define API_SKILLS_SKILLS_H

#include "api/endpoint.h"

ENDPOINT(skill_create);
ENDPOINT(skill_list);
ENDPOINT(skill_get);
ENDPOINT(skill_update);
ENDPOINT(version_list);
ENDPOINT(skill_version_get);
ENDPOINT(version_review);
ENDPOINT(version_publish);
ENDPOINT(version_yank);
ENDPOINT(version_try);
ENDPOINT(version_sign);
ENDPOINT(skill_rollback);
ENDPOINT(bindings_get);
ENDPOINT(bindings_put);
ENDPOINT(skill_why);
ENDPOINT(skill_warm);
ENDPOINT(unmet_list);
ENDPOINT(unmet_approve);
ENDPOINT(unmet_reject);

extern const struct route skill_routes[];

#endif
