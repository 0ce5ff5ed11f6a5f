/* show.h - runs and requests as the contract shows them, from rows of run_show.sql and request_show.sql. */
#ifndef API_RUNS_SHOW_SHOW_H
#define API_RUNS_SHOW_SHOW_H

#include "api/call.h"

/* New references. */
json_t *show_run(struct call *call, const struct db_rows *rows, int row, struct arena *arena);
/* `run`: what show_run made of the request's run, consumed; NULL: none. */
json_t *show_request(struct call *call, const struct db_rows *rows, int row, json_t *run,
                     struct arena *arena);
/* Times of a PostgreSQL cell as RFC 3339 with Z; JSON null for null. */
json_t *show_time(const struct db_rows *rows, int row, int column);
/* The same of a time in stored JSON. */
json_t *show_time_text(const char *text);
/* {percent, note} of "progress 40 reading"; JSON null for NULL and for anything else. */
json_t *show_progress(const char *body);
/* Stored errors {code, message:{en,zh}, path, errors} in the caller's language; JSON null for NULL. */
json_t *show_error(struct call *call, const json_t *stored);

/* A plan's stored body in the contract's form; JSON null for none. */
json_t *show_plan(struct call *call, const struct db_rows *rows, int row, int column,
                  struct arena *arena);

/* Load one run or request (and the request's run) by id and leave it as the answer: a child op. */
struct show_one {
    struct op op;
    struct call *call;
    struct id id;
    bool is_run, loaded;
    bool settled; /* the answer is 200; else `otherwise` */
    int otherwise;
    struct db_rows rows, run_rows;
};
/* As I/O of `op`. `status` 0: 200, or 202 while it has not settled; with ?fail=http 422 for a failed
 * one. NOT_FOUND if there is none, or the caller may not see it. */
void show_one(struct op *op, struct show_one *show, struct call *call, const struct id *id,
              bool is_run, int status);
/* The same of a run whose row of run_job_show.sql was read a moment ago; NULL: it was not. */
void show_run_read(struct op *op, struct show_one *show, struct call *call, const struct id *id,
                   const struct db_rows *read, int status);

#endif
