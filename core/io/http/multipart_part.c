#include "core/io/http/multipart_part.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/io/http/http_parameter.h"
#include "core/io/http/http_query.h"

struct lines {
    const char *disposition;
    const char *content_type;
    const char *coding;
};

static bool part_failed(struct gov_err *err, int number, const char *en, const char *zh)
{
    char path[32];

    snprintf(path, sizeof path, "part %d", number);
    gov_fail_at(err, GOV_BAD_REQUEST, path, "part_header", "part %d: %s%.0s", "第 %d 部分：%.0s%s",
                number, en, zh);
    return false;
}

/* No controls but blanks and line ends that are whole. */
static bool lines_plain(const char *header)
{
    for (const char *c = header; *c; c++) {
        if (*c == '\r' && c[1] == '\n')
            c++;
        else if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
            return false;
    }
    return true;
}

/* Cut the header into lines and pick the ones we know. False: a line that is none. */
static bool pick(char *header, struct lines *lines)
{
    for (char *line = header; *line;) {
        char *end = strstr(line, "\r\n");
        if (!end)
            return false;
        *end = 0;
        char *next = end + 2;
        if (line == end)
            return *next == 0;
        char *colon = strchr(line, ':');
        if (!colon || colon == line || *line == ' ' || *line == '\t')
            return false;
        *colon = 0;
        const char *value = colon + 1 + strspn(colon + 1, " \t");
        const char **known = strcasecmp(line, "content-disposition") == 0 ? &lines->disposition
                             : strcasecmp(line, "content-type") == 0      ? &lines->content_type
                             : strcasecmp(line, "content-transfer-encoding") == 0 ? &lines->coding
                                                                                  : NULL;
        if (known && *known)
            return false; /* said twice */
        if (known)
            *known = value;
        line = next;
    }
    return false;
}

/* filename*=UTF-8''percent-encoded (RFC 8187). */
static bool decode_extended(char *text)
{
    const char *start = strncasecmp(text, "utf-8'", 6) == 0 ? strchr(text + 6, '\'') : NULL;
    size_t bytes = start ? strlen(start + 1) : 0;

    if (!start)
        return false;
    memmove(text, start + 1, bytes + 1);
    return http_percent_decode(text, bytes, false, text) >= 0;
}

bool multipart_file_name_take(const char *disposition, char filename[MULTIPART_NAME_BYTES + 1])
{
    enum http_parameter_found plain, extended;
    char other[3 * MULTIPART_NAME_BYTES];

    *filename = 0;
    plain = http_parameter_get(disposition, "filename", filename, MULTIPART_NAME_BYTES + 1);
    extended = http_parameter_get(disposition, "filename*", other, sizeof other);
    if (plain == HTTP_PARAMETER_BAD || extended == HTTP_PARAMETER_BAD)
        return false;
    if (extended == HTTP_PARAMETER_ABSENT)
        return true;
    if (!decode_extended(other) || strlen(other) > MULTIPART_NAME_BYTES)
        return false;
    memcpy(filename, other, strlen(other) + 1);
    return true;
}

static bool field_name_good(const char *name)
{
    size_t bytes = strlen(name);
    uint32_t c;

    if (bytes == 0 || bytes > 200)
        return false;
    for (size_t i = 0, n; i < bytes; i += n) {
        n = text_utf8_decode(name + i, bytes - i, &c);
        if (n == 0 || text_code_point_hidden(c))
            return false;
    }
    return true;
}

static bool coding_good(const char *coding)
{
    return !coding || text_equal_ignoring_case(coding, "binary") ||
           text_equal_ignoring_case(coding, "8bit") || text_equal_ignoring_case(coding, "7bit");
}

static bool file_name_failed(struct gov_err *err, int number, const char *why)
{
    char path[32];

    snprintf(path, sizeof path, "part %d", number);
    return gov_fail_at(err, GOV_BAD_REQUEST, path, "file_name",
                       "the file name of part %d cannot be taken (%s)",
                       "第 %d 部分的文件名无法接受（%s）", number, why);
}

bool multipart_part_parse(char *header, size_t bytes, int number,
                          char name[MULTIPART_NAME_BYTES + 1],
                          char filename[MULTIPART_NAME_BYTES + 1], struct multipart_part *part,
                          struct gov_err *err)
{
    struct lines lines = { 0 };
    const char *why;

    if (strlen(header) != bytes || !lines_plain(header) || !pick(header, &lines))
        return part_failed(err, number, "its header is malformed", "头格式有误");
    if (!lines.disposition || !http_parameter_main_is(lines.disposition, "form-data"))
        return part_failed(err, number, "Content-Disposition: form-data is missing",
                           "缺少 Content-Disposition: form-data");
    if (http_parameter_get(lines.disposition, "name", name, MULTIPART_NAME_BYTES + 1) !=
            HTTP_PARAMETER_FOUND ||
        !field_name_good(name))
        return part_failed(err, number, "it has no good name", "没有合法的 name");
    if (!coding_good(lines.coding))
        return part_failed(err, number, "its transfer encoding is not supported",
                           "不支持其 Content-Transfer-Encoding");
    if (!multipart_file_name_take(lines.disposition, filename))
        return file_name_failed(err, number, "malformed");
    /* filename="" is a form's file field that nobody filled in. */
    if (*filename && !text_file_name_valid(filename, &why))
        return file_name_failed(err, number, why);
    part->name = name;
    part->filename = *filename ? filename : NULL;
    part->content_type = lines.content_type ? lines.content_type : "text/plain";
    return true;
}
