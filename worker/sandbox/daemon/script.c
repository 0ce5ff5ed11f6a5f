/* script.c - a worker's job, and the messages about it. */
#include "worker/sandbox/daemon/script.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "worker/sandbox/daemon/runtime_late.h"
#include "worker/sandbox/daemon/script_private.h"
#include "worker/sandbox/daemon/wheels_runtime.h"
#include "worker/sandbox/harvest/harvest.h"
#include "worker/sandbox/store/package_cache.h"

static void script_free(struct script *s)
{
    const int all[] = { s->package, s->out, s->err };

    if (s->connection) {
        for (struct script **at = &s->connection->scripts; *at; at = &(*at)->next) {
            if (*at == s) {
                *at = s->next;
                break;
            }
        }
    }
    helper_release(&s->harvest);
    zygote_wait_cancel(&s->wait);
    while (s->fd_count > 0)
        close(s->fds[--s->fd_count]);
    for (int i = 0; i < 3; i++) {
        if (all[i] >= 0)
            close(all[i]);
    }
    group_free(s->group);
    wheels_runtime_let_go(s->host, s->runtime);
    free(s->message);
    free(s);
}

static void group_drop(struct script *s)
{
    group_free(s->group);
    s->group = NULL;
}

void script_refuse(struct script *s, const struct gov_err *err)
{
    group_drop(s);
    if (s->connection)
        connection_refuse(s->connection, s->id, err);
    script_free(s);
}

static void finish(void *user)
{
    struct script *s = user;

    if (!s->harvesting) { /* it went while the script ran, and there will be another */
        helper_release(&s->harvest);
        return;
    }
    group_drop(s);
    s->last.header = (struct wire_header){ WIRE_MAGIC, WIRE_HARVESTED, s->id };
    if (s->connection)
        connection_send(s->connection, &s->last, sizeof s->last, NULL, 0);
    script_free(s);
}

/* Hand on what the harvester found. It is our program, but has the job's uid: its messages are
 * checked like anybody's. */
static bool harvest_message(void *user, const union wire_message *m, int *fds, int fd_count)
{
    struct script *s = user;
    uint32_t kind = m->header.kind;

    if (s->harvested || m->header.job != s->id ||
        !(kind == WIRE_FILE
              ? fd_count == 1
              : fd_count == 0 && (kind == WIRE_FILE_REFUSED || kind == WIRE_HARVESTED)))
        return false;
    s->harvested = kind == WIRE_HARVESTED;
    if (s->harvested)
        s->last = m->harvested;
    if (s->harvested || !s->connection)
        return false;
    connection_send(s->connection, m, wire_size(kind), fds, fd_count);
    for (int i = 0; i < fd_count; i++)
        fds[i] = -1;
    return true;
}

/* In the helper process. */
static int harvest_child(void *user, int out)
{
    struct script *s = user;
    const char *inputs[SANDBOX_FILES_MAX + 1] = { NULL };
    int count = 0;

    for (uint32_t i = 0; i < s->message->file_count; i++) {
        if (s->job.files[i].as)
            inputs[count++] = s->job.files[i].as;
    }
    struct harvest h = {
        .job = s->id,
        .work = s->group->work,
        .result = s->group->result,
        .package = s->package,
        .collect = s->job.collect,
        .inputs = inputs,
        .count_max = s->message->limits.artifact_count,
        .bytes_max = s->message->limits.artifact_bytes,
        .out = out,
    };
    return harvest_run(&h) ? 0 : 1;
}

/* While the script runs, which takes the fork off the way of its result. */
static bool harvest_prepare(struct script *s)
{
    const struct helper_events events = { harvest_message, finish };
    const int keep[] = { s->group->work, s->group->result, s->package };
    /* In a user namespace the job's uid outside is ours or the slot's; as root it is the slot's. */
    uid_t uid = geteuid() == 0 ? s->group->uid : (uid_t)-1;

    return s->group->work >= 0 &&
           helper_start(&s->harvest, true, s->host, uid, keep, 3, harvest_child, &events, s);
}

static void harvest_start(struct script *s)
{
    s->harvesting = true;
    if (s->harvest.pid > 0 || harvest_prepare(s))
        helper_go(&s->harvest);
    else
        finish(s);
}

void script_group_ready(void *user, struct group *group)
{
    struct script *s = user;
    struct wire_started m = {
        .header = { WIRE_MAGIC, WIRE_STARTED, s->id },
        .level = (uint32_t)s->host->status.level,
        .slot = (uint32_t)group->slot,
        .warm = s->warm,
    };
    const int fds[] = { s->out, s->err };

    if (s->message->script_kind == SANDBOX_PYTHON)
        ++*(s->warm ? &s->host->status.starts_warm : &s->host->status.starts_cold);
    if (!s->connection)
        return;
    memcpy(m.package, s->message->package, sizeof m.package);
    memcpy(m.runtime, s->runtime->digest, sizeof m.runtime);
    memcpy(m.cold_reason, s->cold_reason, sizeof m.cold_reason);
    connection_send(s->connection, &m, sizeof m, fds, 2);
    s->out = s->err = -1;
    harvest_prepare(s);
}

void script_group_ended(void *user, struct group *group)
{
    struct script *s = user;
    struct gov_err err = { 0 };
    struct wire_exited m = {
        .header = { WIRE_MAGIC, WIRE_EXITED, s->id },
        .exit_code = group->exit_code,
        .signal = group->signal,
        .limit = group->limit,
        .wall_us = (uint64_t)(group->ended_us - group->started_us),
        .cpu_us = group->cpu_us,
        .memory_peak_bytes = group->memory_peak_bytes,
    };

    log_write(LEVEL_INFO, "job.ended", LOG_FIELD("job", s->job.id),
              LOG_FIELD("limit", sandbox_limit_name(group->limit)),
              LOG_NUMBER("exit", group->exit_code), LOG_NUMBER("signal", group->signal),
              LOG_FIELD("stage", group->failed_stage), LOG_NUMBER("warm", s->warm));
    if (!s->connection) {
        script_free(s);
        return;
    }
    if (!group->ready && s->warm && group_start_odd(group)) {
        group_drop(s);
        if (!script_launch_again(s, "failed", &err))
            script_refuse(s, &err);
        return;
    }
    if (!group->ready && group->limit != SANDBOX_LIMIT_CANCELLED) {
        group_start_error(group, &err);
        if (err.code == GOV_NOT_FOUND)
            package_cache_drop(s->host->packages, s->message->package);
        script_refuse(s, &err);
        return;
    }
    connection_send(s->connection, &m, sizeof m, NULL, 0);
    harvest_start(s);
}

/* What was planned and confirmed on this tree does not run on another. */
static bool platform_check(const struct script *s, struct gov_err *err)
{
    static const uint8_t any[SANDBOX_DIGEST_BYTES];
    const uint8_t *wanted = s->message->platform;
    char planned[TREE_HEX_BYTES], here[TREE_HEX_BYTES];

    if (memcmp(wanted, any, sizeof any) == 0 || memcmp(wanted, s->runtime->digest, sizeof any) == 0)
        return true;
    tree_hex(wanted, planned);
    tree_hex(s->runtime->digest, here);
    return gov_fail(err, GOV_PLAN_STALE,
                    "the platform's runtime \"%s\" is another than the planned one (%.16s, here %.16s): this machine was "
                    "upgraded since, or differs from the others, which whoever runs the platform sees in execgov worker ls; "
                    "ask for it again, and it is planned anew",
                    "平台运行时“%s”与计划时不同（计划为 %.16s，此处为 %.16s）：本机在计划之后升级过，或与其他机器不一致（平台运维人员"
                    "可用 execgov worker ls 查看）；请重新提交以生成新计划", s->job.runtime, planned, here);
}

static bool input_check(int fd, struct gov_err *err)
{
    off_t bytes = lseek(fd, 0, SEEK_END);

    return (bytes >= 0 && bytes <= SANDBOX_INPUT_BYTES_MAX) ||
           gov_fail(err, GOV_BODY_TOO_LARGE, "the input is larger than %d bytes",
                    "输入超过 %d 字节", SANDBOX_INPUT_BYTES_MAX);
}

bool script_start(struct connection *c, const struct wire_start *message, int *fds, int fd_count)
{
    struct gov_err err = { 0 };
    struct script *s = calloc(1, sizeof *s);

    CHECK(s && (s->message = malloc(sizeof *message)));
    memcpy(s->message, message, sizeof *message);
    s->host = c->server->host;
    s->id = message->header.job;
    s->package = s->out = s->err = -1;
    helper_init(&s->harvest);
    if (!wire_start_decode(s->message, fd_count, &s->job, &err)) {
        log_error(LEVEL_WARN, "message.malformed", &err);
        script_free(s);
        return false;
    }
    memcpy(s->fds, fds, (size_t)fd_count * sizeof *fds);
    s->fd_count = fd_count;
    for (int i = 0; i < fd_count; i++)
        fds[i] = -1;
    s->connection = c;
    s->next = c->scripts;
    c->scripts = s;
    s->runtime = runtime_find(&s->host->runtimes, s->job.runtime);
    if (!s->runtime || !s->runtime->present) {
        runtime_late_look(s->host);
        gov_fail(&err, GOV_SANDBOX_UNAVAILABLE, "runtime %s is not installed here: %s",
                 "本机未安装运行时 %s：%s", s->job.runtime,
                 s->runtime ? s->runtime->detail : "unknown");
    } else if (platform_check(s, &err)) {
        s->runtime = wheels_runtime_take(s->host, s->runtime, s->message->wheels, &err);
    }
    if (err.code || !host_accepting(s->host, &err) || !input_check(s->fds[0], &err) ||
        !script_launch(s, &err))
        script_refuse(s, &err);
    return true;
}

bool script_kill(struct connection *c, uint64_t job, uint32_t limit)
{
    if (limit != SANDBOX_LIMIT_CANCELLED && limit != SANDBOX_LIMIT_OUTPUT)
        return false;
    struct gov_err err = { 0 };
    struct script *s = c->scripts;

    while (s && s->id != job)
        s = s->next;
    if (s && s->group) {
        group_kill(s->group, (enum sandbox_limit)limit);
    } else if (s && s->wait.zygote) { /* nothing has begun yet */
        sandbox_limit_explain((enum sandbox_limit)limit, &s->message->limits, &err);
        script_refuse(s, &err);
    }
    return true;
}

bool script_prepare(struct host *host, const struct wire_prepare *m)
{
    struct zygote_key key = { .runtime = runtime_find(&host->runtimes, m->runtime) };
    struct gov_err err = { 0 };

    memcpy(key.package, m->package, sizeof key.package);
    memcpy(key.scope, m->scope, sizeof key.scope);
    if (!key.runtime || !key.runtime->present || !host_accepting(host, &err))
        return true;
    key.runtime = wheels_runtime_take(host, key.runtime, m->wheels, &err);
    if (key.runtime)
        zygote_pool_prepare(host, &key);
    wheels_runtime_let_go(host, key.runtime);
    return true;
}

void script_orphan_all(struct connection *c)
{
    for (struct script *s = c->scripts, *next; s; s = next) {
        next = s->next;
        s->connection = NULL;
        s->next = NULL;
        bool waits = s->wait.zygote != NULL;
        if (s->group)
            group_kill(s->group, SANDBOX_LIMIT_CANCELLED);
        helper_kill(&s->harvest);
        if (waits)
            script_free(s);
    }
    c->scripts = NULL;
}
