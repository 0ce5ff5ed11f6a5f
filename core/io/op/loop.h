/* loop.h - one event loop a process, and the ops that are ready to go on.
 *
 * I/O layers never run an op from inside their own callbacks: they put it on
 * the ready list, which is served once a turn. So no layer is entered twice,
 * and ops never recurse.
 */
#ifndef CORE_IO_OP_LOOP_H
#define CORE_IO_OP_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "core/base/list.h"

struct loop {
    uv_loop_t uv;
    uv_idle_t idle;           /* runs only while `ready` holds something */
    uv_check_t check;         /* serves `ready` after each poll */
    uv_timer_t deadline_tick; /* runs only while `deadlines` holds something */
    struct list ready;        /* struct op, link `ready` */
    struct list deadlines;    /* struct op, link `deadline` */
    int ops;                  /* started and not ended */
};

void loop_init(struct loop *loop);
/* Close what the loop itself owns and run until nothing is left. False: handles of others remain. */
bool loop_release(struct loop *loop);
void loop_run(struct loop *loop); /* until there is nothing to do */

#endif
