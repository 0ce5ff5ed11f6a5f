/* run_admit.h - may this run still start: its version, its binding, its risk, its grants, as they are now. */
#ifndef WORKER_RUN_RUN_ADMIT_H
#define WORKER_RUN_RUN_ADMIT_H

#include "core/model/skill_manifest.h"
#include "worker/work.h"

/* Names of the HTTP resources it was planned to call, as an array of PostgreSQL's; NULL: none. */
const char *run_admit_resources(struct work *work);
/* `rows` of run_load.sql; they outlive the manifest. False: the reason ends the job. */
bool run_admit(struct work *work, const struct db_rows *rows, struct skill_manifest *manifest,
               const struct skill_action **action, struct gov_err *err);

#endif
