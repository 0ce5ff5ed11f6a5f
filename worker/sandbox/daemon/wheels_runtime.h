/* wheels_runtime.h - a platform's runtime with what a package brought for itself before it.
 *
 * Made when the first job or zygote wants it and gone with the last; the tree itself stays in the cache,
 * shared by every version and tenant whose wheels came to the same content.
 */
#ifndef WORKER_SANDBOX_DAEMON_WHEELS_RUNTIME_H
#define WORKER_SANDBOX_DAEMON_WHEELS_RUNTIME_H

#include "worker/sandbox/daemon/host.h"

/* `base` itself where the digest is all zeroes: a package without wheels. NULL: NOT_FOUND, the cache does
 * not have it (the worker hands over the archive again). Whoever takes one lets it go. */
const struct runtime *wheels_runtime_take(struct host *host, const struct runtime *base,
                                          const uint8_t digest[TREE_DIGEST_BYTES], struct gov_err *err);
/* The same once more, for somebody else. */
void wheels_runtime_keep(struct host *host, const struct runtime *runtime);
/* Where jobs see what the package brought, relative to /; "" where it is a runtime of the platform. */
const char *wheels_runtime_place(const struct runtime *runtime);
/* A runtime of the platform is let go without effect; so is NULL. */
void wheels_runtime_let_go(struct host *host, const struct runtime *runtime);

#endif
