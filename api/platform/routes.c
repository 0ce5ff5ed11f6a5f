#include "api/platform/platform.h"

const struct route platform_routes[] = {
    { 0 }
};
