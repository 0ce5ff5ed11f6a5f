/* zone_rule.h - the footer of a TZif file: what happens every year from now on ("CST6CDT,M3.2.0,M11.1.0"). */
#ifndef CORE_BASE_ZONE_RULE_H
#define CORE_BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One of the two changes of a year. */
struct zone_change {
    char kind;             /* 'M' month, week, weekday; 'J' day without 29 February; '0' day with it */
    int month, week, day;  /* week 5 is the last; weekday 0 is Sunday */
    int32_t time_s;        /* after midnight on the clock that shows until then; may be negative */
};

struct zone_rule {
    int32_t standard, summer; /* seconds east of UTC */
    bool has_summer;
    struct zone_change to_summer, to_standard;
};

/* POSIX.1 TZ with RFC 9636's wider hours. False if it is not one. */
bool zone_rule_parse(const char *text, size_t bytes, struct zone_rule *rule);
int32_t zone_rule_offset(const struct zone_rule *rule, int64_t unix_s);

#endif
