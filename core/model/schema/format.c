/* format.c - each check reads its text once, from the left.
 *
 * Rules: RFC 3339 (date, time, date-time), RFC 5321 without address literals (email), RFC 3986
 * (uri), RFC 1123 (hostname). They say that a text has the form, not that the thing exists.
 */
#include "core/model/schema/format.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/base/id.h"

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool hex(char c)
{
    return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool letter_or_digit(char c)
{
    return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Exactly `count` digits at *p, within bounds. */
static bool number_at(const char **p, int count, int min, int max, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++, (*p)++) {
        if (!digit(**p))
            return false;
        *value = *value * 10 + (**p - '0');
    }
    return *value >= min && *value <= max;
}

static bool char_at(const char **p, const char *set)
{
    if (!**p || !strchr(set, **p))
        return false;
    (*p)++;
    return true;
}

static bool date_at(const char **p)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int year, month, day;

    if (!number_at(p, 4, 0, 9999, &year) || !char_at(p, "-") || !number_at(p, 2, 1, 12, &month) ||
        !char_at(p, "-") || !number_at(p, 2, 1, 31, &day))
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (month == 2 && leap);
}

static bool time_at(const char **p)
{
    int hour, minute, second, offset_hour = 0, offset_minute = 0, sign = 1;

    if (!number_at(p, 2, 0, 23, &hour) || !char_at(p, ":") || !number_at(p, 2, 0, 59, &minute) ||
        !char_at(p, ":") || !number_at(p, 2, 0, 60, &second))
        return false;
    if (char_at(p, ".")) {
        if (!digit(**p))
            return false;
        while (digit(**p))
            (*p)++;
    }
    if (!char_at(p, "Zz")) {
        sign = **p == '-' ? -1 : 1;
        if (!char_at(p, "+-") || !number_at(p, 2, 0, 23, &offset_hour) || !char_at(p, ":") ||
            !number_at(p, 2, 0, 59, &offset_minute))
            return false;
    }
    if (second < 60)
        return true;
    /* A leap second is the last of a UTC day. */
    int utc = hour * 60 + minute - sign * (offset_hour * 60 + offset_minute);
    return (utc + 2 * 1440) % 1440 == 1439;
}

static bool fits_date(const char *text, size_t bytes)
{
    const char *p = text;
    return date_at(&p) && p == text + bytes;
}

static bool fits_time(const char *text, size_t bytes)
{
    const char *p = text;
    return time_at(&p) && p == text + bytes;
}

static bool fits_date_time(const char *text, size_t bytes)
{
    const char *p = text;
    return date_at(&p) && char_at(&p, "Tt") && time_at(&p) && p == text + bytes;
}

static bool fits_hostname(const char *text, size_t bytes)
{
    size_t label = 0;
    if (bytes == 0 || bytes > 253)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '.') {
            if (label == 0 || text[i - 1] == '-')
                return false;
            label = 0;
        } else if (!letter_or_digit(text[i]) && !(text[i] == '-' && label > 0)) {
            return false;
        } else if (++label > 63) {
            return false;
        }
    }
    return label > 0 && text[bytes - 1] != '-';
}

static bool fits_email(const char *text, size_t bytes)
{
    const char *at = memrchr(text, '@', bytes);
    if (!at || at == text || at - text > 64 || bytes > 254)
        return false;
    for (const char *p = text; p < at; p++) {
        if (*p == '.') {
            if (p == text || p + 1 == at || p[1] == '.')
                return false;
        } else if (!letter_or_digit(*p) && !strchr("!#$%&'*+-/=?^_`{|}~", *p)) {
            return false;
        }
    }
    return fits_hostname(at + 1, bytes - (size_t)(at + 1 - text));
}

static bool fits_ipv4(const char *text, size_t bytes)
{
    struct in_addr address;
    return bytes == strlen(text) && inet_pton(AF_INET, text, &address) == 1;
}

static bool fits_ipv6(const char *text, size_t bytes)
{
    struct in6_addr address;
    return bytes == strlen(text) && inet_pton(AF_INET6, text, &address) == 1;
}

static bool fits_uuid(const char *text, size_t bytes)
{
    struct id id;
    return bytes == 36 && id_parse(text, &id);
}

/* Only characters of RFC 3986 in `set` (beside letters and digits) and whole %XX. */
static bool uri_characters(const char *text, size_t bytes, const char *set)
{
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '%') {
            if (i + 2 >= bytes || !hex(text[i + 1]) || !hex(text[i + 2]))
                return false;
            i += 2;
        } else if (!letter_or_digit(text[i]) && (!text[i] || !strchr(set, text[i]))) {
            return false;
        }
    }
    return true;
}

#define UNRESERVED_AND_SUB "-._~!$&'()*+,;="

static bool uri_port(const char *text, size_t bytes)
{
    if (bytes == 0)
        return true;
    if (text[0] != ':')
        return false;
    for (size_t i = 1; i < bytes; i++)
        if (!digit(text[i]))
            return false;
    return true;
}

static bool uri_authority(const char *text, size_t bytes)
{
    const char *at = memchr(text, '@', bytes);
    if (at) {
        size_t user = (size_t)(at - text);
        if (!uri_characters(text, user, UNRESERVED_AND_SUB ":"))
            return false;
        text += user + 1;
        bytes -= user + 1;
    }
    if (bytes && text[0] == '[') {
        char address[INET6_ADDRSTRLEN + 1];
        const char *end = memchr(text, ']', bytes);
        size_t length = end ? (size_t)(end - text) - 1 : 0;
        if (!end || length >= sizeof address)
            return false;
        memcpy(address, text + 1, length);
        address[length] = 0;
        return fits_ipv6(address, length) && uri_port(end + 1, bytes - length - 2);
    }
    const char *colon = memchr(text, ':', bytes);
    size_t host = colon ? (size_t)(colon - text) : bytes;
    return uri_characters(text, host, UNRESERVED_AND_SUB) && uri_port(text + host, bytes - host);
}

static bool fits_uri(const char *text, size_t bytes)
{
    size_t i = 0;
    if (bytes == 0 || digit(text[0]) || !letter_or_digit(text[0]))
        return false;
    while (i < bytes && (letter_or_digit(text[i]) || strchr("+-.", text[i])))
        i++;
    if (i == bytes || text[i] != ':')
        return false;
    text += i + 1;
    bytes -= i + 1;
    if (bytes >= 2 && text[0] == '/' && text[1] == '/') {
        size_t length = strcspn(text + 2, "/?#");
        if (length > bytes - 2 || !uri_authority(text + 2, length))
            return false;
        text += 2 + length;
        bytes -= 2 + length;
    }
    const char *hash = memchr(text, '#', bytes);
    size_t before = hash ? (size_t)(hash - text) : bytes;
    return uri_characters(text, before, UNRESERVED_AND_SUB ":@/?") &&
           (!hash || uri_characters(hash + 1, bytes - before - 1, UNRESERVED_AND_SUB ":@/?"));
}

static const struct schema_format formats[] = {
    { "date", fits_date, { "must be a date like 2026-03-31", "必须是形如 2026-03-31 的日期" } },
    { "time",
      fits_time,
      { "must be a time like 08:30:00Z (RFC 3339)", "必须是形如 08:30:00Z 的时间（RFC 3339）" } },
    { "date-time",
      fits_date_time,
      { "must be a moment like 2026-03-31T08:00:00Z (RFC 3339)",
        "必须是形如 2026-03-31T08:00:00Z 的时间（RFC 3339）" } },
    { "email", fits_email, { "must be an e-mail address", "必须是电子邮件地址" } },
    { "uri",
      fits_uri,
      { "must be a full URI like https://host/path", "必须是完整的 URI，如 https://host/path" } },
    { "uuid", fits_uuid, { "must be a UUID", "必须是 UUID" } },
    { "ipv4", fits_ipv4, { "must be an IPv4 address", "必须是 IPv4 地址" } },
    { "ipv6", fits_ipv6, { "must be an IPv6 address", "必须是 IPv6 地址" } },
    { "hostname", fits_hostname, { "must be a host name", "必须是主机名" } },
    { "file", fits_uuid, { "must be the id of an uploaded file", "必须是已上传文件的 id" } },
    /* the standard's others, and what form builders and OpenAPI use */
    { "idn-email" },
    { "idn-hostname" },
    { "uri-reference" },
    { "iri" },
    { "iri-reference" },
    { "uri-template" },
    { "json-pointer" },
    { "relative-json-pointer" },
    { "regex" },
    { "duration" },
    { "password" },
    { "textarea" },
    { "multiline" },
    { "markdown" },
    { "color" },
    { "month" },
    { "week" },
    { "phone" },
    { "currency" },
    { "binary" },
    { "byte" },
    { "int32" },
    { "int64" },
    { "float" },
    { "double" },
};

const struct schema_format *schema_format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}
