/* worker_platform.h - whether all machines that run scripts have the same of the platform on them. */
#ifndef CLI_COMMAND_PLATFORM_WORKER_PLATFORM_H
#define CLI_COMMAND_PLATFORM_WORKER_PLATFORM_H

#include "cli/cli.h"

/* Of a worker: the beginning of each runtime's digest, "base 1a2b3c4d, data 5e6f7a8b"; "-" if it does not say. */
const char *worker_platform_text(struct cli *cli, const json_t *worker);
/* How the machines of those that live differ, a line a runtime, and what to do; NULL: they do not. */
const char *worker_platforms_differ(struct cli *cli, const json_t *workers);

#endif
