/* artifacts.h - fetching the files a run made. */
#ifndef CLI_COMMAND_RUN_ARTIFACTS_H
#define CLI_COMMAND_RUN_ARTIFACTS_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/cli.h"

/* Fetch every artifact of `run` (or only the one called `name`) into `folder`, which is made if it is
 * not there. A file that is there already is left alone unless `force`. Each is checked against its
 * SHA-256 before it gets its name. */
bool artifacts_fetch(struct cli *cli, const json_t *run, const char *name, const char *folder,
                     bool force, struct gov_err *err);

/* Fetch `url_path` into `folder`/`name`; `sha256` may be NULL. */
bool artifacts_download(struct cli *cli, const char *url_path, const char *folder, const char *name,
                        const char *sha256, bool force, struct gov_err *err);

#endif
