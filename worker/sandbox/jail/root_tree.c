/* root_tree.c - the part of a root that comes from the system, in the order it is mounted.
 *
 * What is shown is opened (cloned, detached, made read-only) first and attached later: the new root
 * is mounted over /tmp, and what is shown may lie below the host's /tmp. Paths of the host appear
 * only in trees_open; everything after works on descriptors and on the new root.
 */
#include "worker/sandbox/jail/root_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/sandbox/jail/root_build.h"

#define ROOT "/tmp"
/* In a zygote's root what a package brought waits in the folder that a job puts its own over. */
#define ASIDE "input"

static const char *const devices[ROOT_DEVICE_COUNT] = { "null", "zero", "full", "random",
                                                       "urandom" };

bool root_step(struct root_build *b, const char *stage, bool ok)
{
    if (!ok)
        b->tree->stage = stage;
    return ok;
}

int root_tree_clone(const char *path, uint64_t attributes)
{
    struct mount_attr attr = { .attr_set = attributes, .propagation = MS_PRIVATE };
    int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path,
                          AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

    if (fd >= 0 &&
        syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool root_attach(int fd, const char *target)
{
    return syscall(SYS_move_mount, fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) == 0 &&
           close(fd) == 0;
}

static bool trees_open(struct root_build *b)
{
    const struct runtime *r = b->spec->runtime;

    for (int i = 0; r && i <= r->mount_count; i++) {
        const char *source = i < r->mount_count ? r->mounts[i].source : r->tools[b->spec->kind];
        b->runtime[i] = root_tree_clone(source, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
        if (!root_step(b, "open runtime", b->runtime[i] >= 0))
            return false;
        b->runtime_count++;
    }
    for (int i = 0; i < ROOT_DEVICE_COUNT; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/%s", devices[i]);
        b->device[i] = root_tree_clone(path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
        if (!root_step(b, "open device", b->device[i] >= 0))
            return false;
    }
    return true;
}

bool root_make_dirs(const char *path)
{
    char part[256];
    size_t n = strlen(path);

    if (n >= sizeof part)
        return false;
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            return false;
    }
    return true;
}

bool root_make_file(int dir, const char *path, const char *text, size_t bytes)
{
    int fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0444);
    bool ok = fd >= 0 && write(fd, text, bytes) == (ssize_t)bytes;

    if (fd >= 0)
        close(fd);
    return ok;
}

/* The base of the new root, and the current directory in it. */
static bool base_mount(struct root_build *b)
{
    return root_step(b, "private mounts", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0) &&
           root_step(b, "mount root",
                mount("root", ROOT, "tmpfs", MS_NOSUID | MS_NODEV,
                           "mode=0755,size=1m,nr_inodes=512") == 0) &&
           root_step(b, "enter root", chdir(ROOT) == 0);
}

/* Where mount `i` of the runtime goes. What is put aside has its empty place for the interpreter to find. */
static bool runtime_target(const struct root_build *b, int i, const char **target)
{
    const struct runtime *r = b->spec->runtime;

    *target = i < r->mount_count ? r->mounts[i].target : "usr/bin";
    if (!b->aside || i == r->mount_count || !r->mounts[i].brought)
        return true;
    bool made = root_make_dirs(*target);
    *target = ASIDE;
    return made;
}

static bool runtime_attach(struct root_build *b)
{
    const struct runtime *r = b->spec->runtime;
    const struct runtime_set *set = b->spec->runtimes;
    const char *target;
    char loader[128];

    for (int i = 0; i < b->runtime_count; i++) {
        if (!root_step(b, "place of runtime", runtime_target(b, i, &target)))
            return false;
        if (i < r->mount_count && r->mounts[i].cover && access(target, F_OK) < 0) {
            close(b->runtime[i]);
            continue;
        }
        if (!root_step(b, "attach runtime",
                       root_make_dirs(target) && root_attach(b->runtime[i], target)))
            return false;
    }
    if (!r)
        return true;
    snprintf(loader, sizeof loader, "%.*s", (int)(strrchr(set->loader, '/') - set->loader),
             set->loader);
    return root_step(b, "loader",
                root_make_dirs(loader) && symlink(set->loader_target, set->loader) == 0 &&
                    symlink("usr/bin", "bin") == 0 && symlink("usr/lib", "lib") == 0 &&
                    symlink("usr/lib64", "lib64") == 0);
}

static bool etc_make(struct root_build *b)
{
    struct buf passwd = { 0 }, group = { 0 };
    static const char hosts[] = "127.0.0.1 localhost\n::1 localhost\n";

    for (uid_t uid = b->uid; uid < b->uid + (uid_t)b->uid_count; uid++) {
        buf_addf(&passwd, "job:x:%u:%u:job:/work:/usr/sbin/nologin\n", uid, uid);
        buf_addf(&group, "job:x:%u:\n", uid);
    }
    bool ok = root_step(b, "etc",
                        root_make_dirs("etc") &&
                            root_make_file(AT_FDCWD, "etc/passwd", passwd.data, passwd.length) &&
                            root_make_file(AT_FDCWD, "etc/group", group.data, group.length) &&
                            root_make_file(AT_FDCWD, "etc/hosts", hosts, sizeof hosts - 1));
    buf_release(&passwd);
    buf_release(&group);
    return ok;
}

static bool dev_make(struct root_build *b)
{
    if (!root_step(b, "dev", root_make_dirs("dev/shm")))
        return false;
    for (int i = 0; i < ROOT_DEVICE_COUNT; i++) {
        char path[32];
        snprintf(path, sizeof path, "dev/%s", devices[i]);
        if (!root_step(b, "device", root_make_file(AT_FDCWD, path, "", 0) && root_attach(b->device[i], path)))
            return false;
    }
    return root_step(b, "dev links",
                symlink("/proc/self/fd", "dev/fd") == 0 &&
                    symlink("/proc/self/fd/0", "dev/stdin") == 0 &&
                    symlink("/proc/self/fd/1", "dev/stdout") == 0 &&
                    symlink("/proc/self/fd/2", "dev/stderr") == 0);
}

bool root_proc_mount(struct root_build *b)
{
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

    if (!root_step(b, "proc", root_make_dirs("proc")))
        return false;
    if (mount("proc", "proc", "proc", flags, "hidepid=2,subset=pid") == 0)
        return true;
    /* Another namespace's /proc must not shine through. */
    bool none = (errno == EPERM || errno == EINVAL) && access("proc/self", F_OK) < 0;
    return root_step(b, "mount proc", none);
}

static bool root_close(struct root_build *b)
{
    struct mount_attr attr = { .attr_set =
                                   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };

    return root_step(b, "read-only root",
                syscall(SYS_mount_setattr, AT_FDCWD, ROOT, 0, &attr, sizeof attr) == 0) &&
           root_step(b, "pivot_root", chdir(ROOT) == 0 && syscall(SYS_pivot_root, ".", ".") == 0) &&
           root_step(b, "leave the old root", umount2(".", MNT_DETACH) == 0 && chdir("/") == 0);
}

static bool system_build(struct root_build *b)
{
    return trees_open(b) && base_mount(b) && runtime_attach(b) && etc_make(b) && dev_make(b) &&
           root_proc_mount(b);
}

bool root_tree_enter(const struct jail_spec *spec, const int *file_mounts, uid_t uid,
                     struct root_tree *tree)
{
    struct root_build b = {
        .spec = spec, .file_mounts = file_mounts, .uid = uid, .uid_count = 1, .tree = tree
    };

    *tree = (struct root_tree){ .work = -1, .result = -1, .input = -1, .stage = "" };
    return system_build(&b) && work_tree_build(&b) && root_close(&b);
}

bool root_tree_enter_empty(const struct jail_spec *spec, uid_t uid, int uid_count,
                           struct root_tree *tree)
{
    static const char *const places[] = { "work", "tmp", "result", "input" };
    struct root_build b = { .spec = spec, .uid = uid, .uid_count = uid_count, .aside = true, .tree = tree };

    *tree = (struct root_tree){ .work = -1, .result = -1, .input = -1, .stage = "" };
    if (!system_build(&b))
        return false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!root_step(&b, "places", root_make_dirs(places[i])))
            return false;
    }
    return root_close(&b);
}

bool root_tree_proc(struct root_tree *tree)
{
    struct root_build b = { .tree = tree };

    return root_proc_mount(&b);
}

bool root_tree_bring(const char *target, struct root_tree *tree)
{
    struct root_build b = { .tree = tree };

    return root_step(&b, "what the package brought", mount(ASIDE, target, NULL, MS_MOVE, NULL) == 0);
}

bool root_tree_places(struct root_tree *tree)
{
    struct root_build b = { .tree = tree };

    return work_tree_places(&b);
}

bool root_tree_fill(const struct jail_spec *spec, const int *file_mounts, uid_t uid,
                    struct root_tree *tree)
{
    struct root_build b = { .spec = spec, .file_mounts = file_mounts, .uid = uid, .tree = tree };

    return work_tree_fill(&b);
}

bool root_tree_open(struct root_tree *tree)
{
    tree->stage = "open work";
    tree->work = open("/work", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tree->result = open("/result", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return tree->work >= 0 && tree->result >= 0 && chdir("/work") == 0;
}
