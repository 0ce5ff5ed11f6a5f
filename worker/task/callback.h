/* callback.h - task: tell a registered host how a request ended (Standard Webhooks 1.0). */
#ifndef WORKER_TASK_CALLBACK_H
#define WORKER_TASK_CALLBACK_H

#include "worker/work.h"

/* arguments: {"delivery": id} */
struct op *callback_make(struct work *work);

#endif
