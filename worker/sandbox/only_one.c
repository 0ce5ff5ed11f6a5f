#include "worker/sandbox/only_one.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/file.h>

enum { TRIES = 150, PAUSE_MS = 20 };

bool only_one_lock(int fd)
{
    for (int i = 0; i < TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK)
            return false;
        poll(NULL, 0, PAUSE_MS);
    }
    return false;
}
