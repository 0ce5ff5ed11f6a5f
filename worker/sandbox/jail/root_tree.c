/* root_tree.c - every mount of a job, in the order they are made.
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

#include "core/base/embedded.h"
#include "worker/sandbox/store/tree.h"

#define ROOT "/tmp"

enum { DEVICE_COUNT = 5 };
static const char *const devices[DEVICE_COUNT] = { "null", "zero", "full", "random", "urandom" };

struct build {
    const struct jail_spec *spec;
    const int *file_mounts;
    uid_t uid;
    struct root_tree *tree;
    int runtime[RUNTIME_MOUNTS_MAX + 1]; /* the last one is usr/bin */
    int runtime_count;
    int device[DEVICE_COUNT];
};

static bool step(struct build *b, const char *stage, bool ok)
{
    if (!ok)
        b->tree->stage = stage;
    return ok;
}

static int tree_open(const char *path, uint64_t set)
{
    struct mount_attr attr = { .attr_set = set, .propagation = MS_PRIVATE };
    int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path,
                          AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

    if (fd >= 0 &&
        syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool attach(int fd, const char *target)
{
    return syscall(SYS_move_mount, fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) == 0 &&
           close(fd) == 0;
}

static bool trees_open(struct build *b)
{
    const struct runtime *r = b->spec->runtime;

    for (int i = 0; r && i <= r->mount_count; i++) {
        const char *source = i < r->mount_count ? r->mounts[i].source : r->tools[b->spec->kind];
        b->runtime[i] = tree_open(source, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
        if (!step(b, "open runtime", b->runtime[i] >= 0))
            return false;
        b->runtime_count++;
    }
    for (int i = 0; i < DEVICE_COUNT; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/%s", devices[i]);
        b->device[i] = tree_open(path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
        if (!step(b, "open device", b->device[i] >= 0))
            return false;
    }
    return true;
}

static bool make_dirs(const char *path)
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

static bool make_file(const char *path, const char *text, size_t bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0444);
    bool ok = fd >= 0 && write(fd, text, bytes) == (ssize_t)bytes;

    if (fd >= 0)
        close(fd);
    return ok;
}

/* The base of the new root, and the current directory in it. */
static bool base_mount(struct build *b)
{
    struct stat st;
    char options[96];
    off_t input = b->spec->input_fd >= 0 && fstat(b->spec->input_fd, &st) == 0 ? st.st_size : 0;

    snprintf(options, sizeof options, "mode=0755,size=%lluk,nr_inodes=512",
             (unsigned long long)(input / 1024 + 1024));
    return step(b, "private mounts", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0) &&
           step(b, "mount root",
                mount("root", ROOT, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0) &&
           step(b, "enter root", chdir(ROOT) == 0);
}

static bool runtime_attach(struct build *b)
{
    const struct runtime *r = b->spec->runtime;
    const struct runtime_set *set = b->spec->runtimes;
    char loader[128];

    for (int i = 0; i < b->runtime_count; i++) {
        const char *target = i < r->mount_count ? r->mounts[i].target : "usr/bin";
        if (i < r->mount_count && r->mounts[i].cover && access(target, F_OK) < 0) {
            close(b->runtime[i]);
            continue;
        }
        if (!step(b, "attach runtime", make_dirs(target) && attach(b->runtime[i], target)))
            return false;
    }
    if (!r)
        return true;
    snprintf(loader, sizeof loader, "%.*s", (int)(strrchr(set->loader, '/') - set->loader),
             set->loader);
    return step(b, "loader",
                make_dirs(loader) && symlink(set->loader_target, set->loader) == 0 &&
                    symlink("usr/bin", "bin") == 0 && symlink("usr/lib", "lib") == 0 &&
                    symlink("usr/lib64", "lib64") == 0);
}

static bool etc_make(struct build *b)
{
    char passwd[128], group[64];
    int p = snprintf(passwd, sizeof passwd, "job:x:%u:%u:job:/work:/usr/sbin/nologin\n", b->uid,
                     b->uid);
    int g = snprintf(group, sizeof group, "job:x:%u:\n", b->uid);
    static const char hosts[] = "127.0.0.1 localhost\n::1 localhost\n";

    return step(b, "etc",
                make_dirs("etc") && make_file("etc/passwd", passwd, (size_t)p) &&
                    make_file("etc/group", group, (size_t)g) &&
                    make_file("etc/hosts", hosts, sizeof hosts - 1));
}

static bool dev_make(struct build *b)
{
    if (!step(b, "dev", make_dirs("dev/shm")))
        return false;
    for (int i = 0; i < DEVICE_COUNT; i++) {
        char path[32];
        snprintf(path, sizeof path, "dev/%s", devices[i]);
        if (!step(b, "device", make_file(path, "", 0) && attach(b->device[i], path)))
            return false;
    }
    return step(b, "dev links",
                symlink("/proc/self/fd", "dev/fd") == 0 &&
                    symlink("/proc/self/fd/0", "dev/stdin") == 0 &&
                    symlink("/proc/self/fd/1", "dev/stdout") == 0 &&
                    symlink("/proc/self/fd/2", "dev/stderr") == 0);
}

/* A kernel that does not let us mount it (a container with a masked /proc) leaves it empty: the job
 * sees less, not more. */
static bool proc_make(struct build *b)
{
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

    if (!step(b, "proc", make_dirs("proc")))
        return false;
    return mount("proc", "proc", "proc", flags, "hidepid=2,subset=pid") == 0 ||
           step(b, "mount proc", errno == EPERM || errno == EINVAL);
}

static bool input_make(struct build *b)
{
    const struct embedded *script = b->spec->script;
    uint8_t digest[TREE_DIGEST_BYTES];
    uint64_t bytes;

    if (!step(b, "input", make_dirs("input")))
        return false;
    if (script && !step(b, "script", make_file("input/script.py", script->text, script->bytes)))
        return false;
    int fd = open("input/input.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    bool ok =
        fd >= 0 && (b->spec->input_fd < 0 || tree_hash_file(b->spec->input_fd, fd, digest, &bytes));
    if (fd >= 0)
        close(fd);
    return step(b, "input.json", ok);
}

/* Its owner changes last (see dirs_give): root has no right to override another's 0700 here. */
static bool dir_private(const char *path)
{
    return mkdir(path, 0700) == 0;
}

static bool dirs_give(struct build *b)
{
    static const char *const dirs[] = { "work/in", "work", "tmp", "dev/shm", "result" };

    for (int i = b->spec->file_count > 0 ? 0 : 1; i < 5; i++) {
        if (!step(b, "give work", chown(dirs[i], b->uid, b->uid) == 0))
            return false;
    }
    return true;
}

/* One writable folder of the tmpfs, shown at `target`. */
static bool writable_attach(const char *source, const char *target, uint64_t set)
{
    int fd = tree_open(source, set | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);

    return fd >= 0 && make_dirs(target) && attach(fd, target);
}

/* Bytes that are put there before the script starts are not its own use. */
static uint64_t bytes_given(const struct build *b)
{
    uint64_t bytes = 0;

    for (int i = 0; i < b->spec->file_count; i++) {
        struct stat st;
        if (b->file_mounts[i] < 0 && fstat(b->spec->files[i].fd, &st) == 0)
            bytes += (uint64_t)st.st_size * (b->spec->files[i].as ? 2 : 1);
    }
    return bytes;
}

static bool scratch_mount(struct build *b)
{
    const struct sandbox_limits *l = &b->spec->limits;
    char options[128];
    uint64_t bytes = (l->disk_mb << 20) + b->spec->package_bytes + bytes_given(b) + 65536;
    uint64_t inodes = l->inodes + b->spec->package_files + 2 * (uint64_t)b->spec->file_count + 16;

    snprintf(options, sizeof options, "mode=0755,size=%llu,nr_inodes=%llu",
             (unsigned long long)bytes, (unsigned long long)inodes);
    return step(b, "mount work",
                make_dirs("scratch") &&
                    mount("work", "scratch", "tmpfs", MS_NOSUID | MS_NODEV, options) == 0) &&
           step(b, "make work",
                dir_private("scratch/work") && dir_private("scratch/tmp") &&
                    dir_private("scratch/shm") && dir_private("scratch/result")) &&
           step(b, "attach work",
                writable_attach("scratch/work", "work", 0) &&
                    writable_attach("scratch/tmp", "tmp", MOUNT_ATTR_NOEXEC) &&
                    writable_attach("scratch/shm", "dev/shm", MOUNT_ATTR_NOEXEC) &&
                    writable_attach("scratch/result", "result", MOUNT_ATTR_NOEXEC)) &&
           step(b, "detach scratch", umount2("scratch", MNT_DETACH) == 0 && rmdir("scratch") == 0);
}

/* Copy what could not be mounted. Its digest was checked before. */
static bool file_copy(int fd, const char *path)
{
    uint8_t digest[TREE_DIGEST_BYTES];
    uint64_t bytes;
    int copy = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
    bool ok = copy >= 0 && tree_hash_file(fd, copy, digest, &bytes);

    if (copy >= 0)
        close(copy);
    return ok;
}

static bool file_show(struct build *b, int index, const char *path)
{
    int fd = b->spec->files[index].fd;

    if (b->file_mounts[index] < 0)
        return step(b, "copy input", file_copy(fd, path));
    /* A second mount of the same tree, so that the first name does not use it up. */
    int tree = (int)syscall(SYS_open_tree, b->file_mounts[index], "",
                            AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0)
        tree = fcntl(b->file_mounts[index], F_DUPFD_CLOEXEC, 3);
    return step(b, "mount input", make_file(path, "", 0) && attach(tree, path));
}

/* The digest is of the very file that is mounted or copied next. */
static bool file_verify(struct build *b, const struct jail_file *file, bool copied)
{
    uint8_t digest[TREE_DIGEST_BYTES];
    uint64_t bytes;
    struct stat st;

    errno = EINVAL;
    return step(b, "input is not a file", fstat(file->fd, &st) == 0 && S_ISREG(st.st_mode)) &&
           step(b, "input too large to copy", !copied || st.st_size <= JAIL_COPY_BYTES_MAX) &&
           step(b, "input digest",
                tree_hash_file(file->fd, -1, digest, &bytes) &&
                    memcmp(digest, file->sha256, sizeof digest) == 0);
}

static bool files_show(struct build *b)
{
    char path[600];

    if (b->spec->file_count == 0)
        return true;
    if (!step(b, "in", mkdir("work/in", 0755) == 0))
        return false;
    for (int i = 0; i < b->spec->file_count; i++) {
        const struct jail_file *file = &b->spec->files[i];
        if (!file_verify(b, file, b->file_mounts[i] < 0))
            return false;
        if (file->as) {
            snprintf(path, sizeof path, "work/%s", file->as);
            if (!file_show(b, i, path))
                return false;
        }
        snprintf(path, sizeof path, "work/in/%s", file->name);
        if (!file_show(b, i, path))
            return false;
    }
    return true;
}

static bool root_close(struct build *b)
{
    struct mount_attr attr = { .attr_set =
                                   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };

    return step(b, "read-only root",
                syscall(SYS_mount_setattr, AT_FDCWD, ROOT, 0, &attr, sizeof attr) == 0) &&
           step(b, "pivot_root", chdir(ROOT) == 0 && syscall(SYS_pivot_root, ".", ".") == 0) &&
           step(b, "leave the old root", umount2(".", MNT_DETACH) == 0 && chdir("/") == 0);
}

bool root_tree_enter(const struct jail_spec *spec, const int *file_mounts, uid_t uid,
                     struct root_tree *tree)
{
    struct build b = { .spec = spec, .file_mounts = file_mounts, .uid = uid, .tree = tree };

    *tree = (struct root_tree){ .work = -1, .result = -1, .stage = "" };
    return trees_open(&b) && base_mount(&b) && runtime_attach(&b) && etc_make(&b) && dev_make(&b) &&
           proc_make(&b) && input_make(&b) && scratch_mount(&b) && files_show(&b) &&
           dirs_give(&b) && root_close(&b);
}

bool root_tree_open(struct root_tree *tree)
{
    tree->stage = "open work";
    tree->work = open("/work", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tree->result = open("/result", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return tree->work >= 0 && tree->result >= 0 && chdir("/work") == 0;
}
