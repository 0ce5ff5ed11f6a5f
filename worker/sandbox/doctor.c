/* doctor.c - one question over the socket, and two ways to print the answer. */
#include "worker/sandbox/doctor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "worker/sandbox/wire.h"

enum { AGAIN_MS = 50 };

static bool unavailable(struct gov_err *err, const char *path)
{
    return gov_fail(err, GOV_SANDBOX_UNAVAILABLE, "no sandboxd answers at %s",
                    "%s 处没有 sandboxd 响应", path);
}

/* One STATUS and its STATE. */
static bool ask_once(int fd, int64_t until, struct doctor_status *status)
{
    struct wire_status question = { .header = { WIRE_MAGIC, WIRE_STATUS, 1 } };
    union wire_message *answer = malloc(sizeof *answer);
    int fds[WIRE_FDS_MAX], fd_count = 0;
    struct pollfd p = { .fd = fd, .events = POLLIN };
    bool ok = false;

    CHECK(answer);
    if (wire_send(fd, &question, sizeof question, NULL, 0) == 1) {
        int64_t left = (until - clock_mono_us()) / 1000;
        if (left > 0 && poll(&p, 1, (int)left) == 1)
            ok = wire_receive(fd, answer, fds, &fd_count) > 0 && answer->header.kind == WIRE_STATE;
    }
    if (ok)
        *status = answer->state.status;
    while (fd_count > 0)
        close(fds[--fd_count]);
    free(answer);
    return ok;
}

bool doctor_ask(const char *path, int timeout_ms, struct doctor_status *status, struct gov_err *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int64_t until = clock_mono_us() + (int64_t)timeout_ms * 1000;
    bool ok;

    memset(status, 0, sizeof *status);
    if (strlen(path) >= sizeof address.sun_path)
        return unavailable(err, path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    ok = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
         ask_once(fd, until, status);
    while (ok && !status->tested && clock_mono_us() < until) {
        poll(NULL, 0, AGAIN_MS); /* the self-test runs; there is nothing to be woken by */
        ok = ask_once(fd, until, status);
    }
    if (fd >= 0)
        close(fd);
    return ok || unavailable(err, path);
}

void doctor_print(const struct doctor_status *s, struct buf *out)
{
    buf_addf(out, "isolation level %d: %s\n%s, %d of %d slots in use\n", s->level, s->detail,
             s->accepting ? "takes jobs"
             : s->tested  ? "REFUSES every job"
                          : "testing itself",
             s->jobs, s->slots);
    if (s->warm_off[0])
        buf_addf(out, "every start is cold: %s\n", s->warm_off);
    else
        buf_addf(out, "warm starts: %d of %d interpreters ready (%llu MB); %llu warm, %llu cold\n",
                 s->zygotes_ready, s->zygotes, (unsigned long long)s->warm_bytes >> 20,
                 (unsigned long long)s->starts_warm, (unsigned long long)s->starts_cold);
    buf_addf(out, "runtimes of packages' own wheels: %llu (%llu MB)\n", (unsigned long long)s->own_runtimes,
             (unsigned long long)s->own_runtime_bytes >> 20);
    for (int i = 0; i < s->runtime_count; i++)
        buf_addf(out, "  runtime %-12s %s\n", s->runtimes[i].name,
                 s->runtimes[i].present ? "installed" : s->runtimes[i].detail);
    for (int i = 0; i < s->probe_count; i++)
        buf_addf(out, "  %-4s %-12s %s\n",
                 s->probes[i].ok         ? "ok"
                 : s->probes[i].required ? "FAIL"
                                         : "weak",
                 s->probes[i].name, s->probes[i].detail);
}

void doctor_print_json(const struct doctor_status *s, struct buf *out)
{
    buf_addf(
        out, "{\"level\":%d,\"accepting\":%s,\"tested\":%s,\"slots\":%d,\"jobs\":%d,\"detail\":",
        s->level, s->accepting ? "true" : "false", s->tested ? "true" : "false", s->slots, s->jobs);
    buf_add_json_string(out, s->detail, strlen(s->detail));
    buf_addf(out,
             ",\"warm\":{\"off\":\"%s\",\"interpreters\":%d,\"ready\":%d,\"bytes\":%llu,"
             "\"starts_warm\":%llu,\"starts_cold\":%llu}",
             s->warm_off, s->zygotes, s->zygotes_ready, (unsigned long long)s->warm_bytes,
             (unsigned long long)s->starts_warm, (unsigned long long)s->starts_cold);
    buf_addf(out, ",\"own_runtimes\":{\"count\":%llu,\"bytes\":%llu}", (unsigned long long)s->own_runtimes,
             (unsigned long long)s->own_runtime_bytes);
    buf_add_text(out, ",\"runtimes\":[");
    for (int i = 0; i < s->runtime_count; i++) {
        const struct doctor_runtime *r = &s->runtimes[i];
        buf_addf(out, "%s{\"name\":\"%s\",\"present\":%s,\"digest\":\"", i ? "," : "", r->name,
                 r->present ? "true" : "false");
        for (int k = 0; r->present && k < 32; k++)
            buf_addf(out, "%02x", r->sha256[k]);
        buf_add_text(out, "\",\"detail\":");
        buf_add_json_string(out, r->detail, strlen(r->detail));
        buf_add_char(out, '}');
    }
    buf_add_text(out, "],\"probes\":[");
    for (int i = 0; i < s->probe_count; i++) {
        const struct doctor_probe *p = &s->probes[i];
        buf_addf(out, "%s{\"name\":\"%s\",\"ok\":%s,\"required\":%s,\"detail\":", i ? "," : "",
                 p->name, p->ok ? "true" : "false", p->required ? "true" : "false");
        buf_add_json_string(out, p->detail, strlen(p->detail));
        buf_add_char(out, '}');
    }
    buf_add_text(out, "]}\n");
}
