/* accept.h - a wish becomes committed work: what POST /v1/runs, /v1/runs/batch, rerun, try and
 * /v1/requests share. */
#ifndef API_RUNS_ACCEPT_ACCEPT_H
#define API_RUNS_ACCEPT_ACCEPT_H

#include "api/call.h"
#include "api/runs/accept/accept_batch.h"
#include "core/store/planning/planning.h"

/* A run asked for by hand. */
struct run_wish {
    const char *skill;
    const char *action;
    json_t *input;
    json_t *files;
    const char *mode; /* auto | plan */
    int64_t version;
    const char *class;
    int64_t delay_ms;
    int64_t run_at_us;
    const char *callback_url;
    const char *concurrency_key;
    const char *timezone;
    bool is_try;
    const char *source; /* api, cli, console, schedule, rerun */
    const char *schedule; /* id of the schedule that is fired by hand; NULL: none */
    bool stored;        /* has a request of its own even where a run alone would do */
};

/* From a body (or an element of a batch). Texts live in the arena. */
bool run_wish_read(struct call *call, const json_t *body, struct run_wish *wish,
                   struct arena *arena, struct gov_err *err);
bool run_wish_is_for_later(const struct run_wish *wish);

struct accept {
    struct op op;
    struct call *call;
    const struct run_wish *wish; /* NULL: words */
    const char *text;            /* words, and what came with them */
    struct job_payload payload;
    const char *mode;
    bool gathered;               /* the caller writes `item` himself, if `batched` comes out */
    bool keyless;                /* the caller remembers the Idempotency-Key himself */
    struct id id;                /* out: of the request; of the run too, when by hand */
    enum job_kind kind;          /* of the first job */
    enum job_lane lane;
    enum job_class class;
    int64_t run_at_us;           /* 0: at once; of a delay from the step "mark" on, by the database's clock */
    struct planning planning;
    struct db_rows host;
    struct queue_entry entry;
    struct accept_item item;     /* of a run that goes with others */
    bool batched;
    bool planning_again;
    int plans;                   /* how often it was planned */
};

/* As I/O of `op`: plan, insert, enqueue. A repeat of an Idempotency-Key only finds the id. */
void accept_run_wish(struct op *op, struct accept *accept, struct call *call,
                     const struct run_wish *wish);
/* The same for words; `payload` carries files, timezone, now, callback_url. */
void accept_words(struct op *op, struct accept *accept, struct call *call, const char *text,
                  const char *mode, const struct job_payload *payload);
/* For op_try: initialise without starting. */
void accept_init(struct accept *accept, struct op *parent, struct call *call,
                 const struct run_wish *wish);

#endif
