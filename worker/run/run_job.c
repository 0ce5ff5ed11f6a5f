/* run_job.c - a job of kind run: a published script, in isolation, with its log, result and files.
 *
 *     load -> prepare -> open_files -> register -> unseal -> unsealed -> run -> [fetch -> unpack -> run] -> drain
 *       -> keep_files -> ask_egress -> explain -> finish      (from drain on: run_end.c)
 *
 * What was planned is what runs: the version's digest is compared with the plan's here, and the tree it
 * was checked as with what sandboxd says it mounted. A sandbox that lost its package cache is given the
 * archive once more. An action that is one call of a HTTP resource has no script: its run is that call. Sensitive
 * inputs are opened by execgov-egress for this run alone, and masked in whatever the script says.
 */
#include "worker/run/run_job.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "worker/run/run_admit.h"
#include "worker/run/run_job_steps.h"

/* --- load, prepare --- */

static enum op_next load(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    j->package_fd = -1;
    if (j->work.loaded.result) {
        j->rows = j->work.loaded;
        return OP_NEXT;
    }
    DB_QUERY(op, j->work.worker->db, &j->work.tenant.scope, SQL_QUERIES_RUN_LOAD, &j->rows, j->work.job.id.text);
    return OP_WAIT;
}

static void free_log(void *log)
{
    run_log_free(log);
}

static bool prepare_run(struct run_job *j, struct gov_err *err)
{
    struct arena *arena = &j->work.op.arena;

    if (!run_admit(&j->work, &j->rows, &j->manifest, &j->action, err))
        return false;
    if (!j->work.worker->sandbox && j->action->executor != SKILL_HTTP)
        return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "this worker has no sandbox");
    return run_input_make(&j->work.job, j->action, arena, &j->input, err);
}

static void close_files(void *job)
{
    struct run_job *j = job;
    for (size_t i = 0; i < j->input.file_count; i++)
        if (j->input.files[i].fd >= 0)
            close(j->input.files[i].fd);
    run_artifacts_close(&j->artifacts);
    if (j->package_fd >= 0)
        close(j->package_fd);
    run_calls_end(&j->calls);
}

static enum op_next prepare(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    j->exit_code = -1;
    arena_defer(&op->arena, close_files, j);
    if (!prepare_run(j, &j->err))
        return OP_NEXT; /* every later step sees err and passes on */
    j->denials = (struct run_denials){ .arena = &op->arena, .runtime = db_text(&j->rows, 0, RUN_RUNTIME) };
    j->log = run_log_new(&j->work, db_int(&j->rows, 0, RUN_LOG_SEQ), &j->denials);
    arena_defer(&op->arena, free_log, j->log);
    return OP_NEXT;
}

static enum op_next open_files(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    if (j->err.code)
        return OP_NEXT;
    for (size_t i = 0; i < j->input.file_count; i++)
        file_store_lend(op, j->work.worker->files, &j->input.files[i].id, &j->input.files[i].fd);
    return OP_WAIT;
}

/* --- run --- */

static void on_output(void *user, enum sandbox_stream stream, const char *data, size_t bytes)
{
    struct run_job *j = user;
    run_log_add(j->log, stream == SANDBOX_STDOUT ? RUN_STDOUT : RUN_STDERR, data, bytes);
}

static void keep_result(struct run_job *j, struct sandbox_report *report)
{
    size_t bytes = (size_t)report->result_bytes, at = 0;

    if (report->result_fd < 0 || bytes > SANDBOX_RESULT_BYTES_MAX)
        return;
    j->result_text = arena_alloc(&j->work.op.arena, bytes + 1);
    while (at < bytes) {
        /* A memfd or a file of the sandbox's tmpfs: memory, so no blocking. */
        ssize_t n = pread(report->result_fd, j->result_text + at, bytes - at, (off_t)at);
        if (n <= 0) {
            gov_fail_cause(&j->err, GOV_INTERNAL, "the result: %zu of %zu bytes: %s", at, bytes,
                           n < 0 ? strerror(errno) : "no more");
            break;
        }
        at += (size_t)n;
    }
    j->result_bytes = at;
}

/* What the harvest would not take, and why. */
static void keep_refusals(struct run_job *j, struct sandbox_report *report)
{
    j->refusals = json_own(&j->work.op.arena, json_array());
    for (size_t i = 0; i < report->refusal_count; i++)
        json_array_append_new(j->refusals,
                              json_pack("{s:s, s:s}", "name", report->refusals[i].name, "reason",
                                        report->refusals[i].reason));
}

static void on_done(void *user, struct sandbox_report *report)
{
    struct run_job *j = user;

    j->running = NULL;
    j->err = report->err;
    j->exit_code = report->exit_code;
    j->level = report->level;
    j->warm = report->warm;
    j->cold_reason = arena_text(&j->work.op.arena, report->cold_reason);
    run_starts_count(&j->work.worker->run_starts, report);
    j->wall_us = report->wall_us;
    j->cpu_us = report->cpu_us;
    j->memory_peak = report->memory_peak_bytes;
    j->work.crashed = report->started && report->limit == SANDBOX_LIMIT_LOST;
    j->again = !report->started && !j->unpacked && report->err.code == GOV_NOT_FOUND;
    if (report->started && memcmp(report->package, j->tree, sizeof j->tree) != 0)
        gov_fail_cause(&j->err, GOV_INTERNAL, "the sandbox mounted another package");
    if (report->started && j->has_wheels && memcmp(report->runtime, j->wheels, sizeof j->wheels) != 0)
        gov_fail_cause(&j->err, GOV_INTERNAL, "the sandbox mounted another runtime");
    platform_runtime_learn(j->work.worker, db_text(&j->rows, 0, RUN_RUNTIME), report, j->has_wheels);
    if (!j->again) {
        keep_result(j, report);
        run_artifacts_take(&j->artifacts, report, &j->work.op.arena);
        keep_refusals(j, report);
    }
    op_io_end(&j->work.op, NULL);
}

static void cancel(struct work *work)
{
    struct run_job *j = (struct run_job *)work;
    if (j->running)
        sandbox_run_cancel(j->running);
    if (j->action->executor == SKILL_HTTP)
        run_calls_end(&j->calls);
}

static const struct sandbox_events events = { on_output, on_done };

static bool digest_of(const char *hex, uint8_t digest[SANDBOX_DIGEST_BYTES])
{
    size_t length = 0;
    return hex && sodium_hex2bin(digest, SANDBOX_DIGEST_BYTES, hex, strlen(hex), NULL, &length, NULL) == 0 &&
           length == SANDBOX_DIGEST_BYTES;
}

static bool digest_read(struct run_job *j, const char *hex, uint8_t digest[SANDBOX_DIGEST_BYTES], const char *fault)
{
    return digest_of(hex, digest) || gov_fail_cause(&j->err, GOV_INTERNAL, "%s", fault);
}

static const char *timezone_of(const struct run_job *j)
{
    if (j->work.job.payload.timezone)
        return j->work.job.payload.timezone;
    const char *users = db_text(&j->rows, 0, RUN_USER_ZONE);
    return users ? users : j->work.tenant.timezone;
}

static void start_sandbox(struct run_job *j)
{
    struct op *op = &j->work.op;
    size_t count = j->input.file_count;
    struct sandbox_file *files = ARENA_ARRAY(&op->arena, struct sandbox_file, count + 1);
    size_t globs = json_array_size(j->action->collect);
    const char **collect = ARENA_ARRAY(&op->arena, const char *, globs + 1);

    for (size_t i = 0; i < count; i++) {
        files[i].fd = j->input.files[i].fd;
        memcpy(files[i].sha256, j->input.files[i].sha256, sizeof files[i].sha256);
        files[i].name = j->input.files[i].name;
        files[i].as = j->input.files[i].as;
    }
    for (size_t i = 0; i < globs; i++)
        collect[i] = json_string_value(json_array_get(j->action->collect, i));
    struct sandbox_job job = {
        .id = j->work.job.id.text,
        .scope = j->work.tenant.scope.schema,
        .runtime = db_text(&j->rows, 0, RUN_RUNTIME),
        .kind = j->action->executor == SKILL_SHELL ? SANDBOX_SHELL : SANDBOX_PYTHON,
        .entry = j->action->entry,
        .args = j->input.args,
        .arg_count = j->input.arg_count,
        .files = files,
        .file_count = count,
        .input = j->input.text,
        .input_bytes = strlen(j->input.text),
        .collect = collect,
        .collect_count = globs,
        .timezone = timezone_of(j),
        .broker = j->calls.broker,
        .limits = j->input.limits,
    };
    if (!digest_read(j, db_text(&j->rows, 0, RUN_TREE), job.package, "the version was never checked"))
        return;
    memcpy(j->tree, job.package, sizeof j->tree);
    const char *wheels = db_text(&j->rows, 0, RUN_RUNTIME_DIGEST), *platform = j->work.job.payload.platform_digest;
    j->has_wheels = wheels != NULL;
    if ((wheels && !digest_read(j, wheels, j->wheels, "the runtime's digest is malformed")) ||
        (platform && !digest_read(j, platform, job.platform, "the platform's digest is malformed")))
        return;
    memcpy(job.wheels, j->wheels, sizeof job.wheels);
    op_io_begin(op);
    if (!sandbox_run_start(j->work.worker->sandbox, &job, &events, j, &j->running, &j->err)) {
        op_io_end(op, NULL);
        return;
    }
    work_killable(&j->work, cancel);
}

/* With execgov-egress, before anything of the run can ask for a call. */
static enum op_next register_it(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    if (j->err.code)
        return OP_NEXT;
    run_calls_begin(&j->work, j->action, j->input.sealed, &j->calls);
    return OP_WAIT;
}

static enum op_next unseal(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    if (!j->err.code && j->calls.answer.err.code)
        j->err = j->calls.answer.err;
    if (!j->err.code && j->input.sealed)
        run_calls_open(&j->work, &j->calls);
    return OP_WAIT;
}

static enum op_next unsealed(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    if (j->err.code || !j->input.sealed)
        return OP_NEXT;
    const json_t *opened = run_calls_opened(&j->work, &j->calls, &j->err);
    if (!opened)
        return OP_NEXT;
    secrets_add_json(&j->secrets, opened, &op->arena);
    if (!secrets_fit(&j->secrets, &j->err))
        return OP_NEXT;
    run_log_hide(j->log, &j->secrets);
    run_input_open(j->action, opened, &op->arena, &j->input, &j->err);
    return OP_NEXT;
}

static enum op_next run(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    if (!j->err.code && j->action->executor == SKILL_HTTP && !j->calls.session)
        gov_fail_cause(&j->err, GOV_INTERNAL, "an action of one call names no resource");
    if (j->err.code)
        return OP_NEXT;
    j->work.begun = true;
    if (j->action->executor == SKILL_HTTP) {
        work_killable(&j->work, cancel);
        run_calls_make(&j->work, j->action, j->input.object, &j->calls);
    } else {
        start_sandbox(j);
    }
    return OP_WAIT;
}

/* --- the package once more --- */

static enum op_next fetch(struct op *op)
{
    struct run_job *j = (struct run_job *)op;
    struct id package;

    if (!j->again)
        return OP_NEXT;
    package = db_id(&j->rows, 0, RUN_PACKAGE_FILE);
    file_store_read(op, j->work.worker->files, &package, &j->package_fd);
    return OP_WAIT;
}

static void on_unpacked(void *user, struct sandbox_unpack_report *report)
{
    struct run_job *j = user;

    j->unpacked = true;
    j->err = report->err;
    op_io_end(&j->work.op, NULL);
}

static enum op_next unpack(struct op *op)
{
    struct run_job *j = (struct run_job *)op;
    uint8_t digest[SANDBOX_DIGEST_BYTES];

    if (!j->again)
        return OP_NEXT;
    memset(&j->err, 0, sizeof j->err);
    if (!digest_of(db_text(&j->rows, 0, RUN_PACKAGE_SHA256), digest))
        return gov_fail_cause(&op->err, GOV_INTERNAL, "the package's digest is malformed"), OP_FAIL;
    op_io_begin(op);
    if (!sandbox_unpack_start(j->work.worker->sandbox, j->package_fd, digest,
                              db_text(&j->rows, 0, RUN_RUNTIME), on_unpacked, j, &j->err))
        op_io_end(op, NULL);
    return OP_WAIT;
}

static enum op_next run_again(struct op *op)
{
    struct run_job *j = (struct run_job *)op;

    if (!j->again || j->err.code)
        return OP_NEXT;
    start_sandbox(j);
    return OP_WAIT;
}

static const struct op_step steps[] = {
    { "load", load },
    { "prepare", prepare },
    { "open_files", open_files },
    { "register", register_it },
    { "unseal", unseal },
    { "unsealed", unsealed },
    { "run", run },
    { "fetch", fetch },
    { "unpack", unpack },
    { "run_again", run_again },
    { "drain", run_end_drain },
    { "keep_files", run_end_keep_files },
    { "ask_egress", run_end_ask_egress },
    { "explain", run_end_explain },
    { "finish", run_end_finish },
    { 0 },
};

const struct work_kind run_job_kind = { steps, sizeof(struct run_job), .killable = true };
