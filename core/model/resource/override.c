/* override.c - "treat this as another method": frameworks look for it in headers, in the query, and in a form's
 * or a JSON body's member _method. The list is of what is known to be heeded; a name counts as such a framework
 * would read it, so ".method" and " _method" do, too. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/resource/parts.h"

enum { NAME_BYTES_MAX = 64 }; /* written with every byte escaped */

static const char member[] = "_method";

bool resource_override_header(const char *name)
{
    static const char *const names[] = { "x-http-method-override", "x-http-method",
                                         "x-method-override", "x-original-method",
                                         "x-original-url", "x-rewrite-url", NULL };
    for (const char *const *n = names; *n; n++)
        if (text_equal_ignoring_case(*n, name))
            return true;
    return false;
}

bool resource_override_name(const char *name)
{
    name += strspn(name, " \t\r\n");
    return strchr("_. [", *name) && *name && strcasecmp(name + 1, member + 1) == 0;
}

static int digit(char c)
{
    const char *known = "0123456789abcdef", *at = c ? strchr(known, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - known) : -1;
}

/* A form's name: everything up to "=". A NUL ends it for some readers, so it does here. */
static bool form_name_overrides(const char *at, size_t bytes)
{
    char name[NAME_BYTES_MAX + 1];
    size_t length = 0;

    for (size_t i = 0; i < bytes && at[i] != '=' && length < NAME_BYTES_MAX; i++) {
        char c = at[i] == '+' ? ' ' : at[i];
        if (c == '%' && i + 2 < bytes && digit(at[i + 1]) >= 0 && digit(at[i + 2]) >= 0) {
            c = (char)(digit(at[i + 1]) * 16 + digit(at[i + 2]));
            i += 2;
        }
        name[length++] = c;
    }
    name[length] = 0;
    return resource_override_name(name);
}

static bool form_overrides(const char *body, size_t bytes)
{
    for (size_t from = 0, to; from < bytes; from = to + 1) {
        for (to = from; to < bytes && body[to] != '&' && body[to] != ';'; to++)
            ;
        if (form_name_overrides(body + from, to - from))
            return true;
    }
    return false;
}

/* multipart/form-data: name="_method", with or without the quotes. */
static bool part_overrides(const char *body, size_t bytes)
{
    static const char label[] = "name=";

    for (size_t i = 0; i + sizeof label - 1 + sizeof member - 1 <= bytes; i++) {
        if (strncasecmp(body + i, label, sizeof label - 1) != 0)
            continue;
        size_t at = i + sizeof label - 1, length = 0;
        char name[NAME_BYTES_MAX + 1];
        at += at < bytes && (body[at] == '"' || body[at] == '\'');
        while (at < bytes && length < NAME_BYTES_MAX && !strchr("\"';\r\n", body[at]))
            name[length++] = body[at++];
        name[length] = 0;
        if (resource_override_name(name))
            return true;
    }
    return false;
}

/* Whatever type the caller says it is of: the partner may believe the bytes rather than him. */
bool resource_override_body(const char *body, size_t bytes, struct arena *arena)
{
    struct gov_err ignored;
    const json_t *json = json_parse(arena, body, bytes, &ignored);
    const char *name;
    json_t *value;

    if (json_is_object(json)) {
        json_object_foreach ((json_t *)json, name, value)
            if (resource_override_name(name))
                return true;
        return false;
    }
    return form_overrides(body, bytes) || part_overrides(body, bytes);
}
