#include "api/skills/skills.h"

const struct route skill_routes[] = {
    { 0 }
};
