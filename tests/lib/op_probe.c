#include "tests/lib/op_probe.h"

#include "core/base/check.h"
#include "core/base/clock.h"
#include "tests/lib/test.h"

static enum op_next probe_run(struct op *op)
{
    struct op_probe *probe = (struct op_probe *)op;
    probe->begin(op, probe->arguments);
    return OP_WAIT;
}

static const struct op_step probe_steps[] = { { "probe", probe_run }, { 0 } };

void op_probe_start(struct op_probe *probe, struct loop *loop,
                    void (*begin)(struct op *op, void *arguments), void *arguments)
{
    op_init(&probe->op, "probe", probe_steps, loop, NULL);
    probe->begin = begin;
    probe->arguments = arguments;
    op_start(&probe->op);
}

bool op_probe_await(struct op_probe *probe)
{
    probe->ok = op_await(&probe->op, &probe->err);
    return probe->ok;
}

bool op_probe_run(struct op_probe *probe, struct loop *loop,
                  void (*begin)(struct op *op, void *arguments), void *arguments)
{
    op_probe_start(probe, loop, begin, arguments);
    return op_probe_await(probe);
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
}

void loop_until(struct loop *loop, bool (*done)(void *context), void *context, int ms)
{
    int64_t until = clock_mono_us() + (int64_t)ms * 1000;
    uv_timer_t timer;

    uv_timer_init(&loop->uv, &timer);
    uv_timer_start(&timer, on_timer, 5, 5);
    bool happened;
    while (!(happened = done(context)) && clock_mono_us() < until)
        uv_run(&loop->uv, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    if (!happened)
        fail_msg("it did not happen within %d ms", ms);
}
