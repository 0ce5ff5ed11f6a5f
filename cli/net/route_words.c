/* route_words.c - a route is known only whole: one that goes on behind what a row says is another route. */
#include "cli/net/route_words.h"

#include <ctype.h>
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
    { "GET /v1/editions", "billing offers" },
    { "POST /v1/orders", "billing order" },
    { "POST /v1/orders/{}/cancel", "billing cancel {}" },
    { "GET /v1/subscription", "billing show" },
    { "GET …/approvals", "order approvals" },
    { "POST …/approvals/{}/approve", "order approve {}" },
    { "GET …/customers", "customer ls" },
    { "GET …/customers/{}", "customer show {}" },
    { "GET …/deliveries", "deliveries ls" },
    { "POST …/deliveries/{}/send-again", "deliveries again {}" },
    { "GET …/editions", "edition ls" },
    { "POST …/editions", "edition create" },
    { "GET …/editions/{}", "edition show {}" },
    { "POST …/editions/{}/versions", "edition version {}" },
    { "GET …/finance-tasks", "task ls" },
    { "GET …/invoices", "invoice ls" },
    { "GET …/money-rules", "order rules" },
    { "GET …/orders/{}", "order show {}" },
    { "POST …/orders/{}/cancel", "order cancel {}" },
    { "POST …/orders", "order create" },
    { "GET …/payments?state=credit", "payment ls --state credit" },
    { "GET …/payments?state=unapplied", "payment ls --state unapplied" },
    { "GET …/payments/{}", "payment show {}" },
    { "POST …/payments/{}/return", "payment return {}" },
    { "GET …/periods", "period ls" },
    { "GET …/periods/{}", "period check {}" },
    { "POST …/periods/{}/reopen", "period reopen {}" },
    { "GET …/reminder-policies", "reminder-policy ls" },
    { "GET …/reports", "report ls" },
    { "GET …/sellers", "invoice sellers" },
    { "PUT …/sellers/{}", "invoice seller {}" },
    { "GET …/subscriptions", "subscription ls" },
    { "GET …/subscriptions/{}", "subscription show {}" },
    { "GET …/subscriptions/{}/explain", "lifecycle explain {}" },
    { "POST …/subscriptions/{}/notice", "subscription notice {}" },
    { "POST …/subscriptions/{}/override", "subscription override {}" },
    { "POST …/subscriptions/{}/terminate", "subscription terminate {}" },
    { "GET …/tenants/{}/drop", "tenant show {}" },
    { "POST …/tenants/{}/drop", "tenant drop {}" },
    { "POST …/tenants/{}/drop/continue", "tenant drop {}" },
    { "POST /v1/login {\"tenant\": \"platform\"}", "login --tenant platform" },
    { "POST /v1/login {\"tenant\": ID}", "login --tenant ID" },
    { NULL, NULL },
};

static const char segment[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_{}";

/* How long what "…" of a row stands for is at `text`; 0: it is something else. */
static size_t platform_bytes(const char *text)
{
    static const char *const spelled[] = { "…", "/v1/platform" };

    for (size_t i = 0; i < sizeof spelled / sizeof *spelled; i++)
        if (strncmp(text, spelled[i], strlen(spelled[i])) == 0)
            return strlen(spelled[i]);
    return 0;
}

/* How many bytes at `text` are this route; 0: it is another one. `name` gets its last "{}" and how long that is. */
static size_t matches(const char *text, const char *route, const char **name, size_t *name_bytes)
{
    const char *at = text;

    while (*route) {
        if (strncmp(route, "…", strlen("…")) == 0) {
            size_t bytes = platform_bytes(at);
            if (!bytes)
                return 0;
            at += bytes;
            route += strlen("…");
        } else if (strncmp(route, "{}", 2) == 0) {
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
    /* A name that the text leaves open, {id}, is written as commands write theirs. */
    if (gap && *name == '{')
        for (size_t i = 1; i + 1 < name_bytes; i++)
            buf_add_char(out, (char)toupper((unsigned char)name[i]));
    else if (gap)
        buf_add(out, name, name_bytes);
    buf_add_char(out, '`');
}

const char *route_words_in(const char *text, struct arena *arena)
{
    struct buf out = { 0 };

    if (!strstr(text, " /v1/") && !strstr(text, " …/"))
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
