/* multipart.c - one byte state machine, with memchr over the bulk of the data.
 *
 * The delimiter is CR LF "--" boundary, and the boundary cannot contain CR. So
 * when a match breaks off, what was held back is data and the only place where
 * a new match can begin is the byte at hand: no backtracking, and nothing needs
 * to be kept but the number of bytes matched. The body is read as if a CR LF
 * came before it, which makes the first delimiter like all others.
 */
#include "core/io/http/multipart.h"

#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/io/http/http_parameter.h"
#include "core/io/http/multipart_part.h"

enum {
    PREAMBLE,  /* before the first delimiter: thrown away */
    DATA,      /* of a part */
    DELIMITED, /* right after a delimiter */
    LAST_DASH, /* after one dash behind it */
    PADDING,   /* blanks behind it */
    LINE_END,  /* CR seen, LF wanted */
    HEADER,    /* of a part */
    EPILOGUE,  /* after the last delimiter: thrown away */
};

static bool bad_boundary_text(struct gov_err *err)
{
    return gov_fail(
        err, GOV_BAD_REQUEST,
        "Content-Type: multipart/form-data needs a boundary of 1 to 70 plain characters",
        "multipart/form-data 的 Content-Type 需要 1 至 70 个普通字符的 boundary");
}

bool multipart_init(struct multipart *m, const char *content_type, int parts_max,
                    const struct multipart_handlers *handlers, void *ctx, struct gov_err *err)
{
    char boundary[MULTIPART_BOUNDARY_BYTES + 1];

    memset(m, 0, sizeof *m);
    if (!content_type || !http_parameter_main_is(content_type, "multipart/form-data"))
        return gov_fail(err, GOV_UNSUPPORTED_MEDIA_TYPE, "send this as multipart/form-data",
                        "请以 multipart/form-data 格式发送");
    if (http_parameter_get(content_type, "boundary", boundary, sizeof boundary) !=
            HTTP_PARAMETER_FOUND ||
        !*boundary)
        return bad_boundary_text(err);
    for (const char *c = boundary; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
            return bad_boundary_text(err);
    m->delimiter_bytes = (size_t)snprintf(m->delimiter, sizeof m->delimiter, "\r\n--%s", boundary);
    m->handlers = handlers;
    m->ctx = ctx;
    m->parts_max = parts_max > 0 ? parts_max : MULTIPART_PARTS_MAX;
    m->state = PREAMBLE;
    m->matched = 2;
    return true;
}

static bool emit(struct multipart *m, const char *data, size_t bytes, struct gov_err *err)
{
    return m->state != DATA || bytes == 0 || m->handlers->on_data(m->ctx, data, bytes, err);
}

/* Bytes of a preamble or a part, up to and with the next delimiter. Returns what was used, -1 on a
 * handler's failure. */
static long take_data(struct multipart *m, const char *data, size_t bytes, struct gov_err *err)
{
    size_t at = 0;

    while (at < bytes) {
        if (m->matched == 0) {
            const char *cr = memchr(data + at, '\r', bytes - at);
            size_t plain = cr ? (size_t)(cr - data) - at : bytes - at;
            if (!emit(m, data + at, plain, err))
                return -1;
            at += plain;
            if (!cr)
                break;
        }
        if (data[at] == m->delimiter[m->matched]) {
            at++;
            if (++m->matched == m->delimiter_bytes) {
                m->matched = 0;
                if (m->state == DATA && !m->handlers->on_part_end(m->ctx, err))
                    return -1;
                m->state = DELIMITED;
                break;
            }
        } else { /* what was held back is data; look at this byte again */
            size_t held = m->matched;
            m->matched = 0;
            if (!emit(m, m->delimiter, held, err))
                return -1;
        }
    }
    return (long)at;
}

static bool begin_part(struct multipart *m, struct gov_err *err)
{
    struct multipart_part part;
    char name[MULTIPART_NAME_BYTES + 1], filename[MULTIPART_NAME_BYTES + 1];

    if (++m->parts > m->parts_max)
        return gov_fail(err, GOV_BAD_REQUEST, "the body has more than %d parts",
                        "请求体超过 %d 个部分", m->parts_max);
    m->header[m->header_bytes] = 0;
    if (!multipart_part_parse(m->header, m->header_bytes, m->parts, name, filename, &part, err))
        return false;
    m->header_bytes = 0;
    m->state = DATA;
    return m->handlers->on_part(m->ctx, &part, err);
}

static bool take_header(struct multipart *m, char c, struct gov_err *err)
{
    if (m->header_bytes >= MULTIPART_HEADER_BYTES)
        return gov_fail(err, GOV_HEADERS_TOO_LARGE, "the header of part %d is larger than %d bytes",
                        "第 %d 部分的头超过 %d 字节", m->parts + 1, MULTIPART_HEADER_BYTES);
    m->header[m->header_bytes++] = c;
    if (c != '\n')
        return true;
    const char *end = m->header + m->header_bytes;
    bool empty_line = (m->header_bytes == 2 && memcmp(end - 2, "\r\n", 2) == 0) ||
                      (m->header_bytes >= 4 && memcmp(end - 4, "\r\n\r\n", 4) == 0);
    return !empty_line || begin_part(m, err);
}

static bool bad_delimiter(struct gov_err *err)
{
    return gov_fail(err, GOV_BAD_REQUEST,
                    "a boundary line of the multipart body is followed by something else",
                    "multipart 请求体的分隔行后有多余内容");
}

/* One byte between a delimiter and the data behind it. */
static bool take_byte(struct multipart *m, char c, struct gov_err *err)
{
    if (m->state == DELIMITED && c == '-') {
        m->state = LAST_DASH;
        return true;
    }
    switch (m->state) {
    case DELIMITED:
    case PADDING:
        m->state = c == '\r' ? LINE_END : PADDING;
        return c == '\r' || c == ' ' || c == '\t' || bad_delimiter(err);
    case LAST_DASH:
        m->state = EPILOGUE;
        return c == '-' || bad_delimiter(err);
    case LINE_END:
        m->state = HEADER;
        m->header_bytes = 0;
        return c == '\n' || bad_delimiter(err);
    default:
        CHECK(m->state == HEADER);
        return take_header(m, c, err);
    }
}

bool multipart_feed(struct multipart *m, const char *data, size_t bytes, struct gov_err *err)
{
    size_t at = 0;

    CHECK(!m->failed);
    while (at < bytes && m->state != EPILOGUE) {
        long used = 1;
        if (m->state == PREAMBLE || m->state == DATA)
            used = take_data(m, data + at, bytes - at, err);
        else if (!take_byte(m, data[at], err))
            used = -1;
        if (used < 0) {
            m->failed = true;
            return false;
        }
        at += (size_t)used;
    }
    return true;
}

bool multipart_finish(struct multipart *m, struct gov_err *err)
{
    CHECK(!m->failed);
    if (m->state == EPILOGUE)
        return true;
    m->failed = true;
    if (m->state == PREAMBLE)
        return gov_fail(err, GOV_BAD_REQUEST, "the boundary of Content-Type is nowhere in the body",
                        "请求体中找不到 Content-Type 声明的 boundary");
    return gov_fail(err, GOV_BAD_REQUEST, "the multipart body ends before its closing boundary",
                    "multipart 请求体在结束分隔行之前中断");
}
