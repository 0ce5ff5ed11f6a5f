#include "worker/intent/consult/endpoint.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/base/check.h"
#include "core/base/clock.h"

enum { FAILURES_MAX = 3, REST_US = 60 * 1000 * 1000 };

struct endpoint {
    const char *socket;
    int failures;
    int64_t rests_until_us; /* monotonic */
};

struct endpoint *endpoint_new(const char *socket)
{
    struct endpoint *e = calloc(1, sizeof *e);

    CHECK(e);
    e->socket = socket;
    return e;
}

void endpoint_free(struct endpoint *endpoint)
{
    free(endpoint);
}

const char *endpoint_socket(const struct endpoint *endpoint)
{
    return endpoint->socket;
}

bool endpoint_ready(struct endpoint *e)
{
    if (!e)
        return false;
    if (e->failures < FAILURES_MAX)
        return true;
    if (clock_mono_us() < e->rests_until_us)
        return false;
    e->rests_until_us = clock_mono_us() + REST_US; /* this one tries; the others wait for it */
    return true;
}

void endpoint_tell(struct endpoint *e, bool useful)
{
    e->failures = useful ? 0 : e->failures + 1;
    if (e->failures >= FAILURES_MAX)
        e->rests_until_us = clock_mono_us() + REST_US;
}
