/* package_check.h - task: open an uploaded package inside the sandbox and say what it is. */
#ifndef WORKER_TASK_PACKAGE_CHECK_H
#define WORKER_TASK_PACKAGE_CHECK_H

#include "worker/work.h"

/* arguments: {"version": id of the skill_version} */
struct op *package_check_make(struct work *work);

#endif
