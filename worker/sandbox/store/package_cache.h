/* package_cache.h - unpacked packages by digest, and what their wheels became, kept within a bound.
 *
 *     <sha256 hex>/tree      the files, sealed (0444, folders 0555)
 *     <sha256 hex>/counts    "<files> <bytes>\n"; its time is that of the last use
 *     <sha256 hex>/modules   "+<imported>\n"... "-<own>\n"..., as check.py found them
 *
 * Two folders of this form: a package's tree is copied into each job, a runtime's tree is mounted, and so
 * held by a lock on its counts while anybody may have it mounted.
 * Everything here can be made again from the archive: a package that is dropped is unpacked anew
 * when somebody asks for it (NOT_FOUND tells the worker).
 */
#ifndef WORKER_SANDBOX_STORE_PACKAGE_CACHE_H
#define WORKER_SANDBOX_STORE_PACKAGE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

/* The tree as a directory descriptor of the caller's, with its size. NOT_FOUND if it is not there.
 */
bool package_cache_open(int packages, const uint8_t digest[32], int *fd, uint64_t *files,
                        uint64_t *bytes, struct gov_err *err);

/* It was used now. */
void package_cache_touch(int packages, const uint8_t digest[32]);

/* Keep it from being dropped until the descriptor is closed. -1: it is not there, or just going. */
int package_cache_hold(int packages, const uint8_t digest[32]);

/* How many there are, and their bytes. */
size_t package_cache_count(int packages, uint64_t *bytes);

bool package_cache_has(int packages, const uint8_t digest[32]);

/* What its code imports and what its own modules are called, as NUL-terminated texts one after the
 * other, imports first. Returns the bytes; 0 where nothing is known. */
size_t package_cache_modules(int packages, const uint8_t digest[32], char *texts, size_t size,
                             uint32_t *imports, uint32_t *locals);

/* It turned out to be damaged. */
void package_cache_drop(int packages, const uint8_t digest[32]);

/* If there is more than bytes_max, drop the longest unused down to three quarters of it; never one
 * that was used in the last `spare_s` seconds or is held. Folders that a killed sealer left go, too, after
 * that time. Returns how many were dropped. */
int package_cache_trim(int packages, uint64_t bytes_max, int spare_s);

#endif
