#include "core/io/db/db_refused.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool names(char c)
{
    return islower((unsigned char)c) || isdigit((unsigned char)c) || c == '_';
}

/* The context has a line a level, innermost first, in the server's language: "PL/pgSQL function public.NAME(types) line 12 at PERFORM".
 * Lines of a statement's own text lie between them, and may call functions, too. */
void db_refused_by(const char *context, char *name, size_t size)
{
    name[0] = 0;
    for (const char *line = context; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        size_t length = strcspn(line, "\n");
        const char *language = strstr(line, "PL/pgSQL");
        const char *open = memchr(line, '(', length), *start = open;

        if (!open || !language || language > open)
            continue;
        while (start > line && names(start[-1]))
            start--;
        if (start == open || strncmp(start, "gov_must(", 9) == 0)
            continue;
        snprintf(name, size, "%.*s", (int)(open - start), start);
        return;
    }
}

bool db_refused(const PGresult *result, const char *query, struct gov_err *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    char wire[64], function[64];

    if (!state || strcmp(state, "GV000") != 0 || !message || sscanf(message, "%63[a-z_]", wire) != 1)
        return false;
    enum gov_code code = gov_code_from_wire(wire);
    if (!strstr(message, ": " DB_GIVEN_UP))
        return !gov_fail_cause(err, code, "%s", message);
    db_refused_by(PQresultErrorField(result, PG_DIAG_CONTEXT), function, sizeof function);
    return !gov_fail_cause(err, code, "%s by %s%s", message, *function ? function : query, *function ? "()" : "");
}
