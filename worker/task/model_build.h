/* model_build.h - task: learn a tenant's skills again after one of them changed. */
#ifndef WORKER_TASK_MODEL_BUILD_H
#define WORKER_TASK_MODEL_BUILD_H

#include "worker/work.h"

struct op *model_build_make(struct work *work);

#endif
