/* key_file.h - the file with the master keys: read at start and at SIGHUP, written by `execgov-egress new-key`. */
#ifndef WORKER_EGRESS_DAEMON_KEY_FILE_H
#define WORKER_EGRESS_DAEMON_KEY_FILE_H

#include "core/io/crypto/seal.h"

/* NULL: CONFIGURATION (missing, malformed, or readable by others). */
struct seal_ring *key_file_read(const char *path, struct gov_err *err);

/* Add a new key to `path`, which is made if it is not there; only its owner may read it. The old keys stay:
 * they open what is not wrapped again yet. */
bool key_file_add(const char *path, struct gov_err *err);

#endif
