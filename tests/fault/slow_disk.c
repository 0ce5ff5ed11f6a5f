/* slow_disk.c - a disk that takes its time, for servers whose files nobody needs after the test (LD_PRELOAD).
 *
 *     EXECGOV_SLOW_DISK=FILE   how many milliseconds a flush takes just now, as text; read at each one
 *
 * A flush is not done: a machine that loses its power takes the test with it. So a server may flush as it does
 * in earnest, which costs nothing until somebody writes a number.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int flush(void)
{
    const char *path = getenv("EXECGOV_SLOW_DISK");
    char text[16] = "";
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (file < 0)
        return 0;
    ssize_t got = read(file, text, sizeof text - 1);
    close(file);
    long ms = got > 0 ? strtol(text, NULL, 10) : 0;
    struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    while (ms > 0 && nanosleep(&left, &left) != 0)
        ; /* a signal does not make a disk faster */
    return 0;
}

int fsync(int file)
{
    (void)file;
    return flush();
}

int fdatasync(int file)
{
    (void)file;
    return flush();
}
