/* sandboxd.h - the sandboxd of this machine, if there is one.
 *
 * The CLI links none of the worker's code: it runs `execgov-sandboxd --doctor --json`, which asks the
 * one that listens. The program is the one that lies beside this one, else the one on PATH.
 */
#ifndef CLI_SANDBOXD_H
#define CLI_SANDBOXD_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/args.h"
#include "cli/cli.h"

/* --sandbox, else $EXECGOV_SANDBOX, else where the systemd unit puts it. */
const char *sandboxd_socket(const struct args *args);

/* Does a socket lie there? Says nothing about who listens. */
bool sandboxd_present(const char *socket);

/* What the doctor says, owned by the arena: {level, accepting, tested, detail, runtimes, probes}.
 * SANDBOX_UNAVAILABLE if none answers. */
bool sandboxd_ask(struct cli *cli, const char *socket, const json_t **status, struct gov_err *err);

/* One runtime of such a status: installed? False, too, if there is none of that name. */
bool sandboxd_has_runtime(const json_t *status, const char *name);

#endif
