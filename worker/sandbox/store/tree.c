/* tree.c - one recursive walk that hashes what it copies.
 *
 * The bytes that are hashed are the bytes that are written: hashing first and copying later would
 * leave a moment in between. Everything is opened relative to a descriptor with O_NOFOLLOW; no path
 * of more than one component is ever resolved.
 */
#include "worker/sandbox/store/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/check.h"

enum { CHUNK_BYTES = 64 * 1024 };

struct walk {
    unsigned flags;
    const struct tree_bounds *bounds;
    struct arena *arena;
    struct tree_listing *listing;
    struct gov_err *err;
};

static bool system_fault(struct gov_err *err, const char *what, const char *path)
{
    return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "%s %s: %s", what, path, strerror(errno));
}

static bool write_all(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, data, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        bytes -= (size_t)n;
    }
    return true;
}

bool tree_hash_file(int fd, int copy_to, uint8_t digest[TREE_DIGEST_BYTES], uint64_t *bytes)
{
    char chunk[CHUNK_BYTES];
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    off_t at = 0;
    ssize_t n = -1;

    CHECK(sha && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1);
    for (;;) {
        n = pread(fd, chunk, sizeof chunk, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        CHECK(EVP_DigestUpdate(sha, chunk, (size_t)n) == 1);
        if (copy_to >= 0 && !write_all(copy_to, chunk, (size_t)n)) {
            n = -1;
            break;
        }
        at += n;
    }
    int saved = errno;
    CHECK(EVP_DigestFinal_ex(sha, digest, NULL) == 1);
    EVP_MD_CTX_free(sha);
    errno = saved;
    *bytes = (uint64_t)at;
    return n == 0;
}

void tree_hex(const uint8_t digest[TREE_DIGEST_BYTES], char hex[TREE_HEX_BYTES])
{
    for (int i = 0; i < TREE_DIGEST_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static struct tree_entry *listing_add(struct tree_listing *l, struct arena *arena)
{
    if (l->count == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 64;
        struct tree_entry *entries = ARENA_ARRAY(arena, struct tree_entry, capacity);
        if (l->count)
            memcpy(entries, l->entries, l->count * sizeof *entries);
        l->entries = entries;
        l->capacity = capacity;
    }
    return &l->entries[l->count++];
}

static int target_open(int dir, const char *name, bool executable, unsigned flags)
{
    mode_t mode = executable ? 0755 : 0644;
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0 && fchmod(fd, flags & TREE_SEAL ? mode & 0555 : mode) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool in_cache(const char *path)
{
    return strstr(path, "__pycache__/") != NULL;
}

bool tree_file(int source_dir, const char *name, int target_dir, const char *path, unsigned flags,
               struct arena *arena, struct tree_listing *listing, struct gov_err *err)
{
    struct stat st;
    struct tree_entry entry = { 0 };
    int copy = -1;
    int fd = openat(source_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &st) < 0) {
        if (fd >= 0)
            close(fd);
        return system_fault(err, "open", path);
    }
    entry.executable = (st.st_mode & 0111) != 0;
    if (target_dir >= 0) {
        copy = target_open(target_dir, name, entry.executable, flags);
        if (copy < 0 && !(errno == EEXIST && flags & TREE_SKIP_THERE)) {
            system_fault(err, "make", path);
            close(fd);
            return false;
        }
    }
    bool ok =
        tree_hash_file(fd, copy, entry.sha256, &entry.size) || system_fault(err, "copy", path);
    if (ok && copy >= 0 && flags & TREE_KEEP_TIMES) {
        struct timespec times[2] = { st.st_mtim, st.st_mtim };
        ok = futimens(copy, times) == 0 || system_fault(err, "date", path);
    }
    if (copy >= 0 && close(copy) < 0 && ok)
        ok = system_fault(err, "close", path);
    close(fd);
    if (ok && !(flags & TREE_SKIP_CACHE && in_cache(path))) {
        entry.path = arena_text(arena, path);
        listing->bytes += entry.size;
        *listing_add(listing, arena) = entry;
    }
    return ok;
}

static bool fault(struct walk *w, const char *path, const char *item)
{
    return gov_fail_at(w->err, GOV_INVALID_INPUT, path, item, "%s in the tree: %s",
                       "目录树中有 %s：%s", item, path);
}

static bool walk_dir(struct walk *w, int source, int target, const char *prefix, int depth);

static bool walk_child(struct walk *w, int source, int target, const char *path, const char *name,
                       int depth)
{
    int from = openat(source, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), to = -1;
    bool ok;

    if (from < 0)
        return system_fault(w->err, "open", path);
    if (target >= 0) {
        if (mkdirat(target, name, 0755) < 0 && errno != EEXIST) {
            close(from);
            return system_fault(w->err, "make", path);
        }
        to = openat(target, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    ok = (target < 0 || to >= 0) ? walk_dir(w, from, to, path, depth)
                                 : system_fault(w->err, "open", path);
    if (ok && to >= 0 && w->flags & TREE_SEAL)
        ok = fchmod(to, 0555) == 0 || system_fault(w->err, "seal", path);
    if (to >= 0)
        close(to);
    close(from);
    return ok;
}

static bool walk_entry(struct walk *w, int source, int target, const char *prefix, const char *name,
                       int depth)
{
    char path[TREE_PATH_BYTES];
    struct stat st;

    if (snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "/" : "", name) >= TREE_PATH_BYTES)
        return fault(w, prefix, "too_deep");
    if (fstatat(source, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return system_fault(w->err, "stat", path);
    if (S_ISDIR(st.st_mode) && w->flags & TREE_SKIP_DIST && strcmp(name, "dist-packages") == 0)
        return true;
    if (S_ISDIR(st.st_mode))
        return walk_child(w, source, target, path, name, depth + 1);
    if (!S_ISREG(st.st_mode))
        return w->flags & TREE_PLAIN_ONLY ||
               fault(w, path, S_ISLNK(st.st_mode) ? "symlink" : "special");
    if (st.st_nlink != 1 && !(w->flags & TREE_PLAIN_ONLY))
        return fault(w, path, "hard_link");
    if (w->listing->count >= w->bounds->files)
        return fault(w, path, "too_many");
    if ((uint64_t)st.st_size > w->bounds->bytes - w->listing->bytes)
        return fault(w, path, "too_large");
    return tree_file(source, name, target, path, w->flags, w->arena, w->listing, w->err);
}

static bool walk_dir(struct walk *w, int source, int target, const char *prefix, int depth)
{
    struct dirent *e;
    bool ok = true;

    if (depth > w->bounds->depth)
        return fault(w, prefix, "too_deep");
    int own = openat(source, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = own >= 0 ? fdopendir(own) : NULL;
    if (!d) {
        if (own >= 0)
            close(own);
        return system_fault(w->err, "list", prefix);
    }
    while (ok && (e = readdir(d))) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            ok = walk_entry(w, source, target, prefix, e->d_name, depth);
    }
    closedir(d);
    return ok;
}

bool tree_walk(int source, int target, const char *prefix, unsigned flags,
               const struct tree_bounds *bounds, struct arena *arena, struct tree_listing *listing,
               struct gov_err *err)
{
    struct walk w = { flags, bounds, arena, listing, err };

    return walk_dir(&w, source, target, prefix, 0);
}

static int entry_compare(const void *a, const void *b)
{
    const struct tree_entry *x = a, *y = b;

    return strcmp(x->path, y->path);
}

void tree_digest(struct tree_listing *l, uint8_t digest[TREE_DIGEST_BYTES])
{
    EVP_MD_CTX *sha = EVP_MD_CTX_new();

    if (l->count)
        qsort(l->entries, l->count, sizeof *l->entries, entry_compare);
    CHECK(sha && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1);
    for (size_t i = 0; i < l->count; i++) {
        char line[TREE_PATH_BYTES + 128], hex[TREE_HEX_BYTES];
        const struct tree_entry *e = &l->entries[i];
        tree_hex(e->sha256, hex);
        int n = snprintf(line, sizeof line, "%s %llu %s %s\n", e->executable ? "0755" : "0644",
                         (unsigned long long)e->size, hex, e->path);
        CHECK(EVP_DigestUpdate(sha, line, (size_t)n) == 1);
    }
    CHECK(EVP_DigestFinal_ex(sha, digest, NULL) == 1);
    EVP_MD_CTX_free(sha);
}

void tree_digest_prepare(void)
{
    struct tree_listing none = { 0 };
    uint8_t digest[TREE_DIGEST_BYTES];

    tree_digest(&none, digest);
}

void tree_remove(int dir, const char *name)
{
    if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
        return;
    int own = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (own < 0)
        return;
    fchmod(own, 0700); /* sealed folders refuse even their owner */
    int listed = dup(own);
    DIR *d = listed >= 0 ? fdopendir(listed) : NULL;
    struct dirent *e;
    while (d && (e = readdir(d))) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            tree_remove(own, e->d_name);
    }
    if (d)
        closedir(d);
    else if (listed >= 0)
        close(listed);
    close(own);
    unlinkat(dir, name, AT_REMOVEDIR);
}
