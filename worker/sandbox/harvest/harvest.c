/* harvest.c - the walk, and the rules by which a file is taken or refused.
 *
 * The job is dead, so that nothing changes under the walk; still every name is resolved by openat2
 * from the folder it was read from, because the rules must not depend on that.
 */
#include "worker/sandbox/harvest/harvest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/text.h"
#include "worker/sandbox/harvest/glob.h"
#include "worker/sandbox/wire.h"

enum { SPARSE_SLACK_BYTES = 1 << 20 };

struct walk {
    const struct harvest *h;
    uint64_t bytes;
    uint64_t entries;
    uint32_t taken, refused;
    bool gone; /* the receiver has closed */
};

static int open_beneath(int dir, const char *name, uint64_t flags)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
    };

    return (int)syscall(SYS_openat2, dir, name, &how, sizeof how);
}

static void put(struct walk *w, const void *message, size_t bytes, int fd)
{
    struct pollfd p = { .fd = w->h->out, .events = POLLOUT };
    int sent;

    while (!w->gone && (sent = wire_send(w->h->out, message, bytes, &fd, fd >= 0 ? 1 : 0)) != 1) {
        if (sent < 0 || poll(&p, 1, -1) < 0)
            w->gone = true;
    }
}

/* Bytes a terminal or a log cannot show become '?'. */
static void printable(const char *path, char out[SANDBOX_NAME_BYTES])
{
    size_t n = 0, left = strlen(path);

    while (left > 0 && n < SANDBOX_NAME_BYTES - 5) {
        uint32_t c;
        size_t length = text_utf8_decode(path, left, &c);
        if (length == 0 || text_code_point_hidden(c)) {
            out[n++] = '?';
            length = length ? length : 1;
        } else {
            memcpy(out + n, path, length);
            n += length;
        }
        path += length;
        left -= length;
    }
    out[n] = 0;
}

static void refuse(struct walk *w, const char *path, const char *reason)
{
    struct wire_file_refused m = { .header = { WIRE_MAGIC, WIRE_FILE_REFUSED, w->h->job } };

    if (w->refused++ >= HARVEST_REFUSALS_MAX)
        return;
    printable(path, m.name);
    snprintf(m.reason, sizeof m.reason, "%s", reason);
    put(w, &m, sizeof m, -1);
}

/* The package's file of that path has the same bytes. */
static bool unchanged(const struct walk *w, const char *path, int fd, const struct stat *st)
{
    char a[16384], b[16384];
    struct stat own;
    off_t at = 0;
    int package = w->h->package < 0 ? -1 : open_beneath(w->h->package, path, O_RDONLY);
    bool same = package >= 0 && fstat(package, &own) == 0 && own.st_size == st->st_size;

    while (same && at < st->st_size) {
        ssize_t n = pread(fd, a, sizeof a, at), m = pread(package, b, sizeof b, at);
        same = n > 0 && n == m && memcmp(a, b, (size_t)n) == 0;
        at += n > 0 ? n : 0;
    }
    if (package >= 0)
        close(package);
    return same;
}

static bool collected(const struct walk *w, const char *path)
{
    static const char *const standard[] = { "out/**", "*", NULL };
    const char *const *globs = w->h->collect && *w->h->collect ? w->h->collect : standard;

    for (; *globs; globs++) {
        if (glob_match(*globs, path))
            return true;
    }
    return false;
}

static const char *kind_fault(const struct stat *st)
{
    if (S_ISLNK(st->st_mode))
        return "symlink";
    if (!S_ISREG(st->st_mode))
        return "not_regular";
    return st->st_nlink != 1 ? "hard_link" : NULL;
}

static const char *bound_fault(const struct walk *w, const struct stat *st, const char *name,
                               bool is_result)
{
    if (is_result)
        return st->st_size > SANDBOX_RESULT_BYTES_MAX ? "too_large" : NULL;
    if (!text_file_name_valid(name, NULL))
        return "name";
    if (w->taken >= w->h->count_max)
        return "too_many";
    if ((uint64_t)st->st_size > w->h->bytes_max - w->bytes)
        return "too_large";
    return st->st_blocks * 512 + SPARSE_SLACK_BYTES < st->st_size ? "sparse" : NULL;
}

static void take(struct walk *w, int dir, const char *name, const char *path, bool is_result)
{
    struct wire_file m = { .header = { WIRE_MAGIC, WIRE_FILE, w->h->job }, .is_result = is_result };
    struct stat st;
    const char *fault;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    fault = kind_fault(&st);
    int fd = fault ? -1 : open_beneath(dir, name, O_RDONLY);
    if (!fault && (fd < 0 || fstat(fd, &st) < 0))
        fault = "unreadable";
    /* What was opened counts, not what the name meant a moment before. */
    if (!fault)
        fault = kind_fault(&st);
    if (!fault && !is_result && unchanged(w, path, fd, &st)) {
        close(fd);
        return;
    }
    if (!fault)
        fault = bound_fault(w, &st, name, is_result);
    if (fault) {
        refuse(w, path, fault);
    } else {
        m.size = (uint64_t)st.st_size;
        snprintf(m.name, sizeof m.name, "%s", path);
        put(w, &m, sizeof m, fd);
        w->taken += !is_result;
        w->bytes += is_result ? 0 : m.size;
    }
    if (fd >= 0)
        close(fd);
}

static bool is_input(const struct walk *w, const char *path)
{
    for (const char *const *name = w->h->inputs; name && *name; name++) {
        if (strcmp(*name, path) == 0)
            return true;
    }
    return strcmp(path, "in") == 0 || strcmp(path, "__pycache__") == 0;
}

static void walk_dir(struct walk *w, int dir, const char *prefix, int depth);

static void walk_entry(struct walk *w, int dir, const char *prefix, const char *name, int depth)
{
    char path[SANDBOX_NAME_BYTES];
    struct stat st;

    if (name[0] == '.')
        return; /* hidden: caches and the like, as a shell's star does not mean them */
    if (snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "/" : "", name) >=
        SANDBOX_NAME_BYTES) {
        refuse(w, prefix, "too_deep");
        return;
    }
    if (is_input(w, path) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    if (!S_ISDIR(st.st_mode)) {
        if (collected(w, path))
            take(w, dir, name, path, false);
        return;
    }
    int child = open_beneath(dir, name, O_RDONLY | O_DIRECTORY);
    if (child < 0) {
        refuse(w, path, "unreadable");
        return;
    }
    if (depth >= HARVEST_DEPTH_MAX)
        refuse(w, path, "too_deep");
    else if (text_file_name_valid(name, NULL))
        walk_dir(w, child, path, depth + 1);
    else
        refuse(w, path, "name");
    close(child);
}

static void walk_dir(struct walk *w, int dir, const char *prefix, int depth)
{
    int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = own >= 0 ? fdopendir(own) : NULL;
    struct dirent *e;

    if (!d && own >= 0)
        close(own);
    while (d && !w->gone && w->entries <= HARVEST_ENTRIES_MAX && (e = readdir(d)))
        if (w->entries++ < HARVEST_ENTRIES_MAX)
            walk_entry(w, dir, prefix, e->d_name, depth);
        else
            refuse(w, prefix, "too_many"); /* once: nothing is looked at after it */
    if (d)
        closedir(d);
}

bool harvest_run(const struct harvest *h)
{
    struct walk w = { .h = h };
    struct wire_harvested m = { .header = { WIRE_MAGIC, WIRE_HARVESTED, h->job } };

    take(&w, h->result, "result.json", "result.json", true);
    walk_dir(&w, h->work, "", 0);
    m.taken = w.taken;
    m.refused = w.refused;
    put(&w, &m, sizeof m, -1);
    return !w.gone;
}
