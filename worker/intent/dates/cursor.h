/* cursor.h - a place in a phrase that moves past what it understood, and what dates are made of.
 *
 * Each eat function either moves the cursor behind what it read and returns true (or a value), or
 * leaves it.
 */
#ifndef WORKER_INTENT_DATES_CURSOR_H
#define WORKER_INTENT_DATES_CURSOR_H

#include "worker/intent/dates/mention.h"

struct date_cursor {
    const struct phrase *phrase;
    size_t at;
    struct civil today;
};

enum date_unit { UNIT_NONE, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_QUARTER, UNIT_YEAR };

bool date_eat(struct date_cursor *c, const char *pattern);
/* The first of a NULL-terminated list. */
bool date_eat_any(struct date_cursor *c, const char *const *patterns);
void date_eat_space(struct date_cursor *c);
bool date_peek_digit(const struct date_cursor *c, size_t ahead);
/* min to max ASCII digits, and no further digit behind. */
bool date_eat_digits(struct date_cursor *c, int min, int max, int *value);
/* A whole number in any form that is followed by no decimals. */
bool date_eat_number(struct date_cursor *c, int *value);
/* Does no number, word or code go on to the left? */
bool date_no_digit_before(const struct date_cursor *c);
enum date_unit date_eat_unit(struct date_cursor *c);

/* The mention becomes one day, one month, some months from `first`, the week of a day, some days.
 */
void date_set_day(struct date_mention *m, struct civil day, const char *rule);
void date_set_month(struct date_mention *m, struct civil day, const char *rule);
void date_set_months(struct date_mention *m, int year, int first, int count, enum date_grain grain,
                     const char *rule);
void date_set_week(struct date_mention *m, struct civil day, const char *rule);
void date_set_days(struct date_mention *m, struct civil from, struct civil to, const char *rule);
/* The calendar week, month, ... that lies `count` after the present one. */
void date_set_unit(const struct date_cursor *c, struct date_mention *m, enum date_unit unit,
                   int count);
/* `count` units ending today (count < 0) or beginning today. */
void date_set_span(const struct date_cursor *c, struct date_mention *m, enum date_unit unit,
                   int count);

struct civil date_moved(struct civil d, enum date_unit unit, int count);
/* Without a year: the last such month that has begun, for people ask about what was. */
int date_supposed_year(const struct date_cursor *c, int month);

#endif
