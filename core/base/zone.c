#include "core/base/zone.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Does the file begin as RFC 9636 says? */
static bool holds_zone(const char *path)
{
    char magic[4];
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    bool good = read(fd, magic, sizeof magic) == sizeof magic && memcmp(magic, "TZif", 4) == 0;
    close(fd);
    return good;
}

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
    /* Besides zones the folder holds folders, lists, the machine's own zone, and the same again with
     * leap seconds. */
    if (strcmp(name, "localtime") == 0 || strncmp(name, "posix", 5) == 0 ||
        strncmp(name, "right/", 6) == 0)
        return false;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    return holds_zone(path);
}
