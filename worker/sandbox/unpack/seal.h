/* seal.h - from what a jail unpacked to a package in the cache.
 *
 * Runs in a helper of sandboxd with its rights to the cache. It trusts the jail with nothing: it
 * walks the tree itself (plain files of one name only), hashes what it copies, and reads the
 * reports as lines. What a package's own wheels became is sealed beside it, under a digest of its own.
 */
#ifndef WORKER_SANDBOX_UNPACK_SEAL_H
#define WORKER_SANDBOX_UNPACK_SEAL_H

#include <stdbool.h>
#include <stdint.h>

/* Of installed wheels, with what the interpreter compiled them to. */
enum { SEAL_WHEELS_BYTES_MAX = 288 << 20, SEAL_WHEELS_FILES_MAX = 32000 };

struct seal {
    uint64_t job;
    int work, result;     /* what the jail left; -1: it failed before */
    int packages, wheels; /* of the cache */
    uint64_t cache_bytes; /* each is trimmed to this afterwards */
    const char *failure;  /* why the jail ended badly; NULL: it did not */
    int out;              /* one UNPACKED with the JSON of sandbox_unpack_report goes here */
};

bool seal_run(const struct seal *seal);

#endif
