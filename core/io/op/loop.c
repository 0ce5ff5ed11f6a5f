#include "core/io/op/loop.h"

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/io/op/op_internal.h"

enum { DEADLINE_TICK_MS = 50 };

static void serve_ready(struct loop *loop)
{
    /* Only what is ready now: an op that is ready again waits for the next turn, so that
     * sockets are served in between. */
    struct list now;
    list_init(&now);
    while (!list_empty(&loop->ready)) {
        struct list *item = list_first(&loop->ready);
        list_remove(item);
        list_append(&now, item);
    }
    while (!list_empty(&now)) {
        struct list *item = list_first(&now);
        list_remove(item);
        op_step_on(LIST_ITEM(item, struct op, ready));
    }
    if (list_empty(&loop->ready))
        uv_idle_stop(&loop->idle);
}

static void on_idle(uv_idle_t *handle)
{
    serve_ready(handle->data);
}

static void on_check(uv_check_t *handle)
{
    serve_ready(handle->data);
}

static void on_deadline_tick(uv_timer_t *handle)
{
    struct loop *loop = handle->data;
    int64_t now = clock_mono_us();
    struct list *item = loop->deadlines.next;

    while (item != &loop->deadlines) {
        struct op *op = LIST_ITEM(item, struct op, deadline);
        item = item->next;
        if (op->deadline_us <= now) {
            list_remove(&op->deadline);
            op_cancel(op, GOV_DEADLINE);
        }
    }
    if (list_empty(&loop->deadlines))
        uv_timer_stop(&loop->deadline_tick);
}

void loop_init(struct loop *loop)
{
    CHECK(uv_loop_init(&loop->uv) == 0);
    loop->uv.data = loop;
    uv_idle_init(&loop->uv, &loop->idle);
    uv_check_init(&loop->uv, &loop->check);
    uv_timer_init(&loop->uv, &loop->deadline_tick);
    loop->idle.data = loop->check.data = loop->deadline_tick.data = loop;
    uv_check_start(&loop->check, on_check);
    uv_unref((uv_handle_t *)&loop->check);
    list_init(&loop->ready);
    list_init(&loop->deadlines);
    loop->ops = 0;
}

void loop_wake(struct loop *loop)
{
    uv_idle_start(&loop->idle, on_idle);
}

void loop_watch_deadlines(struct loop *loop)
{
    if (!uv_is_active((uv_handle_t *)&loop->deadline_tick))
        uv_timer_start(&loop->deadline_tick, on_deadline_tick, DEADLINE_TICK_MS, DEADLINE_TICK_MS);
}

bool loop_release(struct loop *loop)
{
    uv_close((uv_handle_t *)&loop->idle, NULL);
    uv_close((uv_handle_t *)&loop->check, NULL);
    uv_close((uv_handle_t *)&loop->deadline_tick, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    return uv_loop_close(&loop->uv) == 0;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}
