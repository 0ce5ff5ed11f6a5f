/* op_work.h - blocking calls (files, argon2id) in the thread pool, as I/O of an op. */
#ifndef CORE_IO_OP_OP_WORK_H
#define CORE_IO_OP_OP_WORK_H

#include "core/io/op/op.h"

/* Run `run(context)` on a pool thread. It may touch only what `context` points to, which must live
 * until the op goes on. False: the op fails with what `run` put into err. */
void op_work(struct op *op, bool (*run)(void *context, struct gov_err *err), void *context);

#endif
