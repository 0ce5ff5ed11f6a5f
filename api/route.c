#include "api/route.h"

#include <string.h>

#include "core/base/buf.h"

/* Does `path` fit `pattern`? Fills params with the texts of {…}, in order. */
static bool fits(const char *pattern, const char *path, struct arena *arena, const char **params)
{
    int count = 0;

    while (*pattern && *path) {
        if (*pattern == '{') {
            size_t bytes = strcspn(path, "/");
            if (bytes == 0 || count == ROUTE_PARAMS_MAX)
                return false;
            params[count++] = arena_copy(arena, path, bytes);
            path += bytes;
            pattern = strchr(pattern, '}') + 1;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return !*pattern && !*path;
}

/* Two patterns may fit ("/v1/skills/{name}", "/v1/skills/x"): the one without a parameter there wins,
 * because literal rows stand first in their table. */
void route_find(const char *method, const char *path, struct arena *arena,
                struct route_match *match)
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    struct buf allow = { 0 };

    memset(match, 0, sizeof *match);
    for (const struct route *const *table = route_tables; *table; table++) {
        for (const struct route *r = *table; r->method; r++) {
            const char *params[ROUTE_PARAMS_MAX] = { 0 };
            if (!fits(r->pattern, path, arena, params))
                continue;
            if (strcmp(r->method, wanted) == 0) {
                match->route = r;
                memcpy(match->params, params, sizeof params);
                buf_release(&allow);
                return;
            }
            if (!strstr(buf_text(&allow), r->method))
                buf_addf(&allow, "%s%s", allow.length ? ", " : "", r->method);
        }
    }
    match->allow = allow.length ? arena_text(arena, allow.data) : NULL;
    buf_release(&allow);
}
