#include "api/runs/stream/position.h"

#include <stdio.h>
#include <string.h>

char *position_format(const struct position *position, char text[POSITION_BYTES])
{
    snprintf(text, POSITION_BYTES, "e%lld.l%lld.%s%s", (long long)position->events,
             (long long)position->logs, position->state, position->ended ? ".end" : "");
    return text;
}

char *position_format_tenant(const struct position *position, char text[POSITION_BYTES])
{
    snprintf(text, POSITION_BYTES, "a%lld", (long long)position->audit);
    return text;
}

/* `letter` and at most 18 digits. NULL: it is something else. */
static const char *take_number(const char *text, char letter, int64_t *number)
{
    int digits = 0;

    if (!text || *text++ != letter)
        return NULL;
    for (*number = 0; *text >= '0' && *text <= '9' && digits < 18; digits++)
        *number = *number * 10 + (*text++ - '0');
    return digits ? text : NULL;
}

static const char *take_dot(const char *text)
{
    return text && *text == '.' ? text + 1 : NULL;
}

bool position_parse(const char *text, struct position *position)
{
    struct position p = { 0 };

    text = take_dot(take_number(text, 'e', &p.events));
    text = take_dot(take_number(text, 'l', &p.logs));
    if (!text)
        return false;
    size_t bytes = strspn(text, "abcdefghijklmnopqrstuvwxyz_");
    if (bytes >= sizeof p.state)
        return false;
    memcpy(p.state, text, bytes);
    p.ended = strcmp(text + bytes, ".end") == 0;
    if (!p.ended && text[bytes])
        return false;
    *position = p;
    return true;
}

bool position_parse_tenant(const char *text, struct position *position)
{
    struct position p = { 0 };

    text = take_number(text, 'a', &p.audit);
    if (!text || *text)
        return false;
    *position = p;
    return true;
}
