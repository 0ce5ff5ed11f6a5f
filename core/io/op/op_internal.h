/* op_internal.h - what loop.c and op.c know of each other. Nobody else includes it. */
#ifndef CORE_IO_OP_OP_INTERNAL_H
#define CORE_IO_OP_OP_INTERNAL_H

#include "core/io/op/op.h"

/* Run the op's steps until one waits or ends. Called only by the loop. */
void op_step_on(struct op *op);
/* There is something on the ready list. */
void loop_wake(struct loop *loop);
/* There is something on the deadline list. */
void loop_watch_deadlines(struct loop *loop);

#endif
