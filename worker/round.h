/* round.h - one round of taking: what the queue hands over becomes claimed, running work. */
#ifndef WORKER_ROUND_H
#define WORKER_ROUND_H

#include "worker/work.h"

enum { ROUND_TENANTS_MAX = 64 };

/* The entries of one tenant: claimed in one statement, and started as soon as that has its answer. */
struct round_tenant {
    struct op op;
    struct round *round;
    struct tenant_info info;
    const char *schema;
    int *entries; /* indexes into round.entries */
    int count;
    struct db_rows rows;
    struct db_rows loaded; /* of the only one, if it is a run: what it reads first (run_load.sql) */
    bool loads; /* that was asked for */
    struct event_bus *events; /* listened to while runs of it are claimed */
    uint64_t heard; /* worker.heard.count when the claim was sent */
    struct gov_err err;
};

struct round {
    struct op op;
    struct worker *worker;
    struct job_queue *queue; /* of one dispatch shard */
    struct lane_pool *pool; /* whose lanes are asked */
    int first; /* the lane that is asked first */
    int asked; /* lanes so far */
    int kept; /* slots of the pool that are kept for what was asked */
    struct queue_taken taken[WORKER_LANES_MAX];
    struct queue_entry *entries; /* of all lanes */
    struct lane_state **lanes;   /* of each entry */
    int count;
    struct round_tenant *tenants;
    int tenant_count;
    int64_t began_us;
    struct id claimed_by; /* the worker's name when the claims were sent */
    int claimed; /* out: works started */
};

/* `first` is the index of the lane to ask first; the others are asked only if it has nothing. */
void round_init(struct round *round, struct worker *worker, struct lane_pool *pool, struct job_queue *queue,
                int first);

#endif
