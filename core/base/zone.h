/* zone.h - names of time zones. */
#ifndef CORE_BASE_ZONE_H
#define CORE_BASE_ZONE_H

#include <stdbool.h>

/* Is it an IANA name that this machine's zoneinfo has? Never follows anything but such a name. */
bool zone_known(const char *name);

#endif
