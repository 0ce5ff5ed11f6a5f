#include "core/base/zone.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool zone_known(const char *name)
{
    char path[128];

    if (!name || !*name || strlen(name) > 60 || name[0] == '/' || strstr(name, ".."))
        return false;
    if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") !=
        strlen(name))
        return false;
    if (strcmp(name, "UTC") == 0)
        return true;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    return access(path, R_OK) == 0;
}
