/* client_run.c - one run or unpacking as the worker sees it.
 *
 *     START sent -> STARTED (pipes) -> EXITED (drain the pipes) -> FILE ... -> HARVESTED -> on_done
 *
 * The end of the pipes is never waited for: EXITED says that nobody is left who could write, so
 * what is in them then is all there will be.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/check.h"
#include "worker/sandbox/client_private.h"

enum { READ_BYTES = 64 * 1024, JSON_BYTES_MAX = 8 << 20, REFUSALS_MAX = 64 };

static void pipe_closed(uv_handle_t *handle)
{
    struct run_pipe *p = handle->data;

    close(p->fd);
    free(p);
}

static void pipe_drop(struct run_pipe **slot)
{
    struct run_pipe *p = *slot;

    *slot = NULL;
    if (p) {
        p->run = NULL;
        uv_close((uv_handle_t *)&p->poll, pipe_closed);
    }
}

/* Tell what may still be told; the first byte too many ends the run. */
static void output(struct sandbox_run *run, enum sandbox_stream stream, const char *data,
                   size_t bytes)
{
    uint64_t left = run->limits.output_bytes - run->report.output_bytes;

    if (bytes > left && !run->flooded) {
        struct wire_kill kill = { .header = { WIRE_MAGIC, WIRE_KILL, run->id },
                                  .limit = SANDBOX_LIMIT_OUTPUT };
        run->flooded = true;
        client_send(run->client, &kill, sizeof kill, NULL, 0);
    }
    if (bytes > left)
        bytes = (size_t)left;
    run->report.output_bytes += bytes;
    if (bytes > 0 && run->events.on_output)
        run->events.on_output(run->user, stream, data, bytes);
}

/* One read; false when there is nothing more (now, or ever: `ended`). */
static bool pipe_read(struct run_pipe *p, bool *ended)
{
    char data[READ_BYTES];
    ssize_t n;

    do
        n = read(p->fd, data, sizeof data);
    while (n < 0 && errno == EINTR);
    *ended = n == 0 || (n < 0 && errno != EAGAIN);
    if (n > 0)
        output(p->run, p->stream, data, (size_t)n);
    return n > 0;
}

static void pipe_ready(uv_poll_t *poll, int status, int events)
{
    struct run_pipe *p = poll->data;
    bool ended = false;

    (void)events;
    if (!p->run)
        return;
    if (status == 0)
        pipe_read(p, &ended);
    if ((status < 0 || ended) && p->run)
        pipe_drop(&p->run->pipes[p->stream - 1]);
}

static void pipes_drain(struct sandbox_run *run)
{
    for (int i = 0; i < 2; i++) {
        bool ended = false;
        while (run->pipes[i] && pipe_read(run->pipes[i], &ended))
            ;
        pipe_drop(&run->pipes[i]);
    }
}

static void pipe_open(struct sandbox_run *run, enum sandbox_stream stream, int fd)
{
    struct run_pipe *p = calloc(1, sizeof *p);

    CHECK(p);
    *p = (struct run_pipe){ .run = run, .stream = stream, .fd = fd };
    fcntl(fd, F_SETFL, O_RDONLY | O_NONBLOCK);
    CHECK(uv_poll_init(run->client->loop, &p->poll, fd) == 0);
    p->poll.data = p;
    run->pipes[stream - 1] = p;
    uv_poll_start(&p->poll, UV_READABLE, pipe_ready);
}

struct sandbox_run *client_run_new(struct sandbox_client *c, void *user)
{
    struct sandbox_run *run = calloc(1, sizeof *run);

    CHECK(run);
    run->client = c;
    run->id = c->next_id++;
    run->user = user;
    run->report.exit_code = -1;
    run->report.result_fd = -1;
    run->next = c->runs;
    c->runs = run;
    return run;
}

static void run_free(struct sandbox_run *run)
{
    for (struct sandbox_run **at = &run->client->runs; *at; at = &(*at)->next) {
        if (*at == run) {
            *at = run->next;
            break;
        }
    }
    for (int i = 0; i < 2; i++)
        pipe_drop(&run->pipes[i]);
    for (size_t i = 0; i < run->report.artifact_count; i++) {
        if (run->report.artifacts[i].fd >= 0)
            close(run->report.artifacts[i].fd);
    }
    if (run->report.result_fd >= 0)
        close(run->report.result_fd);
    free(run->report.artifacts);
    free(run->report.refusals);
    free(run->name);
    free(run);
}

static void outcome_error(struct sandbox_run *run)
{
    struct sandbox_report *r = &run->report;

    if (r->limit != SANDBOX_LIMIT_NONE)
        sandbox_limit_explain(r->limit, &run->limits, &r->err);
    else if (r->signal)
        gov_fail(&r->err, GOV_SCRIPT_FAILED, "the script was ended by signal %d",
                 "脚本被信号 %d 终止", r->signal);
    else if (r->exit_code != 0)
        gov_fail(&r->err, GOV_SCRIPT_FAILED, "the script ended with exit code %d",
                 "脚本以退出码 %d 结束", r->exit_code);
}

void client_run_finish(struct sandbox_run *run)
{
    if (run->unpacked) {
        struct sandbox_unpack_report report = { .err = run->report.err };
        run->unpacked(run->user, &report);
    } else {
        run->report.id = run->name;
        run->events.on_done(run->user, &run->report);
    }
    run_free(run);
}

void client_run_lost(struct sandbox_run *run)
{
    if (run->report.err.code == GOV_OK || !run->abandoned) {
        run->report.limit = SANDBOX_LIMIT_LOST;
        memset(&run->report.err, 0, sizeof run->report.err);
        sandbox_limit_explain(SANDBOX_LIMIT_LOST, &run->limits, &run->report.err);
    }
    client_run_finish(run);
}

/* The JSON of an UNPACKED, NUL-terminated on the heap; NULL if it cannot be had. */
static char *json_read(int fd, uint64_t bytes)
{
    char *text = bytes <= JSON_BYTES_MAX ? malloc(bytes + 1) : NULL;

    if (text && pread(fd, text, bytes, 0) == (ssize_t)bytes) {
        text[bytes] = 0;
        return text;
    }
    free(text);
    return NULL;
}

static void unpacked(struct sandbox_run *run, const struct wire_unpacked *m, int fd)
{
    struct sandbox_unpack_report report = { .kept = m->kept != 0, .json_bytes = m->json_bytes };
    char *json = json_read(fd, m->json_bytes);

    memcpy(report.package, m->package, sizeof report.package);
    report.json = json;
    if (!json)
        gov_fail(&report.err, GOV_SANDBOX_UNAVAILABLE, "the sandbox's answer cannot be read",
                 "无法读取沙箱的答复");
    else if (!report.kept)
        gov_fail(&report.err, GOV_FINDINGS, "the package has faults; each is listed",
                 "该包存在问题，已逐项列出");
    report.kept = report.kept && json;
    run->unpacked(run->user, &report);
    free(json);
    run_free(run);
}

static void *grown(void *array, size_t count, size_t *capacity, size_t each)
{
    if (count < *capacity)
        return array;
    *capacity = *capacity ? 2 * *capacity : 8;
    array = realloc(array, *capacity * each);
    CHECK(array);
    return array;
}

static bool file_take(struct sandbox_run *run, const struct wire_file *m, int *fd)
{
    struct sandbox_report *r = &run->report;

    if (!memchr(m->name, 0, sizeof m->name))
        return false;
    if (m->is_result) {
        if (r->result_fd >= 0)
            return false;
        r->result_fd = *fd;
        r->result_bytes = m->size;
    } else {
        if (r->artifact_count >= run->limits.artifact_count)
            return false;
        r->artifacts =
            grown(r->artifacts, r->artifact_count, &run->artifact_capacity, sizeof *r->artifacts);
        struct sandbox_artifact *a = &r->artifacts[r->artifact_count++];
        memcpy(a->name, m->name, sizeof a->name);
        a->size = m->size;
        a->fd = *fd;
    }
    *fd = -1;
    return true;
}

static bool refusal_take(struct sandbox_run *run, const struct wire_file_refused *m)
{
    struct sandbox_report *r = &run->report;

    if (!memchr(m->name, 0, sizeof m->name) || !memchr(m->reason, 0, sizeof m->reason) ||
        r->refusal_count >= REFUSALS_MAX)
        return false;
    r->refusals = grown(r->refusals, r->refusal_count, &run->refusal_capacity, sizeof *r->refusals);
    struct sandbox_refusal *f = &r->refusals[r->refusal_count++];
    memcpy(f->name, m->name, sizeof f->name);
    memcpy(f->reason, m->reason, sizeof f->reason);
    return true;
}

static void exited(struct sandbox_run *run, const struct wire_exited *m)
{
    struct sandbox_report *r = &run->report;

    pipes_drain(run);
    run->exited = true;
    r->exit_code = m->exit_code;
    r->signal = m->signal;
    r->limit = m->limit < SANDBOX_LIMIT_COUNT ? (enum sandbox_limit)m->limit : SANDBOX_LIMIT_LOST;
    if (run->flooded && r->limit == SANDBOX_LIMIT_NONE)
        r->limit = SANDBOX_LIMIT_OUTPUT; /* it ended by itself before the kill came */
    r->wall_us = m->wall_us;
    r->cpu_us = m->cpu_us;
    r->memory_peak_bytes = m->memory_peak_bytes;
    outcome_error(run);
}

static bool run_message(struct sandbox_run *run, const union wire_message *m, int *fds,
                        int fd_count)
{
    struct sandbox_report *r = &run->report;

    switch (m->header.kind) {
    case WIRE_STARTED:
        if (fd_count != 2 || r->started)
            return false;
        r->started = true;
        r->level = (int)m->started.level;
        r->warm = m->started.warm != 0;
        snprintf(r->cold_reason, sizeof r->cold_reason, "%.*s",
                 (int)sizeof m->started.cold_reason - 1, m->started.cold_reason);
        memcpy(r->package, m->started.package, sizeof r->package);
        memcpy(r->runtime, m->started.runtime, sizeof r->runtime);
        pipe_open(run, SANDBOX_STDOUT, fds[0]);
        pipe_open(run, SANDBOX_STDERR, fds[1]);
        fds[0] = fds[1] = -1;
        return true;
    case WIRE_EXITED:
        if (run->exited)
            return false;
        exited(run, &m->exited);
        return true;
    case WIRE_FILE:
        return fd_count == 1 && file_take(run, &m->file, &fds[0]);
    case WIRE_FILE_REFUSED:
        return refusal_take(run, &m->file_refused);
    case WIRE_HARVESTED:
        client_run_finish(run);
        return true;
    default:
        return false;
    }
}

bool client_run_message(struct sandbox_run *run, const union wire_message *m, int *fds,
                        int fd_count)
{
    if (m->header.kind == WIRE_REFUSED) {
        wire_refused_read(&m->refused, &run->report.err);
        client_run_finish(run);
        return true;
    }
    if (!run->unpacked)
        return run_message(run, m, fds, fd_count);
    if (m->header.kind != WIRE_UNPACKED || fd_count != 1)
        return false;
    unpacked(run, &m->unpacked, fds[0]);
    return true;
}
