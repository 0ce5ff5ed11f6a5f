/* heard.c - a ring of the newest. */
#include "worker/heard.h"

#include <stdio.h>
#include <string.h>

void heard_note(struct heard *heard, const char *schema, const struct id *request)
{
    uint64_t at = heard->count++ % HEARD_KEPT;

    snprintf(heard->latest[at].schema, sizeof heard->latest[at].schema, "%s", schema);
    heard->latest[at].request = request ? *request : (struct id){ .text = "" };
}

bool heard_since(const struct heard *heard, uint64_t since, const char *schema, const struct id *request)
{
    if (heard->count - since > HEARD_KEPT)
        return true;
    for (uint64_t i = since; i < heard->count; i++) {
        const char *of = heard->latest[i % HEARD_KEPT].request.text;
        if ((!*of || strcmp(of, request->text) == 0) && strcmp(heard->latest[i % HEARD_KEPT].schema, schema) == 0)
            return true;
    }
    return false;
}
