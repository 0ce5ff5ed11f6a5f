/* queue_sim.h - workers and tenants in virtual time around the real scripts.
 *
 * Every free slot is offered to the queue at every moment something happens; a job that is handed
 * over is claimed at once, holds its slot for its tenant's run time, and is finished with that. The
 * same inputs give the same run, so a bound in a test is a fact and not a hope.
 */
#ifndef TESTS_LIB_QUEUE_SIM_H
#define TESTS_LIB_QUEUE_SIM_H

#include "tests/lib/queue_rig.h"

enum { SIM_TENANTS_MAX = 64, SIM_SLOTS_MAX = 64 };

struct sim_tenant {
    const char *class;  /* NULL: normal */
    int estimate_ms;    /* what the entries say */
    int run_ms;         /* what they take */
    const char *action; /* NULL: none, so nothing is learned from the runs */
    int backlog;        /* kept topped up to this many while the simulation runs */
    int every_ms;       /* or: one job every so often; 0: not */
    /* results */
    int64_t served_ms;   /* slot time inside the measured window */
    int64_t wait_ms_max; /* of the jobs of every_ms */
    int64_t wait_ms_sum;
    int jobs_done;
    int held, held_max;
    /* the simulation's own */
    int queued;
    int64_t next_ms;
};

struct queue_sim {
    struct queue_rig *rig;
    int slots;
    struct sim_tenant tenants[SIM_TENANTS_MAX]; /* tenant numbers are indexes */
    int tenant_count;
    struct {
        struct rig_entry entry;
        int64_t began_ms, ends_ms; /* ends_ms 0: free */
    } running[SIM_SLOTS_MAX];
    int64_t idle_ms;             /* slot time not used while somebody's work was ready */
    int64_t arrived_ms[1 << 17]; /* by job number */
    int jobs;
};

void sim_init(struct queue_sim *sim, struct queue_rig *rig, int slots);
/* Returns the tenant's number. */
int sim_tenant(struct queue_sim *sim, struct sim_tenant tenant);
void sim_run(struct queue_sim *sim, int64_t ms);
/* Forget the results so far. */
void sim_measure(struct queue_sim *sim);
/* The tenant's part of all slot time used, in percent. */
double sim_share(const struct queue_sim *sim, int tenant);

#endif
