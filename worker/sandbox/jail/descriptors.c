/* descriptors.c - the gaps between the kept ones are closed, one call a gap. */
#include "worker/sandbox/jail/descriptors.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int int_compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

bool descriptors_keep(int *keep, int count)
{
    int next = 0;

    qsort(keep, (size_t)count, sizeof *keep, int_compare);
    for (int i = 0; i < count; i++) {
        if (keep[i] < next)
            continue;
        if (keep[i] > next && syscall(SYS_close_range, next, keep[i] - 1, 0) < 0)
            return false;
        next = keep[i] + 1;
    }
    return syscall(SYS_close_range, next, ~0U, 0) == 0;
}

bool descriptors_place_broker(int broker, int *channel)
{
    if (*channel == DESCRIPTOR_BROKER)
        *channel = fcntl(*channel, F_DUPFD_CLOEXEC, DESCRIPTOR_BROKER + 1);
    if (*channel <= DESCRIPTOR_BROKER)
        return false;
    return broker == DESCRIPTOR_BROKER ? fcntl(broker, F_SETFD, 0) == 0
                                       : dup2(broker, DESCRIPTOR_BROKER) == DESCRIPTOR_BROKER;
}

bool descriptors_occupy_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd >= 0 && close(fd) == 0;
}
