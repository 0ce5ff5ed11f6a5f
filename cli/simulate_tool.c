#include "cli/simulate_tool.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_MISSING = 5 };

int simulate_tool_main(int argc, char **argv)
{
    static const char name[] = "execgov-simulate";
    char path[PATH_MAX + sizeof name];
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

    (void)argc;
    path[length > 0 ? length : 0] = 0;
    char *slash = strrchr(path, '/');
    snprintf(slash ? slash + 1 : path, sizeof name, "%s", name);
    execv(path, argv);
    fprintf(stderr, "execgov lifecycle simulate: %s cannot be started: it comes with the server's packages\n"
                    "execgov lifecycle simulate：无法启动 %s，它随服务器软件包提供\n", path, path);
    return EXIT_MISSING;
}
