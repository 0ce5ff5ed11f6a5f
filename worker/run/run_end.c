/* run_end.c - drain -> keep_files -> ask_egress -> explain -> finish.
 *
 * What a script printed last travels with the transaction that ends its run where nothing that may fail lies between:
 * a commit less that somebody waits for. If that transaction is refused, the log is written alone first, and whose
 * fault it was shows.
 */
#include "worker/run/run_admit.h"
#include "worker/run/run_job_steps.h"
#include "worker/run/run_result.h"

/* --- what it left --- */

/* Nothing that may fail lies between here and the transaction that ends it: no file to keep, nobody to ask. */
static bool ends_now(const struct run_job *j)
{
    bool again = j->err.code != GOV_OK && gov_code_info(j->err.code)->retry_helps;
    return !again && !j->work.released && !j->artifacts.count && !j->calls.session &&
           j->action->executor != SKILL_HTTP && !run_calls_looks(&j->work, &j->err, &j->calls);
}

enum op_next run_end_drain(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    j->work.cancel = NULL;
    if (j->action && j->action->executor == SKILL_HTTP && !j->err.code)
        j->err = j->calls.answer.err;
    bool now = j->log && ends_now(j);
    run_calls_look(&j->work, &j->err, &j->calls);
    if (j->err.code != GOV_SCRIPT_FAILED)
        run_calls_end(&j->calls);
    /* Also before another attempt: a sandbox may go away under a script that has printed something. */
    if (now)
        run_log_close(op, j->log);
    else if (j->log)
        run_log_drain(op, j->log);
    return OP_WAIT;
}

enum op_next run_end_keep_files(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    bool called = !j->err.code && j->action->executor == SKILL_HTTP;

    if (called)
        j->result = run_calls_result(&j->work, &j->calls, &j->err);
    if (run_calls_come_again(&j->work, &j->calls, &j->err) && !j->work.released) {
        op->err = j->err; /* another attempt, or another worker */
        return OP_FAIL;
    }
    run_artifacts_store(op, j->work.worker->files, &j->artifacts);
    if (!called && !j->err.code)
        j->result = run_result_read(j->result_text, j->result_bytes, j->log, j->action, &op->arena,
                                    &j->err);
    j->result = secrets_mask_json(&j->secrets, j->result, &op->arena);
    return OP_WAIT;
}

/* --- why it failed --- */

enum op_next run_end_ask_egress(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    if (j->err.code == GOV_SCRIPT_FAILED && !j->work.released)
        run_refusal_ask(&j->work, &j->calls);
    return OP_WAIT;
}

/* After the question whether another attempt helps: a script that ran is not run again for its calls. */
enum op_next run_end_explain(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    if (j->err.code == GOV_SCRIPT_FAILED && j->log)
        j->refused = run_refusal_explain(&j->calls, j->log, db_text(&j->rows, 0, RUN_RUNTIME), &op->arena, &j->err);
    secrets_mask_error(&j->secrets, &j->err, &op->arena);
    for (int i = 0; i < j->denials.count; i++)
        secrets_mask_error(&j->secrets, &j->denials.items[i]->err, &op->arena);
    run_calls_end(&j->calls);
    return OP_NEXT;
}

/* --- finish --- */

/* As egress writes of what reached it. */
static void add_refusal(struct run_job *j, bool call, const struct gov_err *err, struct db_group *group)
{
    struct arena *arena = &j->work.op.arena;
    json_t *detail = json_own(arena, json_pack("{s:s, s:s, s:s, s:s, s:b}", "code", gov_code_info(err->code)->wire, "said",
                                               err->en, "skill", j->manifest.name, "action", j->action->name, "went_on",
                                               !j->err.code));

    DB_GROUP_ADD(group, SQL_QUERIES_AUDIT_EVENT_INSERT, NULL, NULL, "worker", call ? "resource" : "run",
                 call ? "resource.refused" : "run.module_missing", "run", j->work.job.id.text,
                 detail ? json_text(arena, detail) : "{}");
}

/* What it was denied, whether or not it ended by it; and what it ended by, if that was nothing of these. */
static void add_refusals(struct run_job *j, struct db_group *group)
{
    for (int i = 0; i < j->denials.count; i++)
        add_refusal(j, j->denials.items[i]->mark == MARK_REFUSED, &j->denials.items[i]->err, group);
    if (j->refused && j->action && !run_denials_have(&j->denials, j->err.en))
        add_refusal(j, j->refused == REFUSED_CALL, &j->err, group);
}

static void build(struct work *work, struct db_group *group)
{
    struct run_job *j = (struct run_job *)work;
    struct arena *arena = &work->op.arena;
    const char *reason = j->cold_reason && *j->cold_reason ? j->cold_reason : NULL;
    bool sandboxed = j->level > 0; /* a call, and what failed before it started, was in none */

    if (j->log && run_log_lost(j->log)) {
        j->err = *run_log_lost(j->log);
        j->result = NULL;
    }
    json_t *usage = json_own(
        arena, json_pack("{s:I, s:I, s:I, s:s*, s:s*, s:O*}", "wall_us", (json_int_t)j->wall_us,
                         "cpu_us", (json_int_t)j->cpu_us, "memory_bytes_max",
                         (json_int_t)j->memory_peak, "start",
                         sandboxed ? (j->warm ? "warm" : "cold") : NULL,
                         "cold_reason", reason, "refused", j->refusals));
    bool failed = j->err.code != GOV_OK;

    DB_GROUP_ADD(group, SQL_QUERIES_JOB_COMPLETE, NULL, work->job.id.text,
                 arena_format(arena, "%lld", (long long)work->job.fence), work->job.token,
                 failed ? "failed" : "succeeded", failed ? gov_code_info(j->err.code)->wire : NULL,
                 j->result ? json_text(arena, j->result) : NULL,
                 failed ? json_text(arena, work_error_json(&j->err, arena)) : NULL,
                 j->exit_code >= 0 ? arena_format(arena, "%d", j->exit_code) : NULL,
                 sandboxed ? arena_format(arena, "L%d", j->level) : NULL, json_text(arena, usage));
    if (j->log && run_log_left(j->log) && !j->log_apart)
        run_log_add_left(j->log, group);
    run_artifacts_add(&j->artifacts, work, group);
    add_refusals(j, group);
    work_add_callback(work, group);
}

/* Whose fault it is shows when they go apart: the log first, and if it is, that is what the run ends by. */
static bool refused(struct work *work, struct op *op)
{
    struct run_job *j = (struct run_job *)work;

    if (j->log_apart || !j->log || !run_log_left(j->log))
        return false;
    j->log_apart = true;
    run_log_drain(op, j->log);
    return true;
}

enum op_next run_end_finish(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    if (j->work.released) { /* a drain ended it: the job goes back as if it had not begun */
        if (j->log)
            run_log_drain(op, j->log);
        return OP_WAIT;
    }
    j->work.refused = refused;
    work_finish(&j->work, build);
    return OP_WAIT;
}
