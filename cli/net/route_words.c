/* route_words.c - a route is known only whole: one that goes on behind what a row says is another route. */
#include "cli/net/route_words.h"

#include <string.h>

#include "core/base/buf.h"

const struct route_word route_words[] = {
    { "GET /v1/skills", "list" },
    { "GET /v1/skills/{}", "skill show {}" },
    { "GET /v1/skills/{}/why", "skill why {}" },
    { "PUT /v1/skills/{}/bindings", "skill allow {}" },
    { "GET /v1/members", "members ls" },
    { "POST /v1/members", "members invite" },
    { "PATCH /v1/members/{}", "members role" },
    { "GET /v1/me", "whoami" },
    { "POST /v1/files", "files put" },
    { "POST /v1/runs/{}/rerun", "runs rerun {}" },
    { "POST /v1/requests/{}/confirm", "confirmations confirm {}" },
    { "GET /v1/platform/reports", "report ls" },
    { "GET /v1/platform/periods/{}", "period check {}" },
    { "POST /v1/login {\"tenant\": \"platform\"}", "login --tenant platform" },
    { "POST /v1/login {\"tenant\": ID}", "login --tenant ID" },
    { NULL, NULL },
};

static const char segment[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_{}";

/* How many bytes at `text` are this route; 0: it is another one. `name` gets its last "{}" and how long that is. */
static size_t matches(const char *text, const char *route, const char **name, size_t *name_bytes)
{
    const char *at = text;

    while (*route) {
        if (strncmp(route, "{}", 2) == 0) {
            *name = at;
            *name_bytes = strspn(at, segment);
            if (!*name_bytes)
                return 0;
            at += *name_bytes;
            route += 2;
        } else if (*at++ != *route++) {
            return 0;
        }
    }
    return *at == '/' || strspn(at, segment) ? 0 : (size_t)(at - text);
}

static void add_command(struct buf *out, const char *command, const char *name, size_t name_bytes)
{
    const char *gap = strstr(command, "{}");

    buf_add_text(out, "`execgov ");
    buf_add(out, command, gap ? (size_t)(gap - command) : strlen(command));
    if (gap)
        buf_add(out, name, name_bytes);
    buf_add_char(out, '`');
}

const char *route_words_in(const char *text, struct arena *arena)
{
    struct buf out = { 0 };

    if (!strstr(text, " /v1/"))
        return text;
    for (const char *at = text; *at;) {
        const struct route_word *w = route_words;
        const char *name = "";
        size_t bytes = 0, name_bytes = 0;
        while (w->route && !(bytes = matches(at, w->route, &name, &name_bytes)))
            w++;
        if (bytes)
            add_command(&out, w->command, name, name_bytes);
        else
            buf_add_char(&out, *at);
        at += bytes ? bytes : 1;
    }
    const char *copy = arena_copy(arena, out.data, out.length);
    buf_release(&out);
    return copy;
}
