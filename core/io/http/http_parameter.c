#include "core/io/http/http_parameter.h"

#include <string.h>
#include <strings.h>

static const char blanks[] = " \t";

bool http_parameter_main_is(const char *value, const char *token)
{
    size_t bytes = strlen(token);

    value += strspn(value, blanks);
    if (strncasecmp(value, token, bytes) != 0)
        return false;
    value += bytes;
    value += strspn(value, blanks);
    return *value == 0 || *value == ';';
}

/* The value at *at, quoted or not, into out (NULL: skip it). False: malformed or no room. */
static bool take_value(const char **at, char *out, size_t room)
{
    const char *c = *at;
    bool quoted = *c == '"';
    size_t length = 0;

    for (c += quoted; *c && (quoted ? *c != '"' : !strchr("; \t\"", *c)); c++) {
        if (quoted && *c == '\\' && *++c == 0)
            return false;
        if (out) {
            if (length + 1 >= room)
                return false;
            out[length] = *c;
        }
        length++;
    }
    if (out)
        out[length] = 0;
    if (quoted ? *c != '"' : length == 0)
        return false;
    *at = c + quoted;
    return true;
}

enum http_parameter_found http_parameter_get(const char *value, const char *name, char *out,
                                             size_t room)
{
    enum http_parameter_found found = HTTP_PARAMETER_ABSENT;
    size_t name_bytes = strlen(name);
    const char *at = value + strcspn(value, ";");

    while (*at == ';') {
        at++;
        at += strspn(at, blanks);
        if (*at == 0)
            break; /* a trailing ';' is common */
        size_t bytes = strcspn(at, "=; \t\"");
        bool wanted = bytes == name_bytes && strncasecmp(at, name, bytes) == 0;
        at += bytes;
        if (bytes == 0 || *at++ != '=' || (wanted && found) ||
            !take_value(&at, wanted ? out : NULL, room))
            return HTTP_PARAMETER_BAD;
        if (wanted)
            found = HTTP_PARAMETER_FOUND;
        at += strspn(at, blanks);
    }
    return *at == 0 ? found : HTTP_PARAMETER_BAD;
}
