/* show_parts.h - what runs and requests have in common when they are shown, and the columns of both. */
#ifndef API_RUNS_SHOW_SHOW_PARTS_H
#define API_RUNS_SHOW_SHOW_PARTS_H

#include "api/runs/show/show.h"

/* Columns of run_show.sql. */
enum {
    RUN_ID,
    RUN_REQUEST,
    RUN_STATE,
    RUN_ATTEMPT,
    RUN_CANCEL,
    RUN_WORKER,
    RUN_CODE,
    RUN_STARTED,
    RUN_ENDED,
    RUN_BY,
    RUN_CREATED,
    RUN_PAYLOAD,
    RUN_RESULT,
    RUN_ERROR,
    RUN_EXIT,
    RUN_ISOLATION,
    RUN_ARTIFACTS,
    RUN_PROGRESS,
    RUN_BY_NAME,
    RUN_PLAN,
    RUN_START
};

/* Columns of request_show.sql. */
enum {
    REQ_ID,
    REQ_STATE,
    REQ_TEXT,
    REQ_MODE,
    REQ_SOURCE,
    REQ_BY,
    REQ_CREATED,
    REQ_ENDED,
    REQ_RUN,
    REQ_QUESTION,
    REQ_INTENT,
    REQ_PLAN,
    REQ_CONFIRMATION,
    REQ_BY_NAME,
    REQ_ERROR,
    REQ_OPTIONS,
    REQ_CODE,
    REQ_CORRECTION
};

/* New references. */
/* Microseconds since 1970; 0 for null. */
int64_t show_time_us(const struct db_rows *rows, int row, int column);
json_t *show_person(const struct db_rows *rows, int row, int id, int name);
/* `json` is borrowed; NULL becomes JSON null. */
json_t *show_or_null(json_t *json);

#endif
