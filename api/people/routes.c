#include "api/people/people.h"

const struct route people_routes[] = {
    { 0 }
};
