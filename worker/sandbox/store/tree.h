/* tree.h - directory trees of plain files: listed, hashed, copied, compared, removed.
 *
 * The digest of a tree is SHA-256 over one line a file, sorted by path:
 *     "0644 <size> <sha256 hex> <path>\n"     (0755 if anybody may execute it)
 * Folders count only by what is in them. Symlinks and special files are faults unless a flag says
 * that they are left out.
 */
#ifndef WORKER_SANDBOX_STORE_TREE_H
#define WORKER_SANDBOX_STORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum { TREE_PATH_BYTES = 1024, TREE_DIGEST_BYTES = 32, TREE_HEX_BYTES = 65 };

enum tree_flags {
    TREE_PLAIN_ONLY = 1, /* anything but files and folders is left out instead of a fault */
    TREE_KEEP_TIMES = 2, /* copies keep the modification time (byte-compiled Python wants it) */
    TREE_SKIP_CACHE = 4, /* __pycache__ is copied, but neither listed nor in the digest */
    TREE_SKIP_THERE = 8, /* a target that exists already is left as it is */
    TREE_SEAL = 16,      /* copies are read-only (0444, 0555; folders too) */
    TREE_SKIP_DIST = 32  /* folders called dist-packages are left out with all that is in them */
};

struct tree_bounds {
    size_t files;
    uint64_t bytes;
    int depth;
};

struct tree_entry {
    const char *path; /* relative, '/' between */
    bool executable;
    uint64_t size;
    uint8_t sha256[TREE_DIGEST_BYTES];
};

/* Lives in the arena it was walked with. */
struct tree_listing {
    struct tree_entry *entries; /* sorted by path after tree_digest */
    size_t count;
    size_t capacity;
    uint64_t bytes;
};

/* Walk the tree of `source`, add to `listing` with `prefix` before every path, and copy it into
 * `target` unless that is -1. INVALID_INPUT for faults in the tree (item: symlink, special,
 * hard_link, too_many, too_large, too_deep), otherwise a cause. */
bool tree_walk(int source, int target, const char *prefix, unsigned flags,
               const struct tree_bounds *bounds, struct arena *arena, struct tree_listing *listing,
               struct gov_err *err);

/* One file, as tree_walk treats those it meets. */
bool tree_file(int source_dir, const char *name, int target_dir, const char *path, unsigned flags,
               struct arena *arena, struct tree_listing *listing, struct gov_err *err);

/* The first digest of a process starts the library behind it, for a millisecond: a process that is
 * about to be copied does that once for all copies. */
void tree_digest_prepare(void);

/* Sorts the listing. */
void tree_digest(struct tree_listing *listing, uint8_t digest[TREE_DIGEST_BYTES]);

/* Remove `name` below `dir` and everything in it. Symlinks are removed, not followed. */
void tree_remove(int dir, const char *name);

/* SHA-256 of a whole regular file, from its start, without moving its offset. `copy_to` gets the
 * bytes unless -1. False: errno. */
bool tree_hash_file(int fd, int copy_to, uint8_t digest[TREE_DIGEST_BYTES], uint64_t *bytes);

void tree_hex(const uint8_t digest[TREE_DIGEST_BYTES], char hex[TREE_HEX_BYTES]);

#endif
