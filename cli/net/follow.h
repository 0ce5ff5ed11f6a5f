/* follow.h - stay with a request or a run until it has ended. */
#ifndef CLI_NET_FOLLOW_H
#define CLI_NET_FOLLOW_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/cli.h"
#include "core/base/err.h"

/* Read `path`'s events ("/v1/runs/ID"): log lines to stdout and stderr as the script wrote them,
 * progress on stderr. A lost connection is taken up again where it broke (Last-Event-ID). `ended` is
 * the thing as it was at the end, or when it needs an answer (a confirmation is
 * waited for). False: DEADLINE after cli->timeout_s, or five connections in a row
 * brought nothing. */
bool follow_events(struct cli *cli, const char *path, const json_t **ended, struct gov_err *err);

/* Ask again with Prefer: wait until `thing` (just got from `path`) has ended or waits for a person. After ten
 * seconds without a start it is said once, on stderr, what it waits for. */
bool follow_wait(struct cli *cli, const char *path, const json_t **thing, struct gov_err *err);

#endif
