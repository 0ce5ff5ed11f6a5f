/* op_probe.h - one call inside an op, awaited: how a test uses an interface made for ops.
 *
 *     struct op_probe p;
 *     op_probe_run(&p, loop, take, &arguments);   take(op, &arguments) starts the I/O
 *     ... results, in p.op's arena ...
 *     op_release(&p.op);
 */
#ifndef TESTS_LIB_OP_PROBE_H
#define TESTS_LIB_OP_PROBE_H

#include "core/io/op/op.h"

struct op_probe {
    struct op op; /* first */
    void (*begin)(struct op *op, void *arguments);
    void *arguments;
    struct gov_err err;
    bool ok;
};

void op_probe_start(struct op_probe *probe, struct loop *loop,
                    void (*begin)(struct op *op, void *arguments), void *arguments);
/* Until it has ended. False: probe->err says why. */
bool op_probe_await(struct op_probe *probe);
bool op_probe_run(struct op_probe *probe, struct loop *loop,
                  void (*begin)(struct op *op, void *arguments), void *arguments);

/* Turn the loop until `done(context)` holds. Fails the test after `ms`. */
void loop_until(struct loop *loop, bool (*done)(void *context), void *context, int ms);

#endif
