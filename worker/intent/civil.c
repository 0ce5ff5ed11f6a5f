/* civil.c - calendar arithmetic over 400-year eras, and a reader of TZif files.
 *
 * Beyond a file's last transition its last offset is used; Debian's files list transitions to 2037.
 */
#include "worker/intent/civil.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ZONE_BYTES_MAX = 64 * 1024, ZONE_NAME_MAX = 64 };

int civil_days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[(month - 1) % 12];
}

bool civil_valid(struct civil d)
{
    return d.year >= 1 && d.year <= 9999 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
           d.day <= civil_days_in_month(d.year, d.month);
}

int64_t civil_to_days(struct civil d)
{
    int64_t y = d.month <= 2 ? d.year - 1 : d.year;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct civil civil_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), mp = (5 * of_year + 2) / 153;
    struct civil d = { (int)(year + era * 400), (int)(mp < 10 ? mp + 3 : mp - 9),
                       (int)(of_year - (153 * mp + 2) / 5 + 1) };
    if (d.month <= 2)
        d.year++;
    return d;
}

struct civil civil_add_days(struct civil date, int64_t days)
{
    return civil_from_days(civil_to_days(date) + days);
}

struct civil civil_add_months(struct civil date, int64_t months)
{
    int64_t total = (int64_t)date.year * 12 + date.month - 1 + months;
    int64_t year = total >= 0 ? total / 12 : (total - 11) / 12;
    struct civil d = { (int)year, (int)(total - year * 12) + 1, date.day };
    int last = civil_days_in_month(d.year, d.month);
    if (d.day > last)
        d.day = last;
    return d;
}

int civil_weekday(struct civil date)
{
    int64_t days = civil_to_days(date) + 3; /* 1970-01-01 was a Thursday */
    return (int)(((days % 7) + 7) % 7);
}

struct civil civil_month_start(struct civil date)
{
    return (struct civil){ date.year, date.month, 1 };
}

struct civil civil_month_end(struct civil date)
{
    return (struct civil){ date.year, date.month, civil_days_in_month(date.year, date.month) };
}

struct zone {
    const unsigned char *times; /* 8-byte big-endian moments */
    const unsigned char *types; /* one byte each */
    const unsigned char *infos; /* 6 bytes each: offset, is summer time, name */
    uint32_t time_count, type_count;
};

static uint32_t read_u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t read_i64(const unsigned char *p)
{
    return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

/* The header of one of the two blocks; its body's bytes with times of `width`, or 0. */
static size_t block_bytes(const unsigned char *p, size_t left, size_t width, uint32_t counts[6])
{
    if (left < 44 || memcmp(p, "TZif", 4) != 0)
        return 0;
    for (int i = 0; i < 6; i++) { /* isut, isstd, leap, time, type, char */
        counts[i] = read_u32(p + 20 + 4 * i);
        if (counts[i] > ZONE_BYTES_MAX)
            return 0;
    }
    return (size_t)counts[3] * (width + 1) + (size_t)counts[4] * 6 + counts[5] +
           (size_t)counts[2] * (width + 4) + counts[1] + counts[0];
}

static bool zone_parse(struct zone *z, const unsigned char *data, size_t bytes)
{
    uint32_t counts[6];
    size_t body = block_bytes(data, bytes, 4, counts);

    if (body == 0 || data[4] < '2' || 44 + body > bytes)
        return false;
    data += 44 + body;
    bytes -= 44 + body;
    body = block_bytes(data, bytes, 8, counts);
    if (body == 0 || 44 + body > bytes || counts[4] == 0)
        return false;
    z->time_count = counts[3];
    z->type_count = counts[4];
    z->times = data + 44;
    z->types = z->times + (size_t)z->time_count * 8;
    z->infos = z->types + z->time_count;
    for (uint32_t i = 0; i < z->time_count; i++)
        if (z->types[i] >= z->type_count)
            return false;
    return true;
}

static bool zone_name_valid(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > ZONE_NAME_MAX || !isalpha((unsigned char)name[0]) || strstr(name, ".."))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("/_+-", name[i]))
            return false;
    return true;
}

const struct zone *zone_read(const char *name, struct arena *arena)
{
    char path[128];

    if (!name || !zone_name_valid(name))
        return NULL;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    unsigned char *data = arena_alloc(arena, ZONE_BYTES_MAX);
    ssize_t bytes = read(fd, data, ZONE_BYTES_MAX);
    close(fd);
    struct zone *z = ARENA_NEW(arena, struct zone);
    return bytes > 0 && zone_parse(z, data, (size_t)bytes) ? z : NULL;
}

int32_t zone_offset(const struct zone *z, int64_t unix_s)
{
    if (!z)
        return 0;
    uint32_t low = 0, high = z->time_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (read_i64(z->times + 8 * (size_t)middle) <= unix_s)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t type = low ? z->types[low - 1] : 0;
    return (int32_t)read_u32(z->infos + 6 * (size_t)type);
}

int32_t zone_offset_local(const struct zone *z, int64_t local_s)
{
    int32_t before = zone_offset(z, local_s - 86400);
    if (zone_offset(z, local_s - before) == before)
        return before;
    return zone_offset(z, local_s - zone_offset(z, local_s + 86400));
}
