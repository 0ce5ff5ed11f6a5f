/* package.c - an UNPACK in its three stages, each of which ends in the next.
 *
 * The archive is opened by libarchive in a jail that has the Python runtime, too: when it is
 * unpacked the same jail execs the check of the code and the installing of wheels, so that one start of a
 * jail does all.
 */
#include "worker/sandbox/daemon/package.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/embedded.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "sandbox_scripts.h"
#include "worker/sandbox/daemon/group.h"
#include "worker/sandbox/daemon/helper.h"
#include "worker/sandbox/jail/environment.h"
#include "worker/sandbox/unpack/extract.h"
#include "worker/sandbox/unpack/seal.h"

struct package {
    struct package *next;
    struct connection *connection; /* NULL: orphaned */
    struct host *host;
    uint64_t id;
    struct group *group;
    struct helper seal;
    char failure[80];
    struct wire_unpacked answer; /* sent when the slot is free again */
    int answer_fd;               /* -1: none yet */
};

static void package_free(struct package *p)
{
    if (p->connection) {
        for (struct package **at = &p->connection->packages; *at; at = &(*at)->next) {
            if (*at == p) {
                *at = p->next;
                break;
            }
        }
    }
    helper_release(&p->seal);
    group_free(p->group);
    if (p->answer_fd >= 0)
        close(p->answer_fd);
    free(p);
}

static void refuse_and_free(struct package *p, const struct gov_err *err)
{
    group_free(p->group);
    p->group = NULL;
    if (p->connection)
        connection_refuse(p->connection, p->id, err);
    package_free(p);
}

static bool seal_message(void *user, const union wire_message *m, int *fds, int fd_count)
{
    struct package *p = user;

    if (m->header.kind != WIRE_UNPACKED || fd_count != 1)
        return false;
    p->answer = m->unpacked;
    p->answer.header.job = p->id;
    p->answer_fd = fds[0];
    fds[0] = -1;
    return false; /* there is only one */
}

static void seal_ended(void *user)
{
    struct package *p = user;
    struct gov_err err = { 0 };

    if (p->answer_fd < 0) {
        gov_fail_cause(&err, GOV_SANDBOX_UNAVAILABLE, "the sealer ended without an answer");
        refuse_and_free(p, &err);
        return;
    }
    group_free(p->group);
    p->group = NULL;
    if (p->connection) {
        connection_send(p->connection, &p->answer, sizeof p->answer, &p->answer_fd, 1);
        p->answer_fd = -1;
    }
    package_free(p);
}

/* In the helper process. */
static int seal_child(void *user, int out)
{
    struct package *p = user;
    struct seal seal = {
        .job = p->id,
        .work = p->group->work,
        .result = p->group->result,
        .packages = p->host->packages,
        .wheels = p->host->wheels,
        .cache_bytes = p->host->options.cache_bytes,
        .failure = p->failure[0] ? p->failure : NULL,
        .out = out,
    };

    return seal_run(&seal) ? 0 : 1;
}

static void group_ended(void *user, struct group *g)
{
    struct package *p = user;
    const struct helper_events events = { seal_message, seal_ended };
    const int keep[] = { g->work, g->result, p->host->packages, p->host->wheels };
    struct gov_err err = { 0 };

    log_write(LEVEL_INFO, "package.unpacked", LOG_FIELD("limit", sandbox_limit_name(g->limit)),
              LOG_NUMBER("exit", g->exit_code), LOG_FIELD("stage", g->failed_stage));
    if (!p->connection) {
        package_free(p);
        return;
    }
    if (!g->ready) {
        group_start_error(g, &err);
        refuse_and_free(p, &err);
        return;
    }
    if (g->limit != SANDBOX_LIMIT_NONE)
        snprintf(p->failure, sizeof p->failure, "limit %s", sandbox_limit_name(g->limit));
    else if (g->exit_code != 0)
        snprintf(p->failure, sizeof p->failure, "exit code %d, signal %d", g->exit_code, g->signal);
    if (!helper_start(&p->seal, false, p->host, (uid_t)-1, keep, 4, seal_child, &events, p)) {
        gov_fail_cause(&err, GOV_SANDBOX_UNAVAILABLE, "sealer: %s", strerror(errno));
        refuse_and_free(p, &err);
    }
}

static const struct embedded *script_named(const char *name)
{
    for (const struct embedded *e = sandbox_scripts; e->name; e++) {
        if (strcmp(e->name, name) == 0)
            return e;
    }
    return NULL;
}

/* What check.py is told, as a memfd; -1: errno. */
static int question_make(const char *runtime)
{
    struct buf json = { 0 };
    int fd = memfd_create("question", MFD_CLOEXEC);

    buf_add_text(&json, "{\"runtime\":");
    buf_add_json_string(&json, runtime, strlen(runtime));
    buf_add_text(&json, ",\"modules\":");
    skill_runtime_modules_json(&json);
    buf_add_char(&json, '}');
    if (fd >= 0 && write(fd, json.data, json.length) != (ssize_t)json.length) {
        close(fd);
        fd = -1;
    }
    buf_release(&json);
    return fd;
}

static bool launch(struct package *p, const char *runtime, int archive, struct gov_err *err)
{
    const char *argv[] = { "/usr/bin/python3", "-I", "-S", "-B", "/input/script.py", NULL };
    const char *envp[ENVIRONMENT_MAX];
    int question = question_make(runtime);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct jail_spec spec = {
        .limits = { .wall_ms = 60000,
                    .cpu_s = 30,
                    .memory_mb = 640,
                    .processes = 8,
                    .disk_mb = (EXTRACT_BYTES_MAX + SEAL_WHEELS_BYTES_MAX) / (1 << 20) + 4,
                    .inodes = 2 * EXTRACT_ENTRIES_MAX + 4 * SEAL_WHEELS_FILES_MAX },
        .runtime = &p->host->runtimes.runtimes[0],
        .kind = SANDBOX_PYTHON,
        .package_fd = -1,
        .input_fd = question,
        .script = script_named("check"),
        .helper = script_named("wheels"),
        .argv = argv,
        .envp = envp,
        .inside = extract_inside,
        .inside_data = p->host->gb18030,
        .inside_fd = archive,
        .out_fd = null,
        .err_fd = null,
    };

    environment_fill("TZ=UTC", envp);
    bool ok = question >= 0 && null >= 0
                  ? group_start(p->host, &spec, NULL, group_ended, p, &p->group, err)
                  : gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "question: %s", strerror(errno));
    if (question >= 0)
        close(question);
    if (null >= 0)
        close(null);
    return ok;
}

/* A copy nobody else can change, whose digest is the one that was announced. */
static int archive_take(int archive, const uint8_t sha256[32], struct gov_err *err)
{
    uint8_t digest[TREE_DIGEST_BYTES];
    uint64_t bytes;
    struct stat st;

    if (fstat(archive, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > EXTRACT_ARCHIVE_BYTES_MAX) {
        gov_fail(err, GOV_BODY_TOO_LARGE, "the archive is larger than %d MB", "压缩包超过 %d MB",
                 EXTRACT_ARCHIVE_BYTES_MAX >> 20);
        return -1;
    }
    int copy = memfd_create("archive", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool ok = copy >= 0 && tree_hash_file(archive, copy, digest, &bytes) &&
              fcntl(copy, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0;
    if (!ok)
        gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "archive: %s", strerror(errno));
    else if (memcmp(digest, sha256, sizeof digest) != 0)
        ok = gov_fail_at(err, GOV_INVALID_INPUT, "archive", "digest",
                         "the archive's content is not what was announced",
                         "压缩包内容与声明的摘要不符");
    if (!ok && copy >= 0)
        close(copy);
    return ok ? copy : -1;
}

bool package_start(struct connection *c, const struct wire_unpack *m, int archive)
{
    struct gov_err err = { 0 };
    char runtime[sizeof m->runtime];

    if (!memchr(m->runtime, 0, sizeof m->runtime) || !text_slug_valid(m->runtime))
        return false;
    memcpy(runtime, m->runtime, sizeof runtime);
    struct package *p = calloc(1, sizeof *p);
    CHECK(p);
    p->host = c->server->host;
    p->id = m->header.job;
    p->answer_fd = -1;
    helper_init(&p->seal);
    p->connection = c;
    p->next = c->packages;
    c->packages = p;
    int copy = host_accepting(p->host, &err) ? archive_take(archive, m->sha256, &err) : -1;
    if (copy < 0 || !launch(p, runtime, copy, &err))
        refuse_and_free(p, &err);
    if (copy >= 0)
        close(copy);
    return true;
}

void package_orphan_all(struct connection *c)
{
    for (struct package *p = c->packages, *next; p; p = next) {
        next = p->next;
        p->connection = NULL;
        p->next = NULL;
        if (p->group)
            group_kill(p->group, SANDBOX_LIMIT_CANCELLED);
        helper_kill(&p->seal);
    }
    c->packages = NULL;
}
