#include "scheduler/shut.h"

#include <string.h>

void shut_read(struct shut *s, const struct db_rows *rows, int row, int first)
{
    memset(s, 0, sizeof *s);
    s->stands = db_bool(rows, row, first);
    s->drained = db_bool(rows, row, first + 1);
    s->kept_enough = db_bool(rows, row, first + 2);
}

void shut_ask(struct shut *s, struct db_group *group)
{
    if (s->drained || s->kept_enough)
        DB_GROUP_ADD(group, SQL_QUERIES_JOB_SHUT, &s->touched, s->drained ? "true" : "false",
                     s->kept_enough ? "true" : "false");
    if (s->stands)
        db_group_add(group, SQL_QUERIES_CONFIRMATIONS_EXPIRE, &s->expired, 0, NULL);
}
