/* host.h - what sandboxd found and made at start; everything later borrows it. */
#ifndef WORKER_SANDBOX_DAEMON_HOST_H
#define WORKER_SANDBOX_DAEMON_HOST_H

#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"
#include "worker/sandbox/cgroup.h"
#include "worker/sandbox/daemon/mover.h"
#include "worker/sandbox/daemon/poller.h"
#include "worker/sandbox/doctor.h"
#include "worker/sandbox/jail/filter.h"
#include "worker/sandbox/store/runtime.h"

enum {
    HOST_SLOTS_MAX = 256,
    HOST_STALE_MAX = 256,
    HOST_TICK_MS = 50,
    ZYGOTES_MAX = 64,
    ZYGOTE_COLD_MAX = 64
};

struct host_options {
    const char *socket_path;
    const char *cache_path; /* absolute */
    int slots;
    uid_t uid_base;
    uid_t allow_uid; /* besides our own */
    bool user_mode;
    uint64_t cache_bytes; /* of unpacked packages; of installed wheels as much again */
    uint64_t warm_bytes;  /* of zygotes together; 0: every start is cold */
    int warm_jobs;        /* of one zygote */
    int warm_idle_s;      /* without a job, then it goes */
};

struct group;
struct zygote;

/* A package that is started cold until then. */
struct zygote_cold {
    uint8_t package[TREE_DIGEST_BYTES];
    uint8_t runtime[TREE_DIGEST_BYTES];
    int64_t until_us;
    char reason[64];
};
struct runtime_late;

struct host {
    struct host_options options;
    bool user_namespace;
    struct doctor_status status;
    struct cgroup_root cgroups;
    struct filter filter, zygote_filter;
    struct runtime_set runtimes;
    int cache;       /* directory, locked for this daemon */
    int packages;    /* cache/packages */
    int wheels;      /* cache/wheels: what packages brought for themselves (store/package_cache.h) */
    struct wheels_runtime *wheels_runtimes; /* in use (daemon/wheels_runtime.h) */
    iconv_t gb18030; /* for names in archives; its tables are loaded */
    struct poller poller;
    struct group *groups; /* running */
    int helpers;          /* running */
    int zygote_program;    /* execgov-zygote; -1: there is none */
    bool zygotes_refused;  /* the kernel does not let us make their user namespaces */
    struct zygote *zygotes;
    bool zygote_ranges[ZYGOTES_MAX];
    struct zygote_cold cold[ZYGOTE_COLD_MAX];
    struct runtime_late *late; /* a runtime is being made; NULL: none */
    bool slot_used[HOST_SLOTS_MAX];
    struct cgroup stale[HOST_STALE_MAX]; /* could not be removed yet */
    int stale_count;
    uint64_t serial; /* names of cgroups */
    struct mover mover;
    int64_t tick_us; /* when usage and deadlines are looked at next */
    bool draining;
};

/* Capabilities, cgroups, cache, filter, runtimes, level. Fails only where starting makes no sense;
 * a host that cannot isolate gets level 0 and refuses every job. */
bool host_init(struct host *host, const struct host_options *options, struct gov_err *err);
void host_release(struct host *host);

/* A free slot or -1. */
int host_slot_take(struct host *host);
void host_slot_free(struct host *host, int slot);
/* The uid of a slot, outside. */
uid_t host_slot_uid(const struct host *host, int slot);
/* The first uid of a zygote's range: its own; one for each slot's job follows. */
uid_t host_zygote_uid(const struct host *host, int range);
/* Remove a cgroup whose processes have ended, now or when the kernel lets us. */
void host_cgroup_drop(struct host *host, struct cgroup *cgroup);

/* Milliseconds until something has to be looked at; -1 if nothing runs. */
int host_timeout(const struct host *host);
/* Look at deadlines and usage of every group, and at stale cgroups. */
void host_tick(struct host *host);

/* True, or the reason why no job is taken now. */
bool host_accepting(const struct host *host, struct gov_err *err);

#endif
