/* glob.c - one row of booleans: may the first i characters of the pattern stand for the path so
 * far?
 *
 * The backtracking matcher everybody writes first takes exponential time on "*a*a*a*…", and the
 * pattern comes from a tenant.
 */
#include "worker/sandbox/harvest/glob.h"

#include <string.h>

enum { PATTERN_MAX = 256 };

/* Positions from which the pattern may go on without taking a character: behind "*", and, where a
 * component of the path begins, behind a whole component of two stars. */
static void close_row(const char *pattern, size_t n, bool begins, bool *row)
{
    for (size_t i = 0; i < n; i++) {
        if (!row[i] || pattern[i] != '*')
            continue;
        row[i + 1] = true;
        bool whole = begins && pattern[i + 1] == '*' && (i == 0 || pattern[i - 1] == '/');
        if (whole && pattern[i + 2] == '/')
            row[i + 3] = true;
    }
}

static bool crosses(const char *pattern, size_t i)
{
    return pattern[i] == '*' && (pattern[i + 1] == '*' || (i > 0 && pattern[i - 1] == '*'));
}

bool glob_match(const char *pattern, const char *path)
{
    bool row[PATTERN_MAX + 4] = { true }, next[PATTERN_MAX + 4];
    size_t n = strlen(pattern);

    if (n > PATTERN_MAX)
        return false;
    close_row(pattern, n, true, row);
    for (; *path; path++) {
        memset(next, 0, sizeof next);
        for (size_t i = 0; i < n; i++) {
            if (!row[i])
                continue;
            if (pattern[i] == '*')
                next[i] |= *path != '/' || crosses(pattern, i);
            else if (pattern[i] == *path || (pattern[i] == '?' && *path != '/'))
                next[i + 1] = true;
        }
        close_row(pattern, n, *path == '/', next);
        memcpy(row, next, sizeof row);
    }
    return row[n];
}
