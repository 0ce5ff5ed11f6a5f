#include "core/model/media_type.h"

#include <stddef.h>
#include <string.h>

#include "core/base/text.h"

enum { MEDIA_TYPE_BYTES_MAX = 100 };

const char *media_type_of_name(const char *name)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        { ".csv", "text/csv; charset=utf-8" },
        { ".json", "application/json" },
        { ".tsv", "text/tab-separated-values; charset=utf-8" },
        { ".txt", "text/plain; charset=utf-8" },
        { ".log", "text/plain; charset=utf-8" },
        { ".md", "text/markdown; charset=utf-8" },
        { ".svg", "image/svg+xml" },
        { ".png", "image/png" },
        { ".jpg", "image/jpeg" },
        { ".jpeg", "image/jpeg" },
        { ".gif", "image/gif" },
        { ".pdf", "application/pdf" },
        { ".html", "text/html; charset=utf-8" },
        { ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
        { ".zip", "application/zip" },
        { ".tar.gz", "application/gzip" },
        { ".tgz", "application/gzip" },
        { ".gz", "application/gzip" },
        { ".xml", "application/xml" },
    };
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t n = strlen(types[i].ending);
        if (length > n && text_equal_ignoring_case(name + length - n, types[i].ending))
            return types[i].type;
    }
    return "application/octet-stream";
}

bool media_type_valid(const char *text)
{
    const char *slash = strchr(text, '/');

    if (!slash || slash == text || !slash[1] || strlen(text) > MEDIA_TYPE_BYTES_MAX)
        return false;
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}
