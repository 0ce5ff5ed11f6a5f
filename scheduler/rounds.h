/* rounds.h - the scheduler's loop: hold the lead, rebuild if needed, visit, promote, rest. */
#ifndef SCHEDULER_ROUNDS_H
#define SCHEDULER_ROUNDS_H

#include "scheduler/scheduler.h"

struct rounds;

struct rounds *rounds_start(struct scheduler *scheduler);
/* Something may have changed (a connection came back): go on at once. */
void rounds_wake(struct rounds *rounds);
void rounds_stop(struct rounds *rounds, void (*stopped)(struct scheduler *scheduler));

#endif
