/* forms.h - the forms a date can have; each reads at the cursor or leaves it.
 *
 * How to add a form: a function here and a row in mention.c's table; its place there is its turn.
 */
#ifndef WORKER_INTENT_DATES_FORMS_H
#define WORKER_INTENT_DATES_FORMS_H

#include "worker/intent/dates/cursor.h"

/* 2026-03-05, 2026/3/5, 2026-03; 20260305; 05.03.2026 and 03/04/2026 */
bool date_read_year_first(struct date_cursor *c, struct date_mention *m);
bool date_read_compact(struct date_cursor *c, struct date_mention *m);
bool date_read_year_last(struct date_cursor *c, struct date_mention *m);

/* today, 昨天; 3 days ago, 两周后; Q1 2026, 去年四季度; year to date */
bool date_read_day_word(struct date_cursor *c, struct date_mention *m);
bool date_read_distance(struct date_cursor *c, struct date_mention *m);
bool date_read_quarter(struct date_cursor *c, struct date_mention *m);
bool date_read_to_date(struct date_cursor *c, struct date_mention *m);

/* March 5, 2026; last week, past 3 months; end of March; Friday; in 2025 */
bool date_read_named(struct date_cursor *c, struct date_mention *m);
bool date_read_relative(struct date_cursor *c, struct date_mention *m);
bool date_read_edge(struct date_cursor *c, struct date_mention *m);
bool date_read_weekday(struct date_cursor *c, struct date_mention *m);
bool date_read_year(struct date_cursor *c, struct date_mention *m);

/* 2026年3月5日; 上个月, 下周五; 最近7天 */
bool date_read_chinese(struct date_cursor *c, struct date_mention *m);
bool date_read_relative_chinese(struct date_cursor *c, struct date_mention *m);
bool date_read_span_chinese(struct date_cursor *c, struct date_mention *m);

/* Parts of forms: ", 2026"; "5th"; " at 3pm". */
bool date_eat_year(struct date_cursor *c, int *year);
bool date_eat_day_number(struct date_cursor *c, int *day);
void date_eat_time_after(struct date_cursor *c, struct date_mention *m);

#endif
