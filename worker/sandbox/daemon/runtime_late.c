/* runtime_late.c - one helper at a time; its answer is a STATE with the digest of what it made. */
#include "worker/sandbox/daemon/runtime_late.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/base/check.h"
#include "core/base/log.h"
#include "worker/sandbox/daemon/helper.h"

struct runtime_late {
    struct host *host;
    struct helper helper;
    int index;
    bool made;
    uint8_t digest[TREE_DIGEST_BYTES];
};

void runtime_late_tell(struct host *h)
{
    h->status.runtime_count = h->runtimes.count;
    for (int i = 0; i < h->runtimes.count; i++) {
        const struct runtime *r = &h->runtimes.runtimes[i];
        struct doctor_runtime *d = &h->status.runtimes[i];
        d->present = r->present;
        memcpy(d->name, r->name, sizeof d->name);
        memcpy(d->detail, r->detail, sizeof d->detail);
        memcpy(d->sha256, r->digest, sizeof d->sha256);
    }
}

/* In the helper process. */
static int make(void *user, int out)
{
    const struct runtime_late *late = user;
    const struct host *h = late->host;
    struct wire_state answer = { .header = { WIRE_MAGIC, WIRE_STATE, 0 } };
    struct runtime made;
    struct gov_err err = { 0 };

    setpriority(PRIO_PROCESS, 0, 10); /* scripts come first */
    if (!runtime_add(late->index, h->options.cache_path, h->cache, &made, &err)) {
        log_error(LEVEL_WARN, "runtime.not_made", &err);
        return 1;
    }
    memcpy(answer.status.runtimes[0].sha256, made.digest, sizeof made.digest);
    return wire_send(out, &answer, sizeof answer, NULL, 0) == 1 ? 0 : 1;
}

static bool answered(void *user, const union wire_message *m, int *fds, int fd_count)
{
    struct runtime_late *late = user;

    (void)fds;
    if (m->header.kind == WIRE_STATE && fd_count == 0) {
        memcpy(late->digest, m->state.status.runtimes[0].sha256, sizeof late->digest);
        late->made = true;
    }
    return false; /* there is only one */
}

static void ended(void *user)
{
    struct runtime_late *late = user;
    struct host *h = late->host;
    struct gov_err err = { 0 };

    if (late->made && !runtime_adopt(&h->runtimes, late->index, h->options.cache_path, late->digest,
                                     &err))
        log_error(LEVEL_WARN, "runtime.not_made", &err);
    else if (late->made)
        log_write(LEVEL_INFO, "runtime.made",
                  LOG_FIELD("runtime", h->runtimes.runtimes[late->index].name));
    runtime_late_tell(h);
    runtime_late_stop(h);
}

void runtime_late_stop(struct host *h)
{
    if (!h->late)
        return;
    helper_release(&h->late->helper);
    free(h->late);
    h->late = NULL;
}

void runtime_late_look(struct host *h)
{
    const struct helper_events events = { answered, ended };
    const int keep[] = { h->cache };

    for (int i = 0; i < h->runtimes.count && !h->late && !h->draining; i++) {
        if (!runtime_addable(&h->runtimes, i))
            continue;
        struct runtime_late *late = calloc(1, sizeof *late);
        CHECK(late);
        late->host = h;
        late->index = i;
        helper_init(&late->helper);
        h->late = late;
        if (!helper_start(&late->helper, false, h, (uid_t)-1, keep, 1, make, &events, late)) {
            h->late = NULL;
            free(late);
            return;
        }
    }
}
