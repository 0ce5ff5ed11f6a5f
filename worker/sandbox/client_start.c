/* client_start.c - the calls that begin something: check, pack, send. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/check.h"
#include "worker/sandbox/client_private.h"

/* The input as a sealed memfd; -1: errno. */
static int input_make(const char *input, size_t bytes)
{
    int fd = memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && (write(fd, input, bytes) != (ssize_t)bytes ||
                    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool not_connected(struct gov_err *err)
{
    return gov_fail(err, GOV_SANDBOX_UNAVAILABLE, "sandboxd cannot be reached; nothing was run",
                    "无法连接 sandboxd，未执行任何内容");
}

static void start_send(struct sandbox_run *run, const struct sandbox_job *job,
                       const struct wire_start *message)
{
    int fds[WIRE_FDS_MAX];

    fds[0] = input_make(job->input ? job->input : "", job->input_bytes);
    for (size_t i = 0; i < job->file_count; i++)
        fds[i + 1] = job->files[i].fd;
    int count = (int)job->file_count + 1;
    if (job->broker > 0)
        fds[count++] = job->broker;
    if (fds[0] < 0 || !client_send(run->client, message, sizeof *message, fds, count)) {
        not_connected(&run->report.err);
        client_abandon_later(run);
    }
    if (fds[0] >= 0)
        close(fds[0]);
}

bool sandbox_run_start(struct sandbox_client *c, const struct sandbox_job *job,
                       const struct sandbox_events *events, void *user, struct sandbox_run **run,
                       struct gov_err *err)
{
    struct wire_start *message = malloc(sizeof *message);

    CHECK(message && events->on_done);
    if (!wire_start_encode(job, message, err) || job->input_bytes > SANDBOX_INPUT_BYTES_MAX) {
        if (job->input_bytes > SANDBOX_INPUT_BYTES_MAX)
            gov_fail(err, GOV_BODY_TOO_LARGE, "the input is larger than %d bytes",
                     "输入超过 %d 字节", SANDBOX_INPUT_BYTES_MAX);
        free(message);
        return false;
    }
    *run = client_run_new(c, user);
    CHECK(((*run)->name = strdup(job->id)));
    (*run)->limits = job->limits;
    (*run)->events = *events;
    message->header = (struct wire_header){ WIRE_MAGIC, WIRE_START, (*run)->id };
    start_send(*run, job, message);
    free(message);
    return true;
}

void sandbox_run_cancel(struct sandbox_run *run)
{
    struct wire_kill kill = { .header = { WIRE_MAGIC, WIRE_KILL, run->id },
                              .limit = SANDBOX_LIMIT_CANCELLED };

    client_send(run->client, &kill, sizeof kill, NULL, 0);
}

bool sandbox_prepare(struct sandbox_client *c, const char *scope, const uint8_t package[32],
                     const uint8_t wheels[32], const char *runtime)
{
    struct wire_prepare m = { .header = { WIRE_MAGIC, WIRE_PREPARE, 0 } };

    memcpy(m.package, package, sizeof m.package);
    memcpy(m.wheels, wheels, sizeof m.wheels);
    return strlen(scope) < sizeof m.scope && strlen(runtime) < sizeof m.runtime &&
           snprintf(m.scope, sizeof m.scope, "%s", scope) > 0 &&
           snprintf(m.runtime, sizeof m.runtime, "%s", runtime) > 0 && wire_prepare_valid(&m) &&
           client_send(c, &m, sizeof m, NULL, 0);
}

bool sandbox_unpack_start(struct sandbox_client *c, int fd, const uint8_t sha256[32],
                          const char *runtime,
                          void (*on_done)(void *user, struct sandbox_unpack_report *report),
                          void *user, struct gov_err *err)
{
    struct wire_unpack m = { 0 };

    if (strlen(runtime) >= sizeof m.runtime)
        return gov_fail_at(err, GOV_INVALID_INPUT, "runtime", "unknown",
                           "there is no runtime \"%s\"", "没有运行时“%s”", runtime);
    struct sandbox_run *run = client_run_new(c, user);
    run->unpacked = on_done;
    m.header = (struct wire_header){ WIRE_MAGIC, WIRE_UNPACK, run->id };
    memcpy(m.sha256, sha256, sizeof m.sha256);
    snprintf(m.runtime, sizeof m.runtime, "%s", runtime);
    if (!client_send(c, &m, sizeof m, &fd, 1)) {
        not_connected(&run->report.err);
        client_abandon_later(run);
    }
    return true;
}
