#include "cli/file_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"

bool file_text_read(struct cli *cli, const char *path, size_t bytes_max, const char **text,
                    size_t *bytes, struct gov_err *err)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *in = standard ? stdin : fopen(path, "re");
    struct buf all = { 0 };
    size_t got = 0;

    if (!in)
        return gov_fail(err, GOV_INVALID_INPUT, "cannot read %s: %s", "无法读取 %s：%s", path,
                        strerror(errno));
    do {
        got = fread(buf_reserve(&all, 65536), 1, 65536, in);
        all.length += got;
    } while (got > 0 && all.length <= bytes_max);
    bool broken = ferror(in) != 0;
    if (!standard)
        fclose(in);
    *text = arena_copy(&cli->arena, buf_text(&all), all.length);
    *bytes = all.length;
    buf_release(&all);
    if (broken)
        return gov_fail(err, GOV_INVALID_INPUT, "cannot read %s", "无法读取 %s", path);
    return *bytes <= bytes_max || gov_fail(err, GOV_BODY_TOO_LARGE, "%s is larger than %zu bytes",
                                           "%s 超过 %zu 字节", path, bytes_max);
}
