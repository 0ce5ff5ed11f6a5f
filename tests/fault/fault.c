/* fault.c - fails the n-th call of a kind, in a program that knows nothing of it (LD_PRELOAD).
 *
 *     EXECGOV_FAULT=FILE   shared with whoever arms it: struct control below
 *
 * Counted are calls made by the program itself (and libuv's of files, which work for it): what a
 * library does inside is that library's business, and comes out as one of the failures below. The
 * real function is not called when its turn has come: nothing has happened, and the caller is told.
 * Each shot is fired once.
 *
 * A place is what is called and from where, with all callers up to the event loop: `arena_alloc` in
 * one step of an op is not `arena_alloc` in another. Its hash is of offsets in the program, so it
 * names the same place after a new start. Calls are counted a place, and a shot can be meant for
 * one place: the n-th call of a kind is somewhere else each time, the n-th of a place is not.
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
enum { FRAMES_MAX = 16, PLACES_MAX = 4096 };

struct place {
    _Atomic uint64_t hash; /* 0: nobody's yet */
    _Atomic uint64_t calls;
};

struct control {
    _Atomic uint32_t armed; /* a kind */
    uint32_t unused;
    _Atomic uint64_t place; /* the hash of the only one that is meant; 0: any */
    _Atomic int64_t left;
    _Atomic uint64_t fired;
    _Atomic uint64_t calls[KIND_COUNT];
    _Atomic uint64_t lost;       /* calls of places that found no room */
    uint64_t frames[FRAMES_MAX]; /* of the last that was fired, innermost first, in the program; 0 ends them */
    char what[64];
    struct place places[KIND_COUNT][PLACES_MAX];
};

struct stack {
    uint64_t frames[FRAMES_MAX];
    uint64_t hash;
};

static struct control *control;
static struct {
    uintptr_t base, from, to;
} callers[2]; /* the program, libuv */

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
        callers[uv].base = info->dlpi_addr;
        callers[uv].from = info->dlpi_addr + p->p_vaddr;
        callers[uv].to = callers[uv].from + p->p_memsz;
    }
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

static bool is_in(int object, uintptr_t at)
{
    return at >= callers[object].from && at < callers[object].to;
}

/* Who called, as far up as the program itself goes: it keeps frame pointers (flags.cmake), libuv does not. */
static void stack_look(struct stack *stack, const char *what, uintptr_t *frame)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    int count = 0;

    for (const char *c = what; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    if (!is_in(0, frame[1]))
        hash = (hash ^ (frame[1] - callers[1].base)) * 1099511628211u;
    while (count < FRAMES_MAX && is_in(0, frame[1])) {
        uintptr_t *next = (uintptr_t *)frame[0];
        stack->frames[count] = frame[1] - callers[0].base;
        hash = (hash ^ stack->frames[count++]) * 1099511628211u;
        if (next <= frame || (uintptr_t)next - (uintptr_t)frame > 1 << 20)
            break;
        frame = next;
    }
    if (count < FRAMES_MAX)
        stack->frames[count] = 0;
    stack->hash = hash ? hash : 1;
}

static void place_count(enum kind kind, uint64_t hash)
{
    for (uint64_t i = 0; i < PLACES_MAX; i++) {
        struct place *place = &control->places[kind][(hash + i) % PLACES_MAX];
        uint64_t found = 0;
        if (atomic_compare_exchange_strong(&place->hash, &found, hash) || found == hash) {
            atomic_fetch_add(&place->calls, 1);
            return;
        }
    }
    atomic_fetch_add(&control->lost, 1);
}

/* `frame` is that of the replaced function: the caller's before it, where it returns to after it. */
static bool shot(enum kind kind, const char *what, uintptr_t *frame)
{
    struct stack stack;

    if (!control || !(is_in(0, frame[1]) || (kind == KIND_FILE && is_in(1, frame[1]))))
        return false;
    stack_look(&stack, what, frame);
    atomic_fetch_add(&control->calls[kind], 1);
    place_count(kind, stack.hash);
    if (atomic_load(&control->armed) != (uint32_t)kind)
        return false;
    uint64_t place = atomic_load(&control->place);
    if ((place && place != stack.hash) || atomic_fetch_sub(&control->left, 1) != 1)
        return false;
    memcpy(control->frames, stack.frames, sizeof stack.frames);
    snprintf(control->what, sizeof control->what, "%s", what);
    atomic_fetch_add(&control->fired, 1);
    return true;
}

#define SHOT(kind, what) shot(kind, what, __builtin_frame_address(0))

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
