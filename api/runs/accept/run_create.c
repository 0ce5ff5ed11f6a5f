/* POST /v1/runs: run a skill by hand.
 *
 *     parse -> accept -> wait -> show
 *
 * What `accept` does is in accept.c: plan, store, enqueue. A low-risk run is planned there and enters as a run job in one small transaction: row, live row,
 * audit. Anything that needs a person, or only a plan, is stored as a request with a plan job, which
 * a worker carries on. The rows are committed before the queue entry exists: if we die in between,
 * the scheduler's sweep enqueues it.
 */
#include "api/runs/runs.h"

#include <string.h>

#include "api/runs/accept/accept.h"
#include "api/runs/show/settle_wait.h"
#include "api/runs/show/show.h"
#include "api/runs/show/show_accepted.h"
#include "core/base/clock.h"

struct run_create {
    struct endpoint endpoint;
    struct run_wish wish;
    struct accept accept;
    struct settle_wait wait;
    struct show_one show;
};

static enum op_next parse(struct op *op)
{
    struct run_create *e = (struct run_create *)op;
    struct call *call = e->endpoint.call;
    json_t *body = json_parse(&op->arena, call->request->body, call->request->body_bytes, &op->err);

    if (!body || !run_wish_read(call, body, &e->wish, &op->arena, &op->err))
        return OP_FAIL;
    settle_wait_listen(op, &e->wait, call);
    return OP_NEXT;
}

static enum op_next accept_run(struct op *op)
{
    struct run_create *e = (struct run_create *)op;
    accept_run_wish(op, &e->accept, e->endpoint.call, &e->wish);
    return OP_WAIT;
}

static enum op_next wait_for_it(struct op *op)
{
    struct run_create *e = (struct run_create *)op;
    /* A repeat may have ended long ago, and what goes alone is in the queue before we are here. */
    e->wait.listens &= e->accept.batched;
    settle_wait(op, &e->wait, e->endpoint.call, &e->accept.id, true, &e->accept.id,
                settle_wait_seconds(e->endpoint.call, 0));
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct run_create *e = (struct run_create *)op;
    if (e->accept.batched && !e->wait.kind) { /* nobody waited: it is as it was accepted */
        show_accepted(e->endpoint.call, &e->accept);
        return OP_DONE;
    }
    show_run_read(op, &e->show, e->endpoint.call, &e->accept.id, settle_wait_run(&e->wait),
                  e->wait.settled ? 200 : 202);
    return OP_WAIT;
}

const struct op_step run_create_steps[] = {
    { "parse", parse },       { "accept", accept_run }, { "wait", wait_for_it },
    { "show", show },         { 0 }
};
const size_t run_create_bytes = sizeof(struct run_create);
