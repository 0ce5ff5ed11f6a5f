/* rounds.h - something that is done again and again: one op a round, and a pause that can be cut short.
 *
 * The struct is the first member of its owner's, so a step finds the owner by a cast of the op. Each
 * round begins with a fresh op and arena.
 */
#ifndef CORE_IO_OP_ROUNDS_H
#define CORE_IO_OP_ROUNDS_H

#include "core/io/op/op.h"

enum { ROUNDS_UNTIL_WOKEN = -1 };

struct rounds {
    struct op op; /* of the round under way */
    const char *name;
    const struct op_step *steps;
    struct loop *loop;
    /* After each round, whether it went well or not (op.failed): ms until the next. */
    int64_t (*over)(struct rounds *rounds);
    void (*stopped)(struct rounds *rounds);
    uv_timer_t timer;
    bool running; /* a round is under way */
    bool woken;   /* another one at once */
    bool stopping;
};

/* The first round begins at once. The struct is the caller's until `stopped` has been called. */
void rounds_start(struct rounds *rounds, struct loop *loop, const char *name,
                  const struct op_step *steps, int64_t (*over)(struct rounds *rounds));
/* Cut the pause short; during a round: begin the next without one. */
void rounds_wake(struct rounds *rounds);
/* Let the round under way end, begin no other, then call `stopped`. */
void rounds_stop(struct rounds *rounds, void (*stopped)(struct rounds *rounds));

#endif
