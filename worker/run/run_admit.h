/* run_admit.h - may this run still start: its version, its binding, its risk, its grants, as they are now. */
#ifndef WORKER_RUN_RUN_ADMIT_H
#define WORKER_RUN_RUN_ADMIT_H

#include "core/model/skill/manifest.h"
#include "worker/work.h"

/* Columns of run_load.sql. */
enum {
    RUN_VERSION,
    RUN_VERSION_DIGEST,
    RUN_STATE,
    RUN_MANIFEST,
    RUN_PACKAGE_FILE,
    RUN_RUNTIME,
    RUN_PACKAGE_SHA256,
    RUN_LOG_SEQ,
    RUN_USER_ZONE,
    RUN_ENABLED,
    RUN_OWNER_NAME,
    RUN_TREE,
    RUN_UPLOADED_BY,
    RUN_ROLE,
    RUN_BINDINGS,
    RUN_OVER_QUOTA,
    RUN_NOW_US,
    RUN_RUNTIME_DIGEST,
    RUN_GRANTS,
    RUN_PLAN
};

/* `rows` of run_load.sql; they outlive the manifest. False: the reason ends the job. */
bool run_admit(struct work *work, const struct db_rows *rows, struct skill_manifest *manifest,
               const struct skill_action **action, struct gov_err *err);

#endif
