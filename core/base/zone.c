/* zone.c - the compiled files of the system, read once and searched in place. */
#include "core/base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/civil.h"
#include "core/base/zone_rule.h"

enum { ZONE_BYTES_MAX = 64 * 1024, ZONE_PATH_BYTES = 128, ZONE_NAME_BYTES = 61, DAY_S = 86400 };

struct zone {
    const unsigned char *times; /* 8-byte big-endian moments */
    const unsigned char *types; /* one byte each */
    const unsigned char *infos; /* 6 bytes each: offset, is summer time, name */
    uint32_t time_count, type_count;
    bool has_rule;
    struct zone_rule rule; /* after the last moment */
    int64_t rule_from;     /* the last moment: mostly it is asked for what lies behind it */
};

enum holding { HOLDS_NONE, HOLDS_ZONE, HOLDS_UNREAD };

/* Does the file begin as RFC 9636 says? */
static enum holding holds_zone(const char *path)
{
    char magic[4];
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG ? HOLDS_NONE : HOLDS_UNREAD;
    ssize_t n = read(fd, magic, sizeof magic);
    bool unread = n < 0 && errno != EISDIR;
    close(fd);
    if (unread)
        return HOLDS_UNREAD;
    return n == sizeof magic && memcmp(magic, "TZif", 4) == 0 ? HOLDS_ZONE : HOLDS_NONE;
}

bool zone_known(const char *name)
{
    char path[ZONE_PATH_BYTES];

    if (!name || !*name || strlen(name) >= ZONE_NAME_BYTES || name[0] == '/' || strstr(name, ".."))
        return false;
    if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") !=
        strlen(name))
        return false;
    if (strcmp(name, "UTC") == 0)
        return true;
    /* Besides zones the folder holds folders, lists, the machine's own zone, and the same again with
     * leap seconds. */
    if (strcmp(name, "localtime") == 0 || strncmp(name, "posix", 5) == 0 ||
        strncmp(name, "right/", 6) == 0)
        return false;
    /* The one that was asked for last, mostly: a request names the tenant's. */
    static _Thread_local char known[ZONE_NAME_BYTES];
    if (strcmp(name, known) == 0)
        return true;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    enum holding found = holds_zone(path);
    if (found == HOLDS_ZONE)
        snprintf(known, sizeof known, "%s", name);
    return found != HOLDS_NONE;
}

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

/* "\n<rule>\n" after the second block; a file without one keeps its last offset for ever. */
static void footer_parse(struct zone *z, const char *at, const char *end)
{
    if (at == end || *at++ != '\n')
        return;
    const char *close = memchr(at, '\n', (size_t)(end - at));
    z->has_rule = close && close > at && zone_rule_parse(at, (size_t)(close - at), &z->rule);
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
    footer_parse(z, (const char *)data + 44 + body, (const char *)data + bytes);
    z->rule_from = z->time_count ? read_i64(z->times + 8 * (size_t)(z->time_count - 1)) : INT64_MIN;
    return true;
}

const struct zone *zone_read(const char *name, struct arena *arena)
{
    char path[ZONE_PATH_BYTES];

    if (!zone_known(name))
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

bool zone_take(const char *name, struct arena *arena, const struct zone **zone, struct gov_err *err)
{
    *zone = zone_read(name, arena);
    return *zone || !name || !*name || strcmp(name, "UTC") == 0 ||
           gov_fail(err, GOV_OVERLOADED, "the rules of the time zone \"%s\" cannot be read now; try again",
                    "暂时无法读取时区“%s”的规则，请重试", name);
}

static int64_t moment(const struct zone *z, uint32_t i)
{
    return read_i64(z->times + 8 * (size_t)i);
}

/* How many transitions have happened by then. */
static uint32_t passed(const struct zone *z, int64_t unix_s)
{
    uint32_t low = 0, high = z->time_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (moment(z, middle) <= unix_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t zone_offset(const struct zone *z, int64_t unix_s)
{
    if (!z)
        return 0;
    if (z->has_rule && unix_s >= z->rule_from)
        return z->rule.has_summer ? zone_rule_offset(&z->rule, unix_s) : z->rule.standard;
    uint32_t count = passed(z, unix_s);
    uint32_t type = count ? z->types[count - 1] : 0;
    return (int32_t)read_u32(z->infos + 6 * (size_t)type);
}

int32_t zone_offset_local(const struct zone *z, int64_t local_s)
{
    int32_t before = zone_offset(z, local_s - 86400);
    if (zone_offset(z, local_s - before) == before)
        return before;
    return zone_offset(z, local_s - zone_offset(z, local_s + 86400));
}

int zone_resolve(const struct zone *z, int64_t local_s, int64_t moments[2])
{
    int32_t before = zone_offset(z, local_s - DAY_S), after = zone_offset(z, local_s + DAY_S);
    int64_t early = local_s - before, late = local_s - after;
    bool early_good = zone_offset(z, early) == before, late_good = zone_offset(z, late) == after;

    if (early_good && late_good && early != late) {
        moments[0] = early < late ? early : late;
        moments[1] = early < late ? late : early;
        return 2;
    }
    if (early_good || late_good) {
        moments[0] = moments[1] = early_good ? early : late;
        return 1;
    }
    /* The offset changes between the two readings; found by halving, as in zone_day_start. */
    int64_t low = late < early ? late : early, high = late < early ? early : late;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (zone_offset(z, middle) == after)
            high = middle;
        else
            low = middle + 1;
    }
    moments[0] = moments[1] = low;
    return 0;
}

int64_t zone_day(const struct zone *z, int64_t unix_s)
{
    return civil_day_of(unix_s + zone_offset(z, unix_s));
}

/* An offset changes at most once near a midnight, so the date is reached either at midnight by the offset
 * before, or by the change itself, or at midnight by the offset after. The change is found by halving:
 * the file's transitions and the footer's rule look the same from here. */
int64_t zone_day_start(const struct zone *z, int64_t day)
{
    int64_t midnight = day * 86400;
    int32_t before = zone_offset(z, midnight - 30 * 3600), after = zone_offset(z, midnight + 30 * 3600);
    int64_t early = midnight - before, late = midnight - after;

    if (before == after || zone_offset(z, early) == before)
        return early;
    int64_t low = midnight - 30 * 3600, high = midnight + 30 * 3600; /* the change is in (low, high] */
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (zone_offset(z, middle) == before)
            low = middle;
        else
            high = middle;
    }
    return late > high ? late : high;
}
