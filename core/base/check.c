#include "core/base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "{\"level\":\"error\",\"event\":\"check.failed\",\"what\":\"%s\",\"at\":\"%s:%d\"}\n",
            what, file, line);
    abort();
}
