#include "worker/sandbox/jail/environment.h"

#include <stddef.h>

void environment_fill(const char *zone, const char *envp[ENVIRONMENT_MAX])
{
    static const char *const fixed[] = {
        "HOME=/work",
        "LANG=C.UTF-8",
        "PYTHONUTF8=1",
        "PATH=/usr/bin:/bin",
        "TMPDIR=/tmp",
        "EXECGOV_INPUT=/input/input.json",
        "EXECGOV_RESULT=/result/result.json",
    };
    size_t n = 0;

    for (; n < sizeof fixed / sizeof *fixed; n++)
        envp[n] = fixed[n];
    envp[n++] = zone;
    envp[n] = NULL;
}
