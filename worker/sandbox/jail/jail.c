/* jail.c - the half of the start that happens in sandboxd.
 *
 * Raw clone3, because libc has no wrapper and vfork-like tricks would share memory with a process
 * that is about to lose its rights. sandboxd has one thread, so the child may use all of libc.
 * libc's cached thread id is the parent's in the child; nothing there takes a lock that would look
 * at it.
 */
#include "worker/sandbox/jail/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool fault(struct gov_err *err, const char *stage)
{
    return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "%s: %s", stage, strerror(errno));
}

bool jail_proc_write(pid_t pid, const char *file, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* One uid and one gid inside. */
static bool map_ids(pid_t pid, uid_t uid)
{
    char text[64];

    snprintf(text, sizeof text, "%d %u 1", JAIL_UID, uid);
    if (!jail_proc_write(pid, "uid_map", text))
        return false;
    jail_proc_write(pid, "setgroups", "deny");
    snprintf(text, sizeof text, "%d %u 1", JAIL_UID, geteuid() == 0 ? uid : getegid());
    return jail_proc_write(pid, "gid_map", text);
}

/* The same file by the name it has in our own mount namespace, as a path descriptor; -1 if it has
 * none there. The kernel says the name and the inode is compared: the worker has no say in it. */
static int found_here(int fd, const struct stat *st)
{
    char link[32], path[4096];
    struct stat own;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0 || path[0] != '/')
        return -1;
    path[n] = 0;
    int here = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (here >= 0 &&
        (fstat(here, &own) < 0 || own.st_dev != st->st_dev || own.st_ino != st->st_ino)) {
        close(here);
        return -1;
    }
    return here;
}

static int clone_mount(int fd)
{
    return (int)syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/* A detached, read-only mount of the very file behind `fd`. -1 where that cannot be (a memfd, a
 * deleted file, one we have no name for, a plain user, a file not everybody may read): then it is
 * copied. Only mounts of our own namespace can be cloned, and a worker under systemd has one of its
 * own: hence the second try. */
int jail_mount_of(int fd)
{
    struct mount_attr attr = {
        .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
    };
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & S_IROTH) || st.st_nlink == 0)
        return -1;
    int tree = clone_mount(fd);
    int here = tree < 0 ? found_here(fd, &st) : -1;
    if (here >= 0) {
        tree = clone_mount(here);
        close(here);
    }
    if (tree >= 0 && syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0) {
        close(tree);
        return -1;
    }
    return tree;
}

pid_t jail_clone(bool user_namespace, int cgroup, int *pidfd)
{
    struct clone_args args = {
        .flags = CLONE_PIDFD | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
                 CLONE_NEWUTS | (user_namespace ? CLONE_NEWUSER : 0) |
                 (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
        .cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
    };

    return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

/* What the child must have before it may go on. */
static bool child_prepare(const struct jail_spec *spec, const struct jail *jail, struct gov_err *err)
{
    if (spec->user_namespace && !map_ids(jail->pid, spec->uid))
        return fault(err, "uid map");
    return write(jail->lifeline, "g", 1) == 1 || fault(err, "go");
}

bool jail_start(const struct jail_spec *spec, struct jail *jail, struct gov_err *err)
{
    int channel[2] = { -1, -1 }, life[2] = { -1, -1 }, mounts[SANDBOX_FILES_MAX];
    bool ok;

    *jail = (struct jail){ .pid = -1, .pidfd = -1, .channel = -1, .lifeline = -1 };
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
        return fault(err, "channel");
    if (pipe2(life, O_CLOEXEC) < 0) {
        close(channel[0]);
        close(channel[1]);
        return fault(err, "lifeline");
    }
    for (int i = 0; i < spec->file_count; i++)
        mounts[i] = spec->user_namespace ? -1 : jail_mount_of(spec->files[i].fd);
    int cgroup = cgroup_open(spec->cgroup);
    jail->pid = jail_clone(spec->user_namespace, cgroup, &jail->pidfd);
    if (jail->pid == 0)
        jail_inside(&(struct jail_inside){ spec, channel[1], life[0], mounts, cgroup >= 0 });
    jail->channel = channel[0];
    jail->lifeline = life[1];
    ok = jail->pid > 0 ? child_prepare(spec, jail, err) : fault(err, "clone3");
    close(channel[1]);
    close(life[0]);
    if (cgroup >= 0)
        close(cgroup);
    for (int i = 0; i < spec->file_count; i++) {
        if (mounts[i] >= 0)
            close(mounts[i]);
    }
    if (ok)
        return true;
    if (jail->pid > 0) {
        jail_kill(jail);
        waitpid(jail->pid, NULL, 0);
    }
    jail_release(jail);
    return false;
}

void jail_kill(const struct jail *jail)
{
    if (jail->pidfd >= 0)
        syscall(SYS_pidfd_send_signal, jail->pidfd, SIGKILL, NULL, 0);
}

void jail_release(struct jail *jail)
{
    const int all[] = { jail->pidfd, jail->channel, jail->lifeline };

    for (int i = 0; i < 3; i++) {
        if (all[i] >= 0)
            close(all[i]);
    }
    *jail = (struct jail){ .pid = -1, .pidfd = -1, .channel = -1, .lifeline = -1 };
}
