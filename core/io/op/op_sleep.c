#include "core/io/op/op_sleep.h"

#include <stdlib.h>

#include "core/base/check.h"

struct sleep {
    uv_timer_t timer;
    struct op *op;
};

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_timer(uv_timer_t *timer)
{
    struct sleep *s = timer->data;
    struct op *op = s->op;
    uv_close((uv_handle_t *)timer, on_closed);
    op_io_end(op, NULL);
}

void op_sleep(struct op *op, int64_t ms)
{
    /* On the heap: a timer is closed a turn later, when the op may be gone. */
    struct sleep *s = calloc(1, sizeof *s);
    CHECK(s);
    s->op = op;
    s->timer.data = s;
    op_io_begin(op);
    uv_timer_init(&op->loop->uv, &s->timer);
    uv_timer_start(&s->timer, on_timer, (uint64_t)(ms > 0 ? ms : 0), 0);
}
