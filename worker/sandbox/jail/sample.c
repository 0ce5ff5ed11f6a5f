/* sample.c - /proc/<pid>/stat, field 20 (threads), and the Pss of smaps_rollup: resident pages
 * would count what forked processes share once for each of them. */
#include "worker/sandbox/jail/sample.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool proc_read(const char *pid, const char *file, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%.20s/%s", pid, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, size - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return false;
    text[n] = 0;
    return true;
}

static void sample_one(const char *pid, struct sample *sample)
{
    char text[4096];
    unsigned long long threads = 0, kilobytes = 0;

    if (proc_read(pid, "stat", text, sizeof text)) {
        char *rest = strrchr(text, ')'); /* a process may put blanks into its name */
        if (rest &&
            sscanf(rest + 1,
                   " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
                   &threads) == 1)
            sample->processes += threads;
    }
    if (proc_read(pid, "smaps_rollup", text, sizeof text)) {
        char *pss = strstr(text, "\nPss:");
        if (pss && sscanf(pss, " Pss: %llu", &kilobytes) == 1)
            sample->memory_bytes += kilobytes * 1024;
    }
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
