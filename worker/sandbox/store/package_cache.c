/* package_cache.c - the folder is its own index; there is nothing to get out of step with it. */
#include "worker/sandbox/store/package_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/text.h"
#include "worker/sandbox/store/tree.h"

enum { PACKAGES_MAX = 100000 };

struct cached {
    char name[TREE_HEX_BYTES];
    uint64_t bytes;
    time_t used;
};

/* Read `<name>/counts`; -1 if there is none, otherwise its descriptor. */
static int counts_read(int packages, const char *name, unsigned long long counts[2])
{
    char path[TREE_HEX_BYTES + 16], text[64] = "";

    snprintf(path, sizeof path, "%.64s/counts", name);
    int fd = openat(packages, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && (read(fd, text, sizeof text - 1) <= 0 ||
                    sscanf(text, "%llu %llu", &counts[0], &counts[1]) != 2)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

bool package_cache_open(int packages, const uint8_t digest[32], int *fd, uint64_t *files,
                        uint64_t *bytes, struct gov_err *err)
{
    char hex[TREE_HEX_BYTES], path[TREE_HEX_BYTES + 16];
    unsigned long long counts[2];

    tree_hex(digest, hex);
    int meta = counts_read(packages, hex, counts);
    snprintf(path, sizeof path, "%s/tree", hex);
    *fd = meta < 0 ? -1 : openat(packages, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (meta >= 0) {
        futimens(meta, NULL);
        close(meta);
    }
    if (*fd < 0)
        return gov_fail(err, GOV_NOT_FOUND, "package %.12s is not in the sandbox's cache",
                        "沙箱缓存中没有包 %.12s", hex);
    *files = counts[0];
    *bytes = counts[1];
    return true;
}

void package_cache_touch(int packages, const uint8_t digest[32])
{
    char hex[TREE_HEX_BYTES], path[TREE_HEX_BYTES + 16];

    tree_hex(digest, hex);
    snprintf(path, sizeof path, "%s/counts", hex);
    utimensat(packages, path, NULL, AT_SYMLINK_NOFOLLOW);
}

int package_cache_hold(int packages, const uint8_t digest[32])
{
    char hex[TREE_HEX_BYTES];
    unsigned long long counts[2];
    struct stat st;

    tree_hex(digest, hex);
    int fd = counts_read(packages, hex, counts);
    /* Without a name it was removed between the opening and the lock. */
    if (fd >= 0 && (flock(fd, LOCK_SH | LOCK_NB) < 0 || fstat(fd, &st) < 0 || st.st_nlink == 0)) {
        close(fd);
        return -1;
    }
    if (fd >= 0)
        futimens(fd, NULL);
    return fd;
}

bool package_cache_has(int packages, const uint8_t digest[32])
{
    char hex[TREE_HEX_BYTES], path[TREE_HEX_BYTES + 16];

    tree_hex(digest, hex);
    snprintf(path, sizeof path, "%s/counts", hex);
    return faccessat(packages, path, R_OK, 0) == 0;
}

/* Lines that begin with `mark`, without it. */
static size_t modules_take(const char *lines, char mark, char *texts, size_t size, uint32_t *count)
{
    size_t at = 0;

    for (const char *line = lines, *end; (end = strchr(line, '\n')); line = end + 1) {
        size_t n = (size_t)(end - line);
        if (line[0] != mark || n < 2 || n > size - at)
            continue;
        memcpy(texts + at, line + 1, n - 1);
        texts[at + n - 1] = 0;
        at += n;
        ++*count;
    }
    return at;
}

size_t package_cache_modules(int packages, const uint8_t digest[32], char *texts, size_t size,
                             uint32_t *imports, uint32_t *locals)
{
    char hex[TREE_HEX_BYTES], path[TREE_HEX_BYTES + 16];
    char *lines = malloc(size + 1);

    *imports = *locals = 0;
    tree_hex(digest, hex);
    snprintf(path, sizeof path, "%s/modules", hex);
    int fd = lines ? openat(packages, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
    ssize_t n = fd >= 0 ? read(fd, lines, size) : -1;
    size_t at = 0;
    if (n > 0) {
        lines[n] = 0;
        at = modules_take(lines, '+', texts, size, imports);
        at += modules_take(lines, '-', texts + at, size - at, locals);
    }
    if (fd >= 0)
        close(fd);
    free(lines);
    return at;
}

void package_cache_drop(int packages, const uint8_t digest[32])
{
    char hex[TREE_HEX_BYTES];

    tree_hex(digest, hex);
    tree_remove(packages, hex);
}

static int longest_unused_first(const void *a, const void *b)
{
    const struct cached *x = a, *y = b;

    return x->used < y->used ? -1 : x->used > y->used;
}

/* One folder's entry; a leftover without counts has no size and the folder's own time. */
static bool cached_read(int packages, const char *name, struct cached *c)
{
    unsigned long long counts[2] = { 0, 0 };
    struct stat st;
    int fd = counts_read(packages, name, counts);
    bool ok =
        fd >= 0 ? fstat(fd, &st) == 0 : fstatat(packages, name, &st, AT_SYMLINK_NOFOLLOW) == 0;

    if (fd >= 0)
        close(fd);
    snprintf(c->name, sizeof c->name, "%.64s", name);
    c->bytes = counts[1];
    c->used = ok ? st.st_mtim.tv_sec : 0;
    return ok;
}

static size_t list(int packages, struct cached *all, uint64_t *bytes)
{
    int own = openat(packages, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = own >= 0 ? fdopendir(own) : NULL;
    struct dirent *e;
    size_t count = 0;

    if (!d && own >= 0)
        close(own);
    while (d && count < PACKAGES_MAX && (e = readdir(d))) {
        if (e->d_name[0] != '.' && strlen(e->d_name) < sizeof all->name &&
            cached_read(packages, e->d_name, &all[count]))
            *bytes += all[count++].bytes;
    }
    if (d)
        closedir(d);
    return count;
}

size_t package_cache_count(int packages, uint64_t *bytes)
{
    struct cached *all = calloc(PACKAGES_MAX, sizeof *all);
    size_t count;

    *bytes = 0;
    count = all ? list(packages, all, bytes) : 0;
    free(all);
    return count;
}

/* Remove it unless somebody holds it: who wants to hold it now, does not get it. */
static bool drop_free(int packages, const char *name)
{
    unsigned long long counts[2];
    int fd = counts_read(packages, name, counts);
    bool is_free = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0;

    if (is_free)
        tree_remove(packages, name);
    if (fd >= 0)
        close(fd);
    return is_free;
}

int package_cache_trim(int packages, uint64_t bytes_max, int spare_s)
{
    struct cached *all = calloc(PACKAGES_MAX, sizeof *all);
    time_t spare = time(NULL) - spare_s;
    uint64_t bytes = 0;
    size_t count = all ? list(packages, all, &bytes) : 0;
    bool full = bytes > bytes_max;
    int dropped = 0;

    if (count)
        qsort(all, count, sizeof *all, longest_unused_first);
    for (size_t i = 0; i < count && all[i].used < spare; i++) {
        bool leftover = text_starts(all[i].name, "new-");
        if (!leftover && !(full && bytes > bytes_max / 4 * 3))
            continue;
        if (!drop_free(packages, all[i].name))
            continue;
        bytes -= all[i].bytes;
        dropped++;
    }
    free(all);
    return dropped;
}
