/* A method and a path, separated by a line feed: at most one route answers, its parameters are what stands in the
 * path, and what is no route's method is said to be allowed nowhere. */
#include <stdint.h>
#include <string.h>

#include "api/route.h"
#include "core/base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The path that a match was made from. */
static const char *built(const struct route_match *match, struct arena *arena)
{
    const char *path = "";
    int count = 0;

    for (const char *at = match->route->pattern; *at;) {
        size_t plain = strcspn(at, "{");
        path = arena_format(arena, "%s%.*s", path, (int)plain, at);
        at += plain;
        if (!*at)
            break;
        CHECK(count < ROUTE_PARAMS_MAX && match->params[count]);
        CHECK(*match->params[count] && !strchr(match->params[count], '/'));
        path = arena_format(arena, "%s%s", path, match->params[count++]);
        at = strchr(at, '}') + 1;
    }
    return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct route_match match;
    struct arena arena;

    if (bytes > 8000)
        return 0;
    arena_init(&arena);
    char *method = arena_copy(&arena, data, bytes), *path = strchr(method, '\n');
    if (path) {
        *path++ = 0;
        route_find(method, path, &arena, &match);
        if (match.route) {
            CHECK(strcmp(match.route->method, strcmp(method, "HEAD") == 0 ? "GET" : method) == 0);
            CHECK(strcmp(built(&match, &arena), path) == 0);
        } else if (match.allow) {
            CHECK(*match.allow && !strstr(match.allow, "  "));
        }
    }
    arena_release(&arena);
    return 0;
}
