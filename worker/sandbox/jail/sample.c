/* sample.c - /proc/<pid>/stat, fields 20 (threads) and 24 (resident pages). */
#include "worker/sandbox/jail/sample.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void sample_one(const char *pid, struct sample *sample)
{
    char path[64], text[1024];
    unsigned long long threads = 0, pages = 0;

    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return;
    text[n] = 0;
    char *rest = strrchr(text, ')'); /* a process may put blanks into its name */
    if (!rest || sscanf(rest + 1,
                        " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu "
                        "%*s %*s %*s %llu", &threads, &pages) != 2)
        return;
    sample->processes += threads;
    sample->memory_bytes += pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

bool sample_take(struct sample *sample)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    bool any = false;

    memset(sample, 0, sizeof *sample);
    while (d && (e = readdir(d))) {
        if (e->d_name[0] < '1' || e->d_name[0] > '9')
            continue;
        any = true;
        if (strcmp(e->d_name, "1") != 0)
            sample_one(e->d_name, sample);
    }
    if (d)
        closedir(d);
    return any;
}
