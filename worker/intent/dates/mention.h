/* mention.h - times as people say them, read into calendar ranges.
 *
 * A mention is always a range of days [from, to]: a day is a range of one, "March 2026" of a
 * month, "last 7 days" of seven ending today, "from 3 May to 9 May" of what is said. Weeks begin on
 * Monday. Everything relative is relative to the request's own now and zone.
 */
#ifndef WORKER_INTENT_DATES_MENTION_H
#define WORKER_INTENT_DATES_MENTION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/civil.h"
#include "core/base/zone.h"
#include "worker/intent/fill/phrase.h"

enum date_grain { GRAIN_DAY, GRAIN_WEEK, GRAIN_MONTH, GRAIN_QUARTER, GRAIN_YEAR, GRAIN_RANGE };

struct date_mention {
    size_t start, end;
    enum date_grain grain;
    struct civil from, to; /* inclusive */
    bool ambiguous;        /* 03/04/2026: `from` reads it day first, `other` month first */
    struct civil other;
    bool certain; /* says the year, or is relative: no year had to be supposed */
    bool counted; /* "60 days": a number and a unit, that another parameter may want */
    bool open;    /* "since May": `to` is today */
    bool has_time;
    int hour, minute, second;
    bool has_offset; /* an RFC 3339 moment with its own zone */
    int offset_s;
    const char *rule;
};

/* Read the mention at `at`, the longest there is, ranges included. False if there is none. */
bool date_mention_read(const struct phrase *phrase, size_t at, struct civil today,
                       struct date_mention *mention);
/* A time of day alone: "15:30", "3pm", "下午3点半". */
bool date_time_read(const struct phrase *phrase, size_t at, struct date_mention *mention);

#endif
