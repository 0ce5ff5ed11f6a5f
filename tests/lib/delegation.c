/* delegation.c - a folder in each hierarchy, given to the user that nobody is. */
#include "tests/lib/delegation.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534, HIERARCHIES = 3 };

static const char *const hierarchies[HIERARCHIES] = { "memory", "pids", "cpuacct" };
static char folders[HIERARCHIES][96];

static bool enter(const char *folder)
{
    char path[128];

    snprintf(path, sizeof path, "%s/cgroup.procs", folder);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, "0", 1) == 1;
    if (fd >= 0)
        close(fd);
    return ok;
}

bool delegation_enter(void)
{
    for (int i = 0; i < HIERARCHIES; i++) {
        char path[160];
        snprintf(folders[i], sizeof folders[i], "/sys/fs/cgroup/%s/execgov-test-%d", hierarchies[i],
                 getpid());
        if (mkdir(folders[i], 0755) < 0 || chown(folders[i], NOBODY, NOBODY) < 0)
            return false;
        snprintf(path, sizeof path, "%s/cgroup.procs", folders[i]);
        if (chown(path, NOBODY, NOBODY) < 0 || !enter(folders[i]))
            return false;
    }
    return true;
}

void delegation_leave(void)
{
    for (int i = 0; i < HIERARCHIES; i++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s", hierarchies[i]);
        enter(path);
    }
}

void delegation_remove(void)
{
    delegation_leave();
    for (int i = 0; i < HIERARCHIES; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/execgov", folders[i]);
        rmdir(path);
        rmdir(folders[i]);
    }
}
