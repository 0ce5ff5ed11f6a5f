/* op.h - one piece of work that waits: a table of steps over one struct.
 *
 * An op is the first member of a struct that holds all its state. Its steps are
 * static functions in reading order and a table that ends with { 0 }:
 *
 *     static const struct op_step steps[] = {
 *         { "load", load }, { "insert", insert }, { "reply", reply }, { 0 }
 *     };
 *
 * A step starts I/O last and returns OP_WAIT; the next row runs when everything
 * it started has answered. An I/O failure, a deadline or a cancel ends the op
 * without code in the steps; `ended` is called exactly once, after outstanding
 * I/O has drained, and owns the op from then on.
 */
#ifndef CORE_IO_OP_OP_H
#define CORE_IO_OP_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/list.h"
#include "core/io/op/loop.h"

struct op;

enum op_next {
    OP_NEXT,  /* go on with the next row now */
    OP_WAIT,  /* the next row runs when the I/O started here has ended (at once if none was) */
    OP_AGAIN, /* this row again, after the I/O started here (in the next turn if none was) */
    OP_DONE,  /* ended well */
    OP_FAIL   /* ended; op->err is filled */
};

struct op_step {
    const char *name;
    enum op_next (*run)(struct op *op);
};

struct op {
    const char *name;
    const struct op_step *steps;
    const struct op_step *step; /* the row that runs or waits */
    struct loop *loop;
    struct arena arena; /* released by op_release, which `ended` calls */
    int outstanding;    /* I/O begun and not ended */
    bool started;
    bool running;       /* a step is on the stack */
    bool waiting;       /* `step` waits for its I/O */
    bool again;         /* ... and runs once more after it */
    bool finished;      /* no further step will run */
    bool failed;        /* err says why */
    bool over;          /* ended, I/O drained */
    struct gov_err err;
    void (*ended)(struct op *op);
    struct op *parent;  /* see op_call */
    bool parent_tolerates;
    int64_t deadline_us; /* monotonic; 0: none */
    struct list ready;
    struct list deadline;
};

/* `steps` ends with a zero row. `ended` runs once; it must call op_release (and may free the op). */
void op_init(struct op *op, const char *name, const struct op_step *steps, struct loop *loop,
             void (*ended)(struct op *op));
void op_release(struct op *op);

/* The first step runs in the loop's next turn. */
void op_start(struct op *op);
/* End with DEADLINE unless the op has ended `ms` from now. */
void op_deadline(struct op *op, int64_t ms);
/* End with `code` as soon as outstanding I/O has drained. No effect on a finished op. */
void op_cancel(struct op *op, enum gov_code code);

/* For I/O layers. Everything begun must end exactly once; results lie in the op's memory before. */
void op_io_begin(struct op *op);
void op_io_end(struct op *op, const struct gov_err *err); /* NULL: well */

/* Run `child` (initialised with ended = NULL) as if it were I/O of `parent`; its failure is the
 * parent's. The child's struct must outlive it, so put it inside the parent's. */
void op_call(struct op *parent, struct op *child);
/* The same, but the child's failure stays in child->err (child->failed). */
void op_try(struct op *parent, struct op *child);

/* For programs that do one thing at a time: run the loop until the op has ended. The op must have
 * been initialised with ended = NULL. The caller releases it. */
bool op_await(struct op *op, struct gov_err *err);

#endif
