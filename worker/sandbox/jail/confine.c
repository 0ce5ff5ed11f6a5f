/* confine.c - thin layers over the kernel's calls, some of which libc 2.36 does not wrap. */
#include "worker/sandbox/jail/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of the oldest system we build on. */
#define FS_TRUNCATE    (1ULL << 14) /* version 3 */
#define FS_IOCTL_DEV   (1ULL << 15) /* version 5 */
#define NET_TCP        3ULL         /* version 4: bind and connect */
#define SCOPE_ABSTRACT (1ULL << 0)  /* version 6 */
#define SCOPE_SIGNAL   (1ULL << 1)

static bool capabilities_set(uint64_t permitted, uint64_t inheritable)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { 0 };

    for (int i = 0; i < 2; i++) {
        data[i].effective = data[i].permitted = (uint32_t)(permitted >> (32 * i));
        data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
    }
    return syscall(SYS_capset, &header, data) == 0;
}

bool confine_has_capability(int capability)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { 0 };

    return syscall(SYS_capget, &header, data) == 0 &&
           (data[capability / 32].effective >> (capability % 32) & 1);
}

bool confine_capabilities(uint64_t keep)
{
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int i = 0; i < 64; i++) {
        if (!(keep >> i & 1) && prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1 &&
            prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
            return false;
    }
    return capabilities_set(keep, 0);
}

bool confine_ambient(uint64_t keep)
{
    if (!confine_capabilities(keep) || !capabilities_set(keep, keep))
        return false;
    for (int i = 0; i < 64; i++) {
        if (keep >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
            return false;
    }
    return true;
}

bool confine_identity(uid_t uid, gid_t gid, bool switch_groups)
{
    if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
                                     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                     SECBIT_NO_CAP_AMBIENT_RAISE |
                                     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED) < 0)
        return false;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int i = 0; i < 64; i++) {
        if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1 && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
            return false;
    }
    if ((switch_groups && setgroups(0, NULL) < 0) || setresgid(gid, gid, gid) < 0 ||
        setresuid(uid, uid, uid) < 0)
        return false;
    return capabilities_set(0, 0) && getuid() == uid && geteuid() == uid && getgid() == gid;
}

bool confine_process(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
           prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

static bool limit_set(int what, uint64_t soft, uint64_t hard)
{
    struct rlimit now, wanted = { soft, hard };

    if (getrlimit(what, &now) < 0)
        return false;
    if (wanted.rlim_max > now.rlim_max)
        wanted.rlim_max = now.rlim_max;
    if (wanted.rlim_cur > wanted.rlim_max)
        wanted.rlim_cur = wanted.rlim_max;
    return setrlimit(what, &wanted) == 0;
}

bool confine_rlimits(const struct sandbox_limits *l, bool alone)
{
    /* One file may be as large as the disk, and a little more: the disk's bound is the one that
     * counts. */
    uint64_t space = l->memory_mb << 20, file = (l->disk_mb + 1) << 20;
    /* With a cgroup its bound has to be met first, because only that one is counted; the rlimit is
     * there in case. One uid a slot: this counts the job's processes alone. */
    uint64_t processes = alone ? l->processes + 1 : l->processes + 16;

    /* Core size 1, not 0: a pipe in core_pattern ignores 0 and would hand a hostile process to a
     * handler of the host's; 1 is what the kernel takes for "no handler either". */
    return limit_set(RLIMIT_CORE, 1, 1) && limit_set(RLIMIT_FSIZE, file, file) &&
           limit_set(RLIMIT_NOFILE, 1024, 4096) && limit_set(RLIMIT_MEMLOCK, 1 << 20, 1 << 20) &&
           limit_set(RLIMIT_NPROC, processes, processes) &&
           limit_set(RLIMIT_CPU, l->cpu_s + 1, l->cpu_s + 2) && limit_set(RLIMIT_MSGQUEUE, 0, 0) &&
           limit_set(RLIMIT_SIGPENDING, 256, 256) && limit_set(RLIMIT_STACK, 8 << 20, 64 << 20) &&
           (!alone || limit_set(RLIMIT_AS, 4 * space + (1ull << 30), 4 * space + (1ull << 30)));
}

bool confine_zygote_rlimits(void)
{
    return limit_set(RLIMIT_CORE, 1, 1) && limit_set(RLIMIT_NOFILE, 1024, 4096) &&
           limit_set(RLIMIT_STACK, 8 << 20, 64 << 20);
}

struct ruleset_attr {
    uint64_t fs, net, scoped; /* the kernel takes as many as its version has */
};

int confine_landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return version > 0 ? (int)version : 0;
}

static bool allow_below(int ruleset, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {
        .allowed_access = access,
        .parent_fd = open(path, O_PATH | O_CLOEXEC),
    };
    bool ok = rule.parent_fd >= 0 &&
              syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;

    if (rule.parent_fd >= 0)
        close(rule.parent_fd);
    return ok;
}

bool confine_landlock(const char *const *writable)
{
    const uint64_t look =
        LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    int version = confine_landlock_version();
    uint64_t fs = (1ULL << 13) - 1; /* everything version 1 knows */

    if (version == 0)
        return true;
    if (version >= 2)
        fs |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        fs |= FS_TRUNCATE;
    if (version >= 5)
        fs |= FS_IOCTL_DEV;
    struct ruleset_attr attr = { fs, NET_TCP, SCOPE_ABSTRACT | SCOPE_SIGNAL };
    size_t size = version >= 6 ? sizeof attr : version >= 4 ? 2 * sizeof(uint64_t) : sizeof attr.fs;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
    if (ruleset < 0)
        return false;
    bool ok = allow_below(ruleset, "/", look) &&
              allow_below(ruleset, "/dev",
                          look | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE * (version >= 3));
    uint64_t write =
        fs & ~(LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | FS_IOCTL_DEV);
    for (; ok && *writable; writable++)
        ok = allow_below(ruleset, *writable, write);
    ok = ok && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return ok;
}
