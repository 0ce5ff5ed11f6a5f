#include "worker/run/output_mark.h"

#include <string.h>

static const struct mark {
    const char *text;
    size_t bytes_max;
} marks[] = {
    [MARK_PROGRESS] = { "::progress ", 200 },
    [MARK_MISSING] = { "::missing ", 400 },
    [MARK_REFUSED] = { "::refused ", OUTPUT_MARK_BYTES_MAX },
};

enum output_mark output_mark_read(const char *line, size_t bytes, const char **words)
{
    for (int i = MARK_PROGRESS; i <= MARK_REFUSED; i++) {
        size_t mark = strlen(marks[i].text);
        if (bytes <= mark || bytes >= marks[i].bytes_max || memcmp(line, marks[i].text, mark) != 0)
            continue;
        *words = line + mark;
        return (enum output_mark)i;
    }
    return MARK_NONE;
}

bool output_mark_may_be(const char *beginning, size_t bytes)
{
    for (int i = MARK_PROGRESS; i <= MARK_REFUSED; i++) {
        size_t mark = strlen(marks[i].text);
        if (bytes < marks[i].bytes_max && memcmp(beginning, marks[i].text, bytes < mark ? bytes : mark) == 0)
            return true;
    }
    return false;
}
