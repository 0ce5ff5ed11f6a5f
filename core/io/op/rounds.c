#include "core/io/op/rounds.h"

#include "core/base/check.h"

static void round_begin(struct rounds *rounds);

static void on_closed(uv_handle_t *handle)
{
    struct rounds *rounds = handle->data;
    rounds->stopped(rounds);
}

static void on_timer(uv_timer_t *timer)
{
    round_begin(timer->data);
}

static void pause_for(struct rounds *rounds, int64_t ms)
{
    if (ms >= 0)
        uv_timer_start(&rounds->timer, on_timer, (uint64_t)ms, 0);
}

static void round_ended(struct op *op)
{
    struct rounds *rounds = (struct rounds *)op;
    int64_t ms = rounds->over(rounds);

    op_release(op);
    rounds->running = false;
    if (rounds->stopping)
        uv_close((uv_handle_t *)&rounds->timer, on_closed);
    else
        pause_for(rounds, rounds->woken ? 0 : ms);
}

static void round_begin(struct rounds *rounds)
{
    rounds->running = true;
    rounds->woken = false;
    op_init(&rounds->op, rounds->name, rounds->steps, rounds->loop, round_ended);
    op_start(&rounds->op);
}

void rounds_start(struct rounds *rounds, struct loop *loop, const char *name,
                  const struct op_step *steps, int64_t (*over)(struct rounds *rounds))
{
    rounds->name = name;
    rounds->steps = steps;
    rounds->loop = loop;
    rounds->over = over;
    rounds->stopped = NULL;
    rounds->stopping = false;
    uv_timer_init(&loop->uv, &rounds->timer);
    rounds->timer.data = rounds;
    round_begin(rounds);
}

void rounds_wake(struct rounds *rounds)
{
    if (rounds->stopping)
        return;
    rounds->woken = true;
    if (!rounds->running)
        pause_for(rounds, 0);
}

void rounds_stop(struct rounds *rounds, void (*stopped)(struct rounds *rounds))
{
    CHECK(!rounds->stopping);
    rounds->stopping = true;
    rounds->stopped = stopped;
    if (!rounds->running)
        uv_close((uv_handle_t *)&rounds->timer, on_closed);
}
