/* work_tree.c - what is one job's own: its input, its writable folders, its files.
 *
 * One tmpfs with a bound on bytes and inodes holds them all. It is mounted at "work" first, its
 * folders are cloned as detached mounts, and each is attached where it belongs once the first mount
 * is gone: no name of the root is needed for the building, so that this works in a root that is
 * read-only already (a zygote's) as well as in one that is still being made.
 *
 * A spare makes the places before its job is known, with next to no room in them; the job's bounds
 * come with the job. /input is read-only by its mount from the beginning: what goes into it is written
 * through a descriptor of the first mount, which pid 1 alone holds.
 */
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
#include "worker/sandbox/jail/root_build.h"
#include "worker/sandbox/store/tree.h"

static const struct {
    const char *source, *target;
    mode_t mode;
    uint64_t attributes;
} folders[] = {
    { "work/work", "work", 0700, 0 },
    { "work/tmp", "tmp", 0700, MOUNT_ATTR_NOEXEC },
    { "work/shm", "dev/shm", 0700, MOUNT_ATTR_NOEXEC },
    { "work/result", "result", 0700, MOUNT_ATTR_NOEXEC },
    { "work/input", "input", 0755, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY },
};
enum { FOLDER_COUNT = sizeof folders / sizeof *folders };

/* Bytes that are put there before the script starts are not its own use. */
static uint64_t bytes_given(const struct root_build *b)
{
    const struct jail_spec *s = b->spec;
    struct stat st;
    uint64_t bytes = (s->script ? s->script->bytes : 0) + (s->helper ? s->helper->bytes : 0);

    if (s->input_fd >= 0 && fstat(s->input_fd, &st) == 0)
        bytes += (uint64_t)st.st_size;
    for (int i = 0; i < s->file_count; i++) {
        if (b->file_mounts[i] < 0 && fstat(s->files[i].fd, &st) == 0)
            bytes += (uint64_t)st.st_size * (s->files[i].as ? 2 : 1);
    }
    return bytes;
}

enum { BOUNDS_BYTES = 128 };

static const char places_bounds[] = "mode=0755,size=64k,nr_inodes=16";

static void bounds_text(const struct root_build *b, char options[BOUNDS_BYTES])
{
    const struct sandbox_limits *l = &b->spec->limits;
    uint64_t bytes = (l->disk_mb << 20) + b->spec->package_bytes + bytes_given(b) + 65536;
    uint64_t inodes = l->inodes + b->spec->package_files + 2 * (uint64_t)b->spec->file_count + 16;

    snprintf(options, BOUNDS_BYTES, "mode=0755,size=%llu,nr_inodes=%llu",
             (unsigned long long)bytes, (unsigned long long)inodes);
}

static bool tmpfs_mount(struct root_build *b, const char *options)
{
    return root_step(b, "mount work",
                     root_make_dirs("work") &&
                         mount("work", "work", "tmpfs", MS_NOSUID | MS_NODEV, options) == 0);
}

static bool input_make(struct root_build *b)
{
    const struct embedded *script = b->spec->script, *helper = b->spec->helper;
    int dir = b->tree->input;
    char name[64];
    uint8_t digest[TREE_DIGEST_BYTES];
    uint64_t bytes;

    if (script && !root_step(b, "script",
                             root_make_file(dir, "script.py", script->text, script->bytes)))
        return false;
    snprintf(name, sizeof name, "%s.py", helper ? helper->name : "");
    if (helper && !root_step(b, "helper", root_make_file(dir, name, helper->text, helper->bytes)))
        return false;
    int fd = openat(dir, "input.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    bool ok =
        fd >= 0 && (b->spec->input_fd < 0 || tree_hash_file(b->spec->input_fd, fd, digest, &bytes));
    if (fd >= 0)
        close(fd);
    close(dir);
    b->tree->input = -1;
    return root_step(b, "input.json", ok);
}

/* Their owners change last (see folders_give): root has no right to override another's 0700 here. */
static bool folders_attach(struct root_build *b)
{
    int fds[FOLDER_COUNT];

    for (int i = 0; i < FOLDER_COUNT; i++) {
        if (!root_step(b, "make work", mkdir(folders[i].source, folders[i].mode) == 0))
            return false;
    }
    b->tree->input = open("work/input", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!root_step(b, "open input", b->tree->input >= 0))
        return false;
    for (int i = 0; i < FOLDER_COUNT; i++) {
        fds[i] = root_tree_clone(folders[i].source,
                                 folders[i].attributes | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
        if (!root_step(b, "clone work", fds[i] >= 0))
            return false;
    }
    if (!root_step(b, "detach work", umount2("work", MNT_DETACH) == 0))
        return false;
    for (int i = 0; i < FOLDER_COUNT; i++) {
        if (!root_step(b, "attach work",
                       root_make_dirs(folders[i].target) && root_attach(fds[i], folders[i].target)))
            return false;
    }
    return true;
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

static bool file_show(struct root_build *b, int index, const char *path)
{
    int fd = b->spec->files[index].fd;

    if (b->file_mounts[index] < 0)
        return root_step(b, "copy input", file_copy(fd, path));
    /* A second mount of the same tree, so that the first name does not use it up. */
    int tree = (int)syscall(SYS_open_tree, b->file_mounts[index], "",
                            AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0)
        tree = fcntl(b->file_mounts[index], F_DUPFD_CLOEXEC, 3);
    return root_step(b, "mount input", root_make_file(AT_FDCWD, path, "", 0) && root_attach(tree, path));
}

/* The digest is of the very file that is mounted or copied next. */
static bool file_verify(struct root_build *b, const struct jail_file *file, bool copied)
{
    uint8_t digest[TREE_DIGEST_BYTES];
    uint64_t bytes;
    struct stat st;

    errno = EINVAL;
    return root_step(b, "input is not a file",
                     fstat(file->fd, &st) == 0 && S_ISREG(st.st_mode)) &&
           root_step(b, "input too large to copy", !copied || st.st_size <= JAIL_COPY_BYTES_MAX) &&
           root_step(b, "input digest",
                     tree_hash_file(file->fd, -1, digest, &bytes) &&
                         memcmp(digest, file->sha256, sizeof digest) == 0);
}

static bool files_show(struct root_build *b)
{
    char path[600];

    if (b->spec->file_count == 0)
        return true;
    if (!root_step(b, "in", mkdir("work/in", 0755) == 0))
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

static bool folders_give(struct root_build *b)
{
    static const char *const given[] = { "work/in", "work", "tmp", "dev/shm", "result" };

    for (int i = b->spec->file_count > 0 ? 0 : 1; i < 5; i++) {
        if (!root_step(b, "give work", chown(given[i], b->uid, b->uid) == 0))
            return false;
    }
    return true;
}

/* They are no one's yet, and hold nothing. */
bool work_tree_places(struct root_build *b)
{
    return tmpfs_mount(b, places_bounds) && folders_attach(b);
}

bool work_tree_fill(struct root_build *b)
{
    char options[BOUNDS_BYTES];

    bounds_text(b, options);
    return root_step(b, "bounds of work",
                     mount(NULL, "work", NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV, options) == 0) &&
           input_make(b) && files_show(b) && folders_give(b);
}

bool work_tree_build(struct root_build *b)
{
    char options[BOUNDS_BYTES];

    bounds_text(b, options);
    return tmpfs_mount(b, options) && folders_attach(b) && input_make(b) && files_show(b) &&
           folders_give(b);
}
