/* cgroup.c - finding a place at start, and the two kernel interfaces behind one set of calls.
 *
 * v2: the daemon's own cgroup, when memory and pids are delegated there. A cgroup with processes in
 * it cannot hand controllers to children, so the daemon first moves itself into a leaf. v1: root
 * uses /execgov at the top of each hierarchy, so that the next start finds what a killed daemon
 * left wherever it was started from; anybody else needs his own cgroup writable.
 * libcgroup was looked at: it hides exactly the differences (events, kill) that matter here.
 */
#include "worker/sandbox/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "worker/sandbox/only_one.h"

enum { FILE_BYTES = 4096, KILL_ROUNDS = 200 };

static bool file_write(const char *dir, const char *file, const char *text)
{
    char path[CGROUP_PATH_BYTES + 160];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = write(fd, text, strlen(text));
    int saved = errno;
    close(fd);
    errno = saved;
    return n == (ssize_t)strlen(text);
}

static bool file_read(const char *dir, const char *file, char *out, size_t size)
{
    char path[CGROUP_PATH_BYTES + 160];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, out, size - 1);
    close(fd);
    if (n < 0)
        return false;
    out[n] = 0;
    return true;
}

/* The number behind "key " in a flat keyed file; `key` NULL: the file's only number. */
static uint64_t file_number(const char *dir, const char *file, const char *key)
{
    char text[FILE_BYTES];
    char *line, *rest = text;

    if (!file_read(dir, file, text, sizeof text))
        return 0;
    if (!key)
        return strtoull(text, NULL, 10);
    while ((line = strsep(&rest, "\n"))) {
        size_t n = strlen(key);
        if (strncmp(line, key, n) == 0 && line[n] == ' ')
            return strtoull(line + n, NULL, 10);
    }
    return 0;
}

/* Where the hierarchy with `controller` is mounted ("" for v2), and this process' path in it. */
static bool hierarchy_find(const char *controller, char *mount, char *own)
{
    char line[1024], path[CGROUP_PATH_BYTES / 2], *colon;
    bool found = false;
    FILE *f = fopen("/proc/self/mountinfo", "re");

    while (f && !found && fgets(line, sizeof line, f)) {
        char *tail = strstr(line, " - ");
        char options[512] = "", type[32] = "";
        if (!tail || sscanf(line, "%*s %*s %*s %*s %127s", path) != 1 ||
            sscanf(tail, " - %31s %*s %511s", type, options) != 2)
            continue;
        if (!*controller) {
            found = strcmp(type, "cgroup2") == 0;
        } else if (strcmp(type, "cgroup") == 0) {
            for (char *o, *rest = options; !found && (o = strsep(&rest, ",\n"));)
                found = strcmp(o, controller) == 0;
        }
    }
    if (f)
        fclose(f);
    if (!found)
        return false;
    snprintf(mount, CGROUP_PATH_BYTES / 2, "%s", path);
    found = false;
    f = fopen("/proc/self/cgroup", "re");
    while (f && !found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        char *names = strchr(line, ':');
        colon = names ? strchr(names + 1, ':') : NULL;
        if (!colon)
            continue;
        *colon = 0;
        for (char *n, *rest = names + 1; !found && (n = strsep(&rest, ","));)
            found = strcmp(n, controller) == 0;
        if (found)
            snprintf(own, CGROUP_PATH_BYTES / 2, "%s", strcmp(colon + 1, "/") ? colon + 1 : "");
    }
    if (f)
        fclose(f);
    return found;
}

static bool make_dir(const char *path)
{
    return mkdir(path, 0755) == 0 || errno == EEXIST;
}

/* dir/execgov/instance in one v1 hierarchy; "" if it cannot be made. */
static bool v1_place(const char *controller, const char *instance, char *out)
{
    char mount[CGROUP_PATH_BYTES / 2], own[CGROUP_PATH_BYTES / 2], dir[CGROUP_PATH_BYTES];

    out[0] = 0;
    if (!hierarchy_find(controller, mount, own))
        return false;
    if (snprintf(dir, sizeof dir, "%s%s/execgov", mount, geteuid() == 0 ? "" : own) >= 190)
        return false;
    if (!make_dir(dir))
        return false;
    snprintf(out, CGROUP_PATH_BYTES, "%.190s/%.60s", dir, instance);
    if (make_dir(out) && access(out, W_OK) == 0)
        return true;
    out[0] = 0;
    return false;
}

/* Nobody but this process lives in `dir`. */
static bool v2_alone(const char *dir)
{
    char text[FILE_BYTES], own[16];

    snprintf(own, sizeof own, "%d\n", getpid());
    return file_read(dir, "cgroup.procs", text, sizeof text) && strcmp(text, own) == 0;
}

/* Hand memory and pids to the children of `dir`, where the kernel lets us. */
static bool v2_hand_down(const char *dir)
{
    char text[FILE_BYTES];

    return file_read(dir, "cgroup.controllers", text, sizeof text) && strstr(text, "memory") &&
           strstr(text, "pids") && file_write(dir, "cgroup.subtree_control", "+memory +pids");
}

/* The folder that will hold ours: our own cgroup if it was delegated to us alone (a systemd unit
 * with Delegate=yes), or for root the top of the hierarchy (started from somebody's shell). */
static bool v2_parent(const char *mount, const char *own, char dir[CGROUP_PATH_BYTES])
{
    char leaf[CGROUP_PATH_BYTES + 16], pid[16];

    if (snprintf(dir, CGROUP_PATH_BYTES, "%s%s", mount, own) < 190 && v2_alone(dir)) {
        snprintf(leaf, sizeof leaf, "%s/execgov-daemon", dir);
        snprintf(pid, sizeof pid, "%d", getpid());
        if (make_dir(leaf) && file_write(leaf, "cgroup.procs", pid) && v2_hand_down(dir))
            return true;
    }
    snprintf(dir, CGROUP_PATH_BYTES, "%s", mount);
    return geteuid() == 0 && v2_hand_down(dir);
}

static bool v2_place(const char *instance, char *out)
{
    char mount[CGROUP_PATH_BYTES / 2], own[CGROUP_PATH_BYTES / 2], dir[CGROUP_PATH_BYTES];

    if (!hierarchy_find("", mount, own) || !v2_parent(mount, own, dir))
        return false;
    snprintf(out, CGROUP_PATH_BYTES, "%.190s/execgov-%.50s", dir, instance);
    return make_dir(out) && v2_hand_down(out);
}

static void dir_of(const char *base, const char *name, char out[CGROUP_PATH_BYTES + 80])
{
    snprintf(out, CGROUP_PATH_BYTES + 80, "%s/%.63s", base, name);
}

/* End the members of one folder, looking again until it is empty: a fork may race the list. */
static bool dir_kill(const char *dir)
{
    for (int round = 0; round < KILL_ROUNDS; round++) {
        char text[FILE_BYTES * 4], *line, *rest = text;
        if (!file_read(dir, "cgroup.procs", text, sizeof text) || !text[0])
            return true;
        if (round == 0 && file_write(dir, "cgroup.kill", "1"))
            continue;
        while ((line = strsep(&rest, "\n"))) {
            pid_t pid = (pid_t)strtol(line, NULL, 10);
            if (pid > 1)
                kill(pid, SIGKILL);
        }
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
    return false;
}

/* What an earlier daemon of this name left. */
static void base_sweep(const char *base)
{
    DIR *d = base[0] ? opendir(base) : NULL;
    struct dirent *e;

    while (d && (e = readdir(d))) {
        char dir[CGROUP_PATH_BYTES + 80];
        if (e->d_type != DT_DIR || e->d_name[0] == '.')
            continue;
        dir_of(base, e->d_name, dir);
        dir_kill(dir);
        rmdir(dir);
    }
    if (d)
        closedir(d);
}

bool cgroup_root_open(struct cgroup_root *root, const char *instance, struct gov_err *err)
{
    memset(root, 0, sizeof *root);
    root->lock_fd = -1;
    if (v2_place(instance, root->memory)) {
        root->version = CGROUP_V2;
        memcpy(root->pids, root->memory, sizeof root->pids);
        memcpy(root->cpuacct, root->memory, sizeof root->cpuacct);
    } else if (v1_place("memory", instance, root->memory) &&
               v1_place("pids", instance, root->pids)) {
        root->version = CGROUP_V1;
        v1_place("cpuacct", instance, root->cpuacct);
    } else {
        return true;
    }
    root->lock_fd = open(root->pids, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root->lock_fd < 0 || !only_one_lock(root->lock_fd)) {
        if (root->lock_fd >= 0)
            close(root->lock_fd);
        root->lock_fd = -1; /* the folders are the other's: closing must not remove them */
        return gov_fail(err, GOV_CONFIGURATION,
                        "another sandboxd uses the cgroup %s; give this one another --uid-base",
                        "另一个 sandboxd 正在使用 cgroup %s，请换一个 --uid-base", instance);
    }
    base_sweep(root->memory);
    base_sweep(root->pids);
    base_sweep(root->cpuacct);
    return true;
}

void cgroup_root_close(struct cgroup_root *root)
{
    if (root->lock_fd >= 0) {
        rmdir(root->memory);
        rmdir(root->pids);
        if (root->cpuacct[0])
            rmdir(root->cpuacct);
        close(root->lock_fd);
    }
    memset(root, 0, sizeof *root);
    root->lock_fd = -1;
}

static bool v2(const struct cgroup *group)
{
    return group->root->version == CGROUP_V2;
}

/* The folders of one group: one for v2, up to three for v1. */
static int group_dirs(const struct cgroup *group, char dirs[3][CGROUP_PATH_BYTES + 80])
{
    const char *bases[3] = { group->root->memory, group->root->pids, group->root->cpuacct };
    int count = 0;

    for (int i = 0; i < (v2(group) ? 1 : 3); i++) {
        if (bases[i][0])
            dir_of(bases[i], group->name, dirs[count++]);
    }
    return count;
}

static bool bound(const char *dir, const char *file, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return file_write(dir, file, text);
}

bool cgroup_make(const struct cgroup_root *root, const char *name, uint64_t memory_bytes,
                 uint64_t processes, struct cgroup *group, struct gov_err *err)
{
    char dirs[3][CGROUP_PATH_BYTES + 80];
    bool ok = true;

    memset(group, 0, sizeof *group);
    if (root->version == CGROUP_NONE)
        return true;
    group->root = root;
    snprintf(group->name, sizeof group->name, "%s", name);
    int count = group_dirs(group, dirs);
    for (int i = 0; ok && i < count; i++)
        ok = mkdir(dirs[i], 0755) == 0;
    if (!ok) {
        int saved = errno;
        cgroup_remove(group);
        return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "cgroup %s: %s", name,
                              strerror(saved));
    }
    if (cgroup_bound(group, memory_bytes, processes, err))
        return true;
    cgroup_remove(group);
    return false;
}

/* v1 keeps memory below memory with swap at every moment: what grows is written first. */
static bool v1_memory(const char *dir, uint64_t bytes)
{
    bound(dir, "memory.memsw.limit_in_bytes", bytes);
    if (!bound(dir, "memory.limit_in_bytes", bytes))
        return false;
    bound(dir, "memory.memsw.limit_in_bytes", bytes); /* absent where swap is not accounted */
    return true;
}

bool cgroup_bound(const struct cgroup *group, uint64_t memory_bytes, uint64_t processes,
                  struct gov_err *err)
{
    char dirs[3][CGROUP_PATH_BYTES + 80];
    bool ok;

    if (!group->root)
        return true;
    group_dirs(group, dirs);
    if (v2(group)) {
        ok = bound(dirs[0], "memory.max", memory_bytes) && bound(dirs[0], "pids.max", processes);
        /* Swapping would turn a memory limit into a slow disk; absent where swap accounting is off.
         */
        file_write(dirs[0], "memory.swap.max", "0");
        file_write(dirs[0], "memory.oom.group", "1");
    } else {
        ok = v1_memory(dirs[0], memory_bytes) && bound(dirs[1], "pids.max", processes);
    }
    return ok || gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "cgroup %s: %s", group->name,
                                strerror(errno));
}

int cgroup_open(const struct cgroup *group)
{
    char dirs[3][CGROUP_PATH_BYTES + 80];

    if (!group->root || !v2(group) || group_dirs(group, dirs) != 1)
        return -1;
    return open(dirs[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A thread of v1 that moves itself is the one case for which the kernel takes no lock against forks: nobody else can
 * end it or give it another pid meanwhile. */
bool cgroup_enter(const struct cgroup *group)
{
    char dirs[3][CGROUP_PATH_BYTES + 80];

    if (!group->root)
        return true;
    int count = group_dirs(group, dirs);
    for (int i = 0; i < count; i++) {
        if (!file_write(dirs[i], v2(group) ? "cgroup.procs" : "tasks", "0"))
            return false;
    }
    return true;
}

bool cgroup_join(const struct cgroup *group, pid_t pid, struct gov_err *err)
{
    char dirs[3][CGROUP_PATH_BYTES + 80], text[16];

    if (!group->root)
        return true;
    int count = group_dirs(group, dirs);
    snprintf(text, sizeof text, "%d", pid);
    for (int i = 0; i < count; i++) {
        if (!file_write(dirs[i], "cgroup.procs", text))
            return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "join %s: %s", dirs[i],
                                  strerror(errno));
    }
    return true;
}

void cgroup_usage_read(const struct cgroup *group, struct cgroup_usage *usage)
{
    char dirs[3][CGROUP_PATH_BYTES + 80];

    memset(usage, 0, sizeof *usage);
    if (!group->root)
        return;
    int count = group_dirs(group, dirs);
    if (v2(group)) {
        usage->memory_peak_bytes = file_number(dirs[0], "memory.peak", NULL);
        usage->cpu_us = file_number(dirs[0], "cpu.stat", "usage_usec");
        usage->oom_kills = file_number(dirs[0], "memory.events", "oom_kill");
        usage->forks_refused = file_number(dirs[0], "pids.events", "max");
        return;
    }
    usage->memory_peak_bytes = file_number(dirs[0], "memory.max_usage_in_bytes", NULL);
    usage->oom_kills = file_number(dirs[0], "memory.oom_control", "oom_kill");
    usage->forks_refused = file_number(dirs[1], "pids.events", "max");
    if (count > 2)
        usage->cpu_us = file_number(dirs[2], "cpuacct.usage", NULL) / 1000;
}

void cgroup_kill(const struct cgroup *group)
{
    char dirs[3][CGROUP_PATH_BYTES + 80];

    if (group->root && group_dirs(group, dirs) > 0)
        dir_kill(dirs[0]);
}

bool cgroup_empty(const struct cgroup *group)
{
    char dirs[3][CGROUP_PATH_BYTES + 80], text[32];

    if (!group->root)
        return true;
    int count = group_dirs(group, dirs);
    for (int i = 0; i < count; i++) {
        if (file_read(dirs[i], "cgroup.procs", text, sizeof text) && text[0])
            return false;
    }
    return true;
}

bool cgroup_remove(struct cgroup *group)
{
    char dirs[3][CGROUP_PATH_BYTES + 80];
    bool gone = true;

    if (!group->root)
        return true;
    int count = group_dirs(group, dirs);
    for (int i = 0; i < count; i++)
        gone &= rmdir(dirs[i]) == 0 || errno == ENOENT;
    if (gone)
        group->root = NULL;
    return gone;
}
