/* wire.c - fixed-size messages, checked before anything is believed. */
#include "worker/sandbox/wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/text.h"

size_t wire_size(uint32_t kind)
{
    switch (kind) {
    case WIRE_START:
        return sizeof(struct wire_start);
    case WIRE_KILL:
        return sizeof(struct wire_kill);
    case WIRE_UNPACK:
        return sizeof(struct wire_unpack);
    case WIRE_STATUS:
        return sizeof(struct wire_status);
    case WIRE_PREPARE:
        return sizeof(struct wire_prepare);
    case WIRE_STARTED:
        return sizeof(struct wire_started);
    case WIRE_REFUSED:
        return sizeof(struct wire_refused);
    case WIRE_EXITED:
        return sizeof(struct wire_exited);
    case WIRE_FILE:
        return sizeof(struct wire_file);
    case WIRE_FILE_REFUSED:
        return sizeof(struct wire_file_refused);
    case WIRE_HARVESTED:
        return sizeof(struct wire_harvested);
    case WIRE_UNPACKED:
        return sizeof(struct wire_unpacked);
    case WIRE_STATE:
        return sizeof(struct wire_state);
    default:
        return 0;
    }
}

static bool malformed(struct gov_err *err, const char *what)
{
    return gov_fail_at(err, GOV_INVALID_INPUT, what, "malformed", "the job's %s is malformed",
                       "任务的 %s 字段格式有误", what);
}

/* The next text of the blob, or NULL when there is no whole one left. */
static const char *text_next(const struct wire_start *m, size_t *at)
{
    const char *text = m->text + *at;
    const char *end = memchr(text, 0, m->text_bytes - *at);

    if (!end)
        return NULL;
    *at += (size_t)(end - text) + 1;
    return text;
}

/* Relative, each component a valid file name; that excludes "..", "." and hidden files. */
static bool relative_path_valid(const char *path)
{
    char part[256];

    for (;;) {
        size_t n = strcspn(path, "/");
        if (n == 0 || n >= sizeof part)
            return false;
        memcpy(part, path, n);
        part[n] = 0;
        if (!text_file_name_valid(part, NULL))
            return false;
        if (!path[n])
            return true;
        path += n + 1;
    }
}

/* Letters, digits and _+-/ in components that are not "..": a file below zoneinfo. */
static bool timezone_valid(const char *zone)
{
    return zone[0] && zone[0] != '/' && strlen(zone) < 64 && !strstr(zone, "..") &&
           zone[strspn(zone,
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/")] == 0;
}

/* Whose zygote: an id of letters, digits, _ and -; "" is nobody's. */
static bool scope_valid(const char *scope)
{
    return strlen(scope) < SANDBOX_SCOPE_BYTES &&
           scope[strspn(scope, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")] ==
               0;
}

bool wire_prepare_valid(const struct wire_prepare *m)
{
    return memchr(m->scope, 0, sizeof m->scope) && memchr(m->runtime, 0, sizeof m->runtime) &&
           m->scope[0] && scope_valid(m->scope) && text_slug_valid(m->runtime);
}

static bool decode_files(const struct wire_start *m, size_t *at, struct wire_job *job,
                         struct gov_err *err)
{
    for (uint32_t i = 0; i < m->file_count; i++) {
        const char *name = text_next(m, at);
        const char *as = name ? text_next(m, at) : NULL;
        if (!as || !text_file_name_valid(name, NULL) ||
            (as[0] && (!text_file_name_valid(as, NULL) || strcmp(as, "in") == 0)))
            return malformed(err, "file name");
        job->files[i].name = name;
        job->files[i].as = as[0] ? as : NULL;
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(job->files[k].name, name) == 0 ||
                (as[0] && job->files[k].as && strcmp(job->files[k].as, as) == 0))
                return gov_fail_at(err, GOV_INVALID_INPUT, "files", "duplicate",
                                   "two input files are called %s", "有两个输入文件同名：%s", name);
        }
    }
    return true;
}

bool wire_start_decode(const struct wire_start *m, int fd_count, struct wire_job *job,
                       struct gov_err *err)
{
    size_t at = 0;

    memset(job, 0, sizeof *job);
    job->message = m;
    if (m->broker > 1)
        return malformed(err, "broker");
    fd_count -= (int)m->broker;
    if (m->arg_count > SANDBOX_ARGS_MAX || m->file_count > SANDBOX_FILES_MAX ||
        m->collect_count > SANDBOX_COLLECT_MAX || m->text_bytes > WIRE_TEXT_BYTES || m->warm > 1 ||
        (uint32_t)fd_count != m->file_count + 1)
        return malformed(err, "counts");
    if (m->script_kind != SANDBOX_PYTHON && m->script_kind != SANDBOX_SHELL)
        return malformed(err, "kind");
    if (!sandbox_limits_check(&m->limits, err))
        return false;
    job->id = text_next(m, &at);
    job->scope = job->id ? text_next(m, &at) : NULL;
    job->runtime = job->scope ? text_next(m, &at) : NULL;
    job->timezone = job->runtime ? text_next(m, &at) : NULL;
    job->entry = job->timezone ? text_next(m, &at) : NULL;
    if (!job->entry || strlen(job->id) > 64 || !text_utf8_valid(job->id, strlen(job->id)))
        return malformed(err, "id");
    if (!scope_valid(job->scope))
        return malformed(err, "scope");
    if (!text_slug_valid(job->runtime))
        return malformed(err, "runtime");
    if (!timezone_valid(job->timezone))
        return malformed(err, "timezone");
    if (strlen(job->entry) >= SANDBOX_NAME_BYTES || !relative_path_valid(job->entry))
        return malformed(err, "entry");
    for (uint32_t i = 0; i < m->arg_count; i++) {
        if (!(job->args[i] = text_next(m, &at)))
            return malformed(err, "args");
    }
    if (!decode_files(m, &at, job, err))
        return false;
    for (uint32_t i = 0; i < m->collect_count; i++) {
        job->collect[i] = text_next(m, &at);
        if (!job->collect[i] || !job->collect[i][0] || strlen(job->collect[i]) > 200)
            return malformed(err, "collect");
    }
    return at == m->text_bytes || malformed(err, "text");
}

static bool text_put(struct wire_start *m, const char *text)
{
    size_t n = strlen(text) + 1;

    if (n > WIRE_TEXT_BYTES - m->text_bytes)
        return false;
    memcpy(m->text + m->text_bytes, text, n);
    m->text_bytes += (uint32_t)n;
    return true;
}

bool wire_start_encode(const struct sandbox_job *job, struct wire_start *m, struct gov_err *err)
{
    struct wire_job check;
    bool fits;

    memset(m, 0, sizeof *m);
    if (job->arg_count > SANDBOX_ARGS_MAX || job->file_count > SANDBOX_FILES_MAX ||
        job->collect_count > SANDBOX_COLLECT_MAX)
        return gov_fail_at(err, GOV_INVALID_INPUT, "job", "too_many",
                           "a job takes at most %d arguments, %d files and %d globs",
                           "一个任务最多 %d 个参数、%d 个文件、%d 个通配符", SANDBOX_ARGS_MAX,
                           SANDBOX_FILES_MAX, SANDBOX_COLLECT_MAX);
    m->limits = job->limits;
    memcpy(m->package, job->package, sizeof m->package);
    memcpy(m->wheels, job->wheels, sizeof m->wheels);
    memcpy(m->platform, job->platform, sizeof m->platform);
    m->broker = job->broker > 0;
    m->script_kind = job->kind;
    m->arg_count = (uint32_t)job->arg_count;
    m->file_count = (uint32_t)job->file_count;
    m->collect_count = (uint32_t)job->collect_count;
    m->warm = job->scope && !job->cold;
    fits = text_put(m, job->id) && text_put(m, job->scope ? job->scope : "") &&
           text_put(m, job->runtime) &&
           text_put(m, job->timezone ? job->timezone : "UTC") && text_put(m, job->entry);
    for (size_t i = 0; fits && i < job->arg_count; i++)
        fits = text_put(m, job->args[i]);
    for (size_t i = 0; fits && i < job->file_count; i++) {
        memcpy(m->sha256[i], job->files[i].sha256, SANDBOX_DIGEST_BYTES);
        fits = text_put(m, job->files[i].name) &&
               text_put(m, job->files[i].as ? job->files[i].as : "");
    }
    for (size_t i = 0; fits && i < job->collect_count; i++)
        fits = text_put(m, job->collect[i]);
    if (!fits)
        return gov_fail_at(err, GOV_INVALID_INPUT, "args", "too_long",
                           "arguments and names are longer than %d bytes together",
                           "参数和文件名总长超过 %d 字节", WIRE_TEXT_BYTES);
    return wire_start_decode(m, (int)(job->file_count + 1 + m->broker), &check, err);
}

void wire_refused_fill(struct wire_refused *m, uint64_t job, const struct gov_err *err)
{
    memset(m, 0, sizeof *m);
    m->header = (struct wire_header){ WIRE_MAGIC, WIRE_REFUSED, job };
    snprintf(m->code, sizeof m->code, "%s", gov_code_info(err->code)->wire);
    snprintf(m->en, sizeof m->en, "%s", err->en);
    snprintf(m->zh, sizeof m->zh, "%s", err->zh);
    snprintf(m->cause, sizeof m->cause, "%s", err->cause);
}

void wire_refused_read(const struct wire_refused *m, struct gov_err *err)
{
    memset(err, 0, sizeof *err);
    char code[sizeof m->code];
    snprintf(code, sizeof code, "%.*s", (int)sizeof m->code - 1, m->code);
    err->code = gov_code_from_wire(code);
    snprintf(err->en, sizeof err->en, "%.*s", (int)sizeof m->en - 1, m->en);
    snprintf(err->zh, sizeof err->zh, "%.*s", (int)sizeof m->zh - 1, m->zh);
    snprintf(err->cause, sizeof err->cause, "%.*s", (int)sizeof m->cause - 1, m->cause);
}

int wire_send(int socket, const void *message, size_t bytes, const int *fds, int fd_count)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * WIRE_FDS_MAX)] = { 0 };
    struct iovec part = { .iov_base = (void *)message, .iov_len = bytes };
    struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };
    ssize_t sent;

    if (fd_count > 0) {
        msg.msg_control = control;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)fd_count);
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)fd_count);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * (size_t)fd_count);
    }
    do
        sent = sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return 1;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? 0 : -1;
}

static int take_fds(struct msghdr *msg, int fds[WIRE_FDS_MAX])
{
    int count = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
            if (count < WIRE_FDS_MAX)
                fds[count++] = fd;
            else
                close(fd);
        }
    }
    return count;
}

ssize_t wire_receive(int socket, union wire_message *message, int fds[WIRE_FDS_MAX], int *fd_count)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * WIRE_FDS_MAX)];
    struct iovec part = { .iov_base = message, .iov_len = sizeof *message };
    struct msghdr msg = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    ssize_t got;

    *fd_count = 0;
    do
        got = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return -1;
    *fd_count = take_fds(&msg, fds);
    if (got > 0 && !(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
        (size_t)got >= sizeof message->header && message->header.magic == WIRE_MAGIC &&
        (size_t)got == wire_size(message->header.kind))
        return got;
    while (*fd_count > 0)
        close(fds[--*fd_count]);
    return 0;
}
