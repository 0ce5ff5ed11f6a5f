/* run_job_steps.h - what run_job.c (a run up to the end of its script) and run_end.c (what it left) share. */
#ifndef WORKER_RUN_RUN_JOB_STEPS_H
#define WORKER_RUN_RUN_JOB_STEPS_H

#include "worker/egress/secrets.h"
#include "worker/run/run_artifact.h"
#include "worker/run/run_calls.h"
#include "worker/run/run_input.h"
#include "worker/run/run_log.h"
#include "worker/run/run_refusal.h"

struct run_job {
    struct work work;
    struct db_rows rows;
    struct skill_manifest manifest;
    const struct skill_action *action;
    struct run_input input;
    struct run_log *log;
    struct run_calls calls;
    struct secrets secrets; /* of the input */
    struct sandbox_run *running;
    int package_fd;
    uint8_t tree[SANDBOX_DIGEST_BYTES]; /* the unpacked package, as it was checked */
    uint8_t wheels[SANDBOX_DIGEST_BYTES]; /* the runtime of its own wheels likewise */
    bool has_wheels;
    bool unpacked; /* the archive was handed over in this attempt */
    bool again;    /* the sandbox did not have the package */

    /* of the report */
    struct gov_err err;
    int exit_code;
    int level;
    bool warm;
    const char *cold_reason; /* "" if it was warm */
    uint64_t wall_us, cpu_us, memory_peak;
    char *result_text;
    size_t result_bytes;
    struct run_artifacts artifacts;
    json_t *refusals;
    enum run_refused refused;
    struct run_denials denials;
    bool log_apart; /* its end was refused together with the rest of its log */

    json_t *result;
};

/* The last steps of a run, in this order. */
enum op_next run_end_drain(struct op *op);
enum op_next run_end_keep_files(struct op *op);
enum op_next run_end_ask_egress(struct op *op);
enum op_next run_end_explain(struct op *op);
enum op_next run_end_finish(struct op *op);

#endif
