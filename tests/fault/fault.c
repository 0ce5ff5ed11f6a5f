/* fault.c - fails the n-th call of a kind, in a program that knows nothing of it (LD_PRELOAD).
 *
 *     EXECGOV_FAULT=FILE   shared with whoever arms it: struct control below
 *
 * Counted are calls made by the program itself (and libuv's of files, which work for it): what a
 * library does inside is that library's business, and comes out as one of the failures below. The
 * real function is not called when its turn has come: nothing has happened, and the caller is told.
 * Each shot is fired once.
 */
#undef _FILE_OFFSET_BITS /* both names of each call are replaced, open and open64 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { KIND_NONE, KIND_MEMORY, KIND_FILE, KIND_POSTGRES, KIND_REDIS, KIND_COUNT };

struct control {
    _Atomic uint32_t armed; /* a kind */
    uint32_t unused;
    _Atomic int64_t left;
    _Atomic uint64_t fired;
    _Atomic uint64_t calls[KIND_COUNT];
    char what[64]; /* of the last that was fired */
};

static struct control *control;
static struct {
    uintptr_t from, to;
    bool files_only;
} callers[2];

static int object_look(struct dl_phdr_info *info, size_t size, void *user)
{
    bool uv = strstr(info->dlpi_name, "libuv.so") != NULL;

    (void)size, (void)user;
    if (info->dlpi_name[0] && !uv)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        callers[uv].from = info->dlpi_addr + p->p_vaddr;
        callers[uv].to = callers[uv].from + p->p_memsz;
    }
    callers[uv].files_only = uv;
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("EXECGOV_FAULT");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *shared = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (fd >= 0)
        close(fd);
    dl_iterate_phdr(object_look, NULL);
    if (shared != MAP_FAILED)
        control = shared;
}

static bool shot(enum kind kind, const char *what, const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    bool ours = false;

    if (!control)
        return false;
    for (int i = 0; i < 2; i++)
        ours |= at >= callers[i].from && at < callers[i].to && (kind == KIND_FILE || !callers[i].files_only);
    if (!ours)
        return false;
    atomic_fetch_add(&control->calls[kind], 1);
    if (atomic_load(&control->armed) != (uint32_t)kind || atomic_fetch_sub(&control->left, 1) != 1)
        return false;
    snprintf(control->what, sizeof control->what, "%s from %#lx", what, (unsigned long)(at - callers[0].from));
    atomic_fetch_add(&control->fired, 1);
    return true;
}

#define SHOT(kind, what) shot(kind, what, __builtin_return_address(0))

/* The next definition of `name`: the real one, or the sanitizer's. */
#define REAL(name)                                                                                 \
    static __typeof__(&name) real;                                                                 \
    if (!real)                                                                                     \
        real = (__typeof__(real))(uintptr_t)dlsym(RTLD_NEXT, #name)

/* --- memory --- */

void *malloc(size_t bytes)
{
    REAL(malloc);
    return SHOT(KIND_MEMORY, "malloc") ? (errno = ENOMEM, NULL) : real(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    REAL(calloc);
    return SHOT(KIND_MEMORY, "calloc") ? (errno = ENOMEM, NULL) : real(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
    REAL(realloc);
    return SHOT(KIND_MEMORY, "realloc") ? (errno = ENOMEM, NULL) : real(old, bytes);
}

/* --- files: regular ones, and not what a log is written to --- */

static bool is_file(int fd)
{
    struct stat st;

    return fd > STDERR_FILENO && control && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_elsewhere(const char *path)
{
    return strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0;
}

#define FAIL(error) (errno = (error), -1)

#define OPEN(name, ...)                                                                    \
    {                                                                                              \
        va_list rest;                                                                              \
        REAL(name);                                                                                \
        va_start(rest, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                     \
        va_end(rest);                                                                              \
        return !is_elsewhere(path) && SHOT(KIND_FILE, #name) ? FAIL(EMFILE) : real(__VA_ARGS__, mode); \
    }

int open(const char *path, int flags, ...) OPEN(open, path, flags)
int open64(const char *path, int flags, ...) OPEN(open64, path, flags)
int openat(int dir, const char *path, int flags, ...) OPEN(openat, dir, path, flags)
int openat64(int dir, const char *path, int flags, ...) OPEN(openat64, dir, path, flags)

#define ON_FILE(type, name, error, parameters, ...)                                                \
    type name parameters                                                                           \
    {                                                                                              \
        REAL(name);                                                                                \
        return is_file(fd) && SHOT(KIND_FILE, #name) ? FAIL(error) : real(__VA_ARGS__);             \
    }

ON_FILE(ssize_t, read, EIO, (int fd, void *to, size_t n), fd, to, n)
ON_FILE(ssize_t, write, ENOSPC, (int fd, const void *from, size_t n), fd, from, n)
ON_FILE(ssize_t, pread, EIO, (int fd, void *to, size_t n, off_t at), fd, to, n, at)
ON_FILE(ssize_t, pread64, EIO, (int fd, void *to, size_t n, off64_t at), fd, to, n, at)
ON_FILE(ssize_t, pwrite, ENOSPC, (int fd, const void *from, size_t n, off_t at), fd, from, n, at)
ON_FILE(ssize_t, pwrite64, ENOSPC, (int fd, const void *from, size_t n, off64_t at), fd, from, n, at)
ON_FILE(int, fsync, EIO, (int fd), fd)
ON_FILE(int, fdatasync, EIO, (int fd), fd)
ON_FILE(int, ftruncate, EIO, (int fd, off_t n), fd, n)

#define ON_NAME(name, parameters, ...)                                                             \
    int name parameters                                                                            \
    {                                                                                              \
        REAL(name);                                                                                \
        return SHOT(KIND_FILE, #name) ? FAIL(ENOSPC) : real(__VA_ARGS__);                           \
    }

ON_NAME(mkdir, (const char *path, mode_t mode), path, mode)
ON_NAME(mkdirat, (int dir, const char *path, mode_t mode), dir, path, mode)
ON_NAME(renameat, (int from, const char *a, int to, const char *b), from, a, to, b)
ON_NAME(linkat, (int from, const char *a, int to, const char *b, int flags), from, a, to, b, flags)
ON_NAME(unlinkat, (int dir, const char *path, int flags), dir, path, flags)
ON_NAME(memfd_create, (const char *name, unsigned flags), name, flags)

/* --- libpq --- */

#define ON_POSTGRES(type, name, failure, parameters, ...)                                          \
    type name parameters                                                                           \
    {                                                                                              \
        REAL(name);                                                                                \
        return SHOT(KIND_POSTGRES, #name) ? (failure) : real(__VA_ARGS__);                          \
    }

ON_POSTGRES(PGconn *, PQconnectStartParams, NULL,
            (const char *const *keys, const char *const *values, int expand), keys, values, expand)
ON_POSTGRES(PostgresPollingStatusType, PQconnectPoll, PGRES_POLLING_FAILED, (PGconn *c), c)
ON_POSTGRES(int, PQenterPipelineMode, 0, (PGconn *c), c)
ON_POSTGRES(int, PQpipelineSync, 0, (PGconn *c), c)
ON_POSTGRES(int, PQflush, -1, (PGconn *c), c)
ON_POSTGRES(int, PQconsumeInput, 0, (PGconn *c), c)
ON_POSTGRES(int, PQsendPrepare, 0, (PGconn *c, const char *name, const char *query, int count, const Oid *types),
            c, name, query, count, types)
ON_POSTGRES(int, PQsendQueryPrepared, 0,
            (PGconn *c, const char *name, int count, const char *const *values, const int *lengths,
             const int *formats, int format),
            c, name, count, values, lengths, formats, format)
ON_POSTGRES(int, PQsendQueryParams, 0,
            (PGconn *c, const char *query, int count, const Oid *types, const char *const *values,
             const int *lengths, const int *formats, int format),
            c, query, count, types, values, lengths, formats, format)

/* --- hiredis --- */

#define ON_REDIS(type, name, failure, parameters, ...)                                             \
    type name parameters                                                                           \
    {                                                                                              \
        REAL(name);                                                                                \
        return SHOT(KIND_REDIS, #name) ? (failure) : real(__VA_ARGS__);                             \
    }

ON_REDIS(redisAsyncContext *, redisAsyncConnect, NULL, (const char *host, int port), host, port)
ON_REDIS(redisAsyncContext *, redisAsyncConnectUnix, NULL, (const char *path), path)
ON_REDIS(int, redisAsyncCommandArgv, REDIS_ERR,
         (redisAsyncContext *c, redisCallbackFn *done, void *user, int count, const char **words,
          const size_t *lengths),
         c, done, user, count, words, lengths)

int redisAsyncCommand(redisAsyncContext *c, redisCallbackFn *done, void *user, const char *format, ...)
{
    va_list rest;

    if (SHOT(KIND_REDIS, "redisAsyncCommand"))
        return REDIS_ERR;
    va_start(rest, format);
    int result = redisvAsyncCommand(c, done, user, format, rest);
    va_end(rest);
    return result;
}
