/* schedule.h - what the endpoints of schedules share: what is given, what is stored, how it is shown. */
#ifndef API_SCHEDULES_SCHEDULE_H
#define API_SCHEDULES_SCHEDULE_H

#include "api/call.h"
#include "core/model/schedule.h"

/* A schedule as the body gives it; for an edit it begins as it is stored. */
struct schedule_form {
    const char *name;
    const char *cron;
    const char *timezone;
    const char *skill;
    const char *action; /* NULL: the first */
    json_t *input;
    const char *class;
    const char *catch_up;
    int64_t lead_s;
    bool enabled;
};

/* The stored schedule with what is sealed masked; a new reference. */
json_t *schedule_masked(struct call *call, const struct db_rows *rows, int row);

/* Is the rule good, and when does it fire next? Reads the zone, too. INVALID_INPUT at /cron, /timezone. */
struct schedule_rule {
    struct cron cron;
    const struct zone *zone;
    int64_t next_s;
};
bool schedule_rule_read(const char *cron, const char *timezone, struct schedule_rule *rule,
                        struct arena *arena, struct gov_err *err);

/* Columns of schedule_page.sql. */
enum {
    SCHEDULE_ID,
    SCHEDULE_JSON,
    SCHEDULE_REVISION,
    SCHEDULE_OWNER,
    SCHEDULE_NEXT,
    SCHEDULE_ASKED
};

/* As I/O: the schedule of the path's id. */
void schedule_load(struct op *op, struct call *call, const char *id, struct db_rows *rows);
/* NOT_FOUND where there is none. */
bool schedule_found(const struct db_rows *rows, struct gov_err *err);
/* May the caller change it: his own, or any as owner or admin. */
bool schedule_mine(const struct call *call, const struct db_rows *rows);
bool schedule_may_change(struct call *call, const struct db_rows *rows, struct gov_err *err);

/* A row as it is shown; a new reference. */
json_t *schedule_show(struct call *call, const struct db_rows *rows, int row);
/* Leave the only row as the answer, with its ETag. */
bool schedule_answer(struct call *call, int status, const struct db_rows *rows, struct gov_err *err);

/* In a group that ends the slot that was asked for: its request is cancelled, whatever it has become. */
void schedule_give_up_asked(struct call *call, struct db_group *group, const struct db_rows *rows);

#endif
