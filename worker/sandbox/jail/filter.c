/* filter.c - libseccomp writes the program into a memfd, from where it is kept as plain memory.
 *
 * Loading libseccomp's context in the child would allocate and build a tree 40 µs before every exec;
 * this way the child makes one system call.
 */
#include "worker/sandbox/jail/filter.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const allowed[] = {
    /* files */
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
    "pwritev2", "open", "openat", "openat2", "creat", "close", "close_range", "lseek", "dup", "dup2",
    "dup3", "fcntl", "flock", "fsync", "fdatasync", "sync_file_range", "truncate", "ftruncate",
    "fallocate", "fadvise64", "readahead", "sendfile", "copy_file_range",
    "stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "access", "faccessat",
    "faccessat2", "getdents", "getdents64", "getcwd", "chdir", "fchdir", "rename", "renameat",
    "renameat2", "mkdir", "mkdirat", "rmdir", "link", "linkat", "unlink", "unlinkat", "symlink",
    "symlinkat", "readlink", "readlinkat", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown",
    "fchown", "lchown", "fchownat", "umask", "utime", "utimes", "utimensat", "futimesat", "mknod",
    "mknodat", "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr",
    "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "pipe",
    "pipe2", "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch", "sync", "syncfs",
    "memfd_create", "cachestat",
    /* memory */
    "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "msync", "mincore", "mlock", "mlock2",
    "munlock", "mlockall", "munlockall", "membarrier", "pkey_alloc", "pkey_free", "pkey_mprotect",
    "shmget", "shmat", "shmdt", "shmctl", "semget", "semop", "semctl", "semtimedop", "get_mempolicy",
    /* processes, threads, signals */
    "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "kill", "tkill",
    "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend",
    "rt_sigtimedwait", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "sigaltstack", "signalfd", "signalfd4",
    "pause", "restart_syscall", "set_tid_address", "set_robust_list", "get_robust_list", "futex",
    "futex_waitv", "futex_wait", "futex_wake", "futex_requeue", "rseq", "arch_prctl", "prctl", "getpid",
    "getppid", "gettid", "getpgid", "getpgrp", "setpgid", "getsid", "setsid", "getuid", "geteuid",
    "getgid", "getegid", "getgroups", "getresuid", "getresgid", "setuid", "setgid", "setreuid",
    "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "capget", "getpriority",
    "setpriority", "sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getparam",
    "sched_setparam", "sched_getscheduler", "sched_setscheduler", "sched_get_priority_max",
    "sched_get_priority_min", "sched_rr_get_interval", "sched_getattr", "sched_setattr", "getrlimit",
    "setrlimit", "prlimit64", "getrusage", "times", "sysinfo", "uname", "getcpu", "getrandom",
    "ioprio_get", "pidfd_open", "pidfd_send_signal", "rseq_slice_yield",
    /* time */
    "time", "gettimeofday", "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "alarm",
    "getitimer", "setitimer", "timer_create", "timer_settime", "timer_gettime", "timer_getoverrun",
    "timer_delete", "timerfd_create", "timerfd_settime", "timerfd_gettime",
    /* waiting, local sockets */
    "select", "pselect6", "poll", "ppoll", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
    "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "bind", "listen", "accept", "accept4",
    "connect", "shutdown", "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg",
    "getsockname", "getpeername", "setsockopt", "getsockopt",
};

static const char *const refused[] = {
    "unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount",
    "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "ptrace", "process_vm_readv",
    "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd", "bpf", "perf_event_open",
    "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key",
    "request_key", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load",
    "reboot", "swapon", "swapoff", "open_by_handle_at", "name_to_handle_at", "acct", "quotactl",
    "syslog", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname",
    "setdomainname", "iopl", "ioperm", "personality", "setgroups", "capset", "vhangup", "fanotify_init",
    "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp",
    "lookup_dcookie", "nfsservctl", "migrate_pages", "move_pages", "vmsplice", "mbind", "set_mempolicy",
};

static const char *const zygote_only[] = {
    "unshare", "setns", "mount", "umount2", "open_tree", "move_mount", "mount_setattr", "setgroups",
    "capset", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp",
};

static bool listed(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* Names this libseccomp or architecture does not know are left to the default, ENOSYS. */
static int add_names(scmp_filter_ctx ctx, uint32_t action, const char *const *names, size_t count)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        int nr = seccomp_syscall_resolve_name(names[i]);
        if (nr != __NR_SCMP_ERROR && nr >= 0)
            rc = seccomp_rule_add(ctx, action, nr, 0);
    }
    return rc;
}

static int add_conditions(scmp_filter_ctx ctx)
{
    const uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    int rc;

    /* (CLONE_NEWTIME shares its bit with the exit signal here: clone cannot ask for it.)
     * clone3 passes its flags in memory, which a filter cannot read; ENOSYS makes libc use clone. */
    rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                          SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces, 0));
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                              SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1,
                              SCMP_A0(SCMP_CMP_NE, AF_UNIX));
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
                              SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
    /* Commands are 32 bits for the kernel: the upper half of the register must not hide one. */
    static const unsigned ioctls[] = { TCGETS, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, FIOASYNC,
                                       TIOCGWINSZ, TIOCGPGRP };
    for (size_t i = 0; rc == 0 && i < sizeof ioctls / sizeof *ioctls; i++)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                              SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, ioctls[i]));
    return rc;
}

bool filter_read(int fd, struct filter *filter)
{
    off_t bytes = lseek(fd, 0, SEEK_END);

    if (bytes <= 0 || bytes % (off_t)sizeof(struct sock_filter) || bytes > 4096 * 8)
        return false;
    filter->program.filter = malloc((size_t)bytes);
    filter->program.len = (unsigned short)((size_t)bytes / sizeof(struct sock_filter));
    return filter->program.filter &&
           pread(fd, filter->program.filter, (size_t)bytes, 0) == (ssize_t)bytes;
}

/* What is refused by name, but for what a zygote may. */
static int add_refused(scmp_filter_ctx ctx, enum filter_kind kind)
{
    const size_t count = sizeof zygote_only / sizeof *zygote_only;
    int rc = kind == FILTER_ZYGOTE ? add_names(ctx, SCMP_ACT_ALLOW, zygote_only, count) : 0;

    for (size_t i = 0; rc == 0 && i < sizeof refused / sizeof *refused; i++) {
        if (kind == FILTER_JOB || !listed(refused[i], zygote_only, count))
            rc = add_names(ctx, SCMP_ACT_ERRNO(EPERM), &refused[i], 1);
    }
    return rc;
}

bool filter_init(struct filter *filter, enum filter_kind kind, struct gov_err *err)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int rc = ctx ? 0 : -ENOMEM, fd = -1;

    memset(filter, 0, sizeof *filter);
    if (rc == 0)
        rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* binary tree: 7 compares, not 300 */
    if (rc == 0)
        rc = add_names(ctx, SCMP_ACT_ALLOW, allowed, sizeof allowed / sizeof *allowed);
    if (rc == 0)
        rc = add_refused(ctx, kind);
    if (rc == 0)
        rc = add_conditions(ctx);
    if (rc == 0 && (fd = memfd_create("filter", MFD_CLOEXEC)) < 0)
        rc = -errno;
    if (rc == 0)
        rc = seccomp_export_bpf(ctx, fd);
    bool ok = rc == 0 && filter_read(fd, filter);
    if (fd >= 0)
        close(fd);
    if (ctx)
        seccomp_release(ctx);
    if (!ok) {
        filter_release(filter);
        return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "seccomp filter: %s", strerror(-rc));
    }
    return true;
}

void filter_release(struct filter *filter)
{
    free(filter->program.filter);
    memset(filter, 0, sizeof *filter);
}

int filter_write(const struct filter *filter)
{
    size_t bytes = filter->program.len * sizeof(struct sock_filter);
    int fd = memfd_create("filter", MFD_CLOEXEC);

    if (fd >= 0 && write(fd, filter->program.filter, bytes) != (ssize_t)bytes) {
        close(fd);
        fd = -1;
    }
    return fd;
}

bool filter_load(const struct filter *filter)
{
    return filter->program.filter &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter->program) == 0;
}
