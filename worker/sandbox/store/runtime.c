/* runtime.c - the copying of what belongs to a runtime (core/model/skill/runtime.h says what).
 *
 * Mounting each module's folder from dist-packages was tried on paper: fourteen mounts a job
 * instead of one, and no digest that stays true. Copying is 8 MB once for base.
 */
#include "worker/sandbox/store/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/model/skill/runtime.h"
#include "sandbox_scripts.h"

#if defined(__x86_64__)
#define TRIPLET     "x86_64-linux-gnu"
#define LOADER      "usr/lib64/ld-linux-x86-64.so.2"
#define LOADER_FILE "/usr/lib/" TRIPLET "/ld-linux-x86-64.so.2"
#elif defined(__aarch64__)
#define TRIPLET     "aarch64-linux-gnu"
#define LOADER      "usr/lib/ld-linux-aarch64.so.1"
#define LOADER_FILE "/usr/lib/" TRIPLET "/ld-linux-aarch64.so.1"
#else
#error "name the library folder and the loader of this architecture"
#endif

#define MODULES_DIR "/usr/lib/python3/dist-packages"

static const struct tree_bounds bounds = { 100000, 4ull << 30, 32 };

/* Without these of base it is no base. */
static const int base_needed = 3;

/* What a shell skill finds in /usr/bin besides python3; those that are not installed are left out.
 */
static const char *const shell_tools[] = {
    "dash",     "sh",       "awk",      "mawk",   "grep",     "egrep",     "fgrep",     "sed",
    "find",     "xargs",    "tar",      "gzip",   "gunzip",   "zcat",      "zgrep",     "cat",
    "cp",       "mv",       "rm",       "ls",     "ln",       "mkdir",     "rmdir",     "mktemp",
    "touch",    "chmod",    "stat",     "du",     "df",       "head",      "tail",      "cut",
    "paste",    "join",     "sort",     "uniq",   "comm",     "tr",        "wc",        "nl",
    "od",       "split",    "csplit",   "fold",   "fmt",      "expand",    "unexpand",  "tac",
    "rev",      "tee",      "seq",      "shuf",   "yes",      "echo",      "printf",    "env",
    "printenv", "true",     "false",    "test",   "[",        "expr",      "factor",    "basename",
    "dirname",  "readlink", "realpath", "pwd",    "date",     "sleep",     "timeout",   "nproc",
    "id",       "whoami",   "uname",    "md5sum", "sha1sum",  "sha256sum", "sha512sum", "cksum",
    "sum",      "base64",   "base32",   "numfmt", "truncate", "dd",        "sync",      "install",
    "diff",     "cmp",      "column",   "getopt", "iconv",    NULL,
};

static bool fault(struct gov_err *err, const char *what)
{
    return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "runtime: %s: %s", what, strerror(errno));
}

/* Copy one program under the name it is called by, whatever symlinks lead to it
 * (/etc/alternatives). */
static bool tool_copy(const char *name, int target, struct arena *arena,
                      struct tree_listing *listing, struct gov_err *err)
{
    char path[64];
    uint8_t digest[TREE_DIGEST_BYTES];
    uint64_t bytes;

    snprintf(path, sizeof path, "/usr/bin/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true; /* not installed */
    int copy = openat(target, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0555);
    bool ok = copy >= 0 && tree_hash_file(fd, copy, digest, &bytes);
    if (!ok)
        fault(err, path);
    if (copy >= 0)
        close(copy);
    close(fd);
    return ok &&
           tree_file(target, name, -1, arena_format(arena, "bin/%s", name), 0, arena, listing, err);
}

static bool tools_copy(int target, bool shell, struct arena *arena, struct tree_listing *listing,
                       struct gov_err *err)
{
    bool ok = shell || tool_copy("python3", target, arena, listing, err);

    for (const char *const *tool = shell_tools; ok && shell && *tool; tool++)
        ok = tool_copy(*tool, target, arena, listing, err);
    return ok;
}

static int make_dir(int dir, const char *name)
{
    if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
        return -1;
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool modules_copy(const char *const *names, int modules, int target, struct arena *arena,
                         struct tree_listing *listing, struct gov_err *err)
{
    bool ok = true;

    for (; ok && *names; names++) {
        struct stat st;
        if (fstatat(modules, *names, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        unsigned flags = TREE_PLAIN_ONLY | TREE_KEEP_TIMES | TREE_SKIP_CACHE | TREE_SEAL;
        if (S_ISREG(st.st_mode)) {
            ok = tree_file(modules, *names, target, *names, flags, arena, listing, err);
        } else if (S_ISDIR(st.st_mode)) {
            int from = openat(modules, *names, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            int to = make_dir(target, *names);
            ok = from >= 0 && to >= 0 &&
                 tree_walk(from, to, *names, flags, &bounds, arena, listing, err);
            if (from >= 0)
                close(from);
            if (to >= 0)
                close(to);
        }
    }
    return ok;
}

/* What the platform itself adds to every runtime: the module `execgov`, and the line that loads it when an
 * interpreter starts, so that scripts which know nothing of it are carried too. */
static bool own_write(int target, const char *name, const char *text, size_t bytes, struct arena *arena,
                      struct tree_listing *listing, struct gov_err *err)
{
    int fd = openat(target, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    bool ok = fd >= 0 && write(fd, text, bytes) == (ssize_t)bytes;

    if (!ok)
        fault(err, name);
    if (fd >= 0)
        close(fd);
    return ok && tree_file(target, name, -1, name, 0, arena, listing, err);
}

static bool own_modules(int target, struct arena *arena, struct tree_listing *listing, struct gov_err *err)
{
    static const char start[] = "import execgov\n";
    bool ok = own_write(target, "execgov.pth", start, sizeof start - 1, arena, listing, err);

    for (const struct embedded *e = sandbox_scripts; ok && e->name; e++)
        if (strcmp(e->name, "execgov") == 0)
            ok = own_write(target, "execgov.py", e->text, e->bytes, arena, listing, err);
    return ok;
}

/* The standard library is mounted from the system, but counts in the digest. Its dist-packages
 * belongs to other packages of the system and is covered (runtime_mounts). */
static bool stdlib_list(const char *path, struct arena *arena, struct tree_listing *listing,
                        struct gov_err *err)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok;

    if (dir < 0)
        return fault(err, path);
    ok = tree_walk(dir, -1, "stdlib", TREE_PLAIN_ONLY | TREE_SKIP_CACHE | TREE_SKIP_DIST, &bounds,
                   arena, listing, err);
    close(dir);
    return ok;
}

/* "/usr/lib/python3.11" from where /usr/bin/python3 points. */
static bool stdlib_path(char path[64], struct gov_err *err)
{
    char link[32];
    ssize_t n = readlink("/usr/bin/python3", link, sizeof link - 1);

    if (n <= 0)
        return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "/usr/bin/python3 is missing");
    link[n] = 0;
    if (strncmp(link, "python3.", 8) != 0 || strchr(link, '/'))
        return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "/usr/bin/python3 is not the system's");
    snprintf(path, 64, "/usr/lib/%s", link);
    return true;
}

static void mount_add(struct runtime *r, const char *source, const char *target)
{
    struct runtime_mount *m = &r->mounts[r->mount_count++];

    snprintf(m->source, sizeof m->source, "%s", source);
    snprintf(m->target, sizeof m->target, "%s", target);
}

static void runtime_mounts(struct runtime *r, const char *name, const char *cache, const char *hex,
                           const char *stdlib)
{
    char path[RUNTIME_PATH_BYTES], dist[64];

    mount_add(r, "/usr/lib/" TRIPLET, "usr/lib/" TRIPLET);
    mount_add(r, stdlib, stdlib + 1);
    /* Python looks there, too, and Debian's numpy leaves a part of itself in it: half a module,
     * which openpyxl in base takes for a whole one. */
    snprintf(path, sizeof path, "%.300s/runtimes/%s-%.16s/nothing", cache, name, hex);
    snprintf(dist, sizeof dist, "%.48s/dist-packages", stdlib + 1);
    mount_add(r, path, dist);
    r->mounts[r->mount_count - 1].cover = true;
    snprintf(path, sizeof path, "%.300s/runtimes/%s-%.16s/modules", cache, name, hex);
    mount_add(r, path, "usr/lib/python3/dist-packages");
    mount_add(r, "/usr/share/zoneinfo", "usr/share/zoneinfo");
    if (strcmp(name, "data") == 0)
        mount_add(r, "/etc/alternatives", "etc/alternatives"); /* numpy finds its BLAS through it */
    for (int kind = 0; kind < 2; kind++)
        snprintf(r->tools[kind], sizeof r->tools[kind], "%.300s/runtimes/%s-%.16s/%s", cache, name,
                 hex, kind ? "shell" : "python");
}

static bool runtime_fill(int dir, int index, const char *stdlib, struct runtime *r,
                         struct arena *arena, struct gov_err *err)
{
    struct tree_listing listing = { 0 };
    int modules = open(MODULES_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int to_modules = make_dir(dir, "modules"), python = make_dir(dir, "python");
    int shell = make_dir(dir, "shell"), nothing = make_dir(dir, "nothing");
    bool ok = modules >= 0 && to_modules >= 0 && python >= 0 && shell >= 0 && nothing >= 0;

    if (!ok)
        fault(err, "cannot be made");
    for (int i = 0; ok && i < SKILL_RUNTIME_LISTS && skill_runtimes[index].modules[i]; i++)
        ok = modules_copy(skill_runtimes[index].modules[i], modules, to_modules, arena, &listing, err);
    ok = ok && own_modules(to_modules, arena, &listing, err);
    struct tree_listing again = { 0 }; /* the shell's python counts once */
    ok = ok && tools_copy(python, false, arena, &listing, err) &&
         tools_copy(shell, false, arena, &again, err) &&
         tools_copy(shell, true, arena, &listing, err);
    ok = ok && stdlib_list(stdlib, arena, &listing, err);
    if (ok)
        tree_digest(&listing, r->digest);
    const int all[] = { modules, to_modules, python, shell, nothing };
    for (int i = 0; i < 5; i++) {
        if (all[i] >= 0)
            close(all[i]);
    }
    return ok;
}

static bool packages_present(int index)
{
    for (int i = 0; i < SKILL_RUNTIME_LISTS && skill_runtimes[index].modules[i]; i++) {
        for (int k = 0; k < (i == 0 ? base_needed : 1); k++) {
            char path[128];
            snprintf(path, sizeof path, MODULES_DIR "/%s", skill_runtimes[index].modules[i][k]);
            if (access(path, R_OK) < 0)
                return false;
        }
    }
    return true;
}

static bool runtime_make(struct runtime *r, int index, const char *cache, int runtimes,
                         struct gov_err *err)
{
    char stdlib[64], hex[TREE_HEX_BYTES], name[64], fresh[32];
    struct arena arena;

    snprintf(r->name, sizeof r->name, "%s", skill_runtimes[index].name);
    snprintf(r->detail, sizeof r->detail, "%s", skill_runtimes[index].advice);
    if (!packages_present(index) || !stdlib_path(stdlib, err))
        return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "runtime %s: %s", r->name, r->detail);
    snprintf(fresh, sizeof fresh, "new-%s-%d", r->name, getpid());
    tree_remove(runtimes, fresh);
    arena_init(&arena);
    int dir = make_dir(runtimes, fresh);
    bool ok = dir >= 0 ? runtime_fill(dir, index, stdlib, r, &arena, err) : fault(err, fresh);
    if (dir >= 0)
        close(dir);
    arena_release(&arena);
    if (ok) {
        tree_hex(r->digest, hex);
        snprintf(name, sizeof name, "%s-%.16s", r->name, hex);
        /* One that was made before may be in use by nobody now, and may have been cut short by a
         * crash: the fresh one takes its place. */
        tree_remove(runtimes, name);
        ok = renameat(runtimes, fresh, runtimes, name) == 0 || fault(err, name);
    }
    if (!ok) {
        tree_remove(runtimes, fresh);
        return false;
    }
    runtime_mounts(r, skill_runtimes[index].name, cache, hex, stdlib);
    r->present = true;
    r->detail[0] = 0;
    return true;
}

bool runtime_set_init(struct runtime_set *set, const char *cache_path, int cache_dir,
                      struct gov_err *err)
{
    int runtimes = make_dir(cache_dir, "runtimes");

    memset(set, 0, sizeof *set);
    snprintf(set->loader, sizeof set->loader, "%s", LOADER);
    snprintf(set->loader_target, sizeof set->loader_target, "%s", LOADER_FILE);
    snprintf(set->library, sizeof set->library, "usr/lib/" TRIPLET);
    if (runtimes < 0)
        return fault(err, "runtimes");
    set->count = SKILL_RUNTIME_COUNT;
    for (int i = 1; i < set->count; i++) {
        snprintf(set->runtimes[i].name, sizeof set->runtimes[i].name, "%s", skill_runtimes[i].name);
        snprintf(set->runtimes[i].detail, sizeof set->runtimes[i].detail, "%s", skill_runtimes[i].advice);
    }
    bool ok = runtime_make(&set->runtimes[0], 0, cache_path, runtimes, err);
    close(runtimes);
    return ok;
}

bool runtime_addable(const struct runtime_set *set, int index)
{
    return !set->runtimes[index].present && packages_present(index);
}

bool runtime_add(int index, const char *cache_path, int cache_dir, struct runtime *made,
                 struct gov_err *err)
{
    int runtimes = make_dir(cache_dir, "runtimes");

    if (runtimes < 0)
        return fault(err, "runtimes");
    memset(made, 0, sizeof *made);
    bool ok = runtime_make(made, index, cache_path, runtimes, err);
    close(runtimes);
    return ok;
}

bool runtime_adopt(struct runtime_set *set, int index, const char *cache_path,
                   const uint8_t digest[TREE_DIGEST_BYTES], struct gov_err *err)
{
    struct runtime *r = &set->runtimes[index];
    char stdlib[64], hex[TREE_HEX_BYTES];

    if (!stdlib_path(stdlib, err))
        return false;
    memcpy(r->digest, digest, TREE_DIGEST_BYTES);
    tree_hex(digest, hex);
    r->mount_count = 0;
    runtime_mounts(r, skill_runtimes[index].name, cache_path, hex, stdlib);
    r->present = true;
    r->detail[0] = 0;
    return true;
}

const struct runtime *runtime_find(const struct runtime_set *set, const char *name)
{
    for (int i = 0; i < set->count; i++) {
        if (strcmp(set->runtimes[i].name, name) == 0)
            return &set->runtimes[i];
    }
    return NULL;
}
