/* op_sleep.h - waiting for a while as I/O of an op. For back-off, never in place of a condition. */
#ifndef CORE_IO_OP_OP_SLEEP_H
#define CORE_IO_OP_OP_SLEEP_H

#include "core/io/op/op.h"

void op_sleep(struct op *op, int64_t ms);

#endif
