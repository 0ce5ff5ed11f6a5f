/* skill_fetch.h - a version that is on the server, and its archive. */
#ifndef CLI_COMMAND_SKILL_SKILL_FETCH_H
#define CLI_COMMAND_SKILL_SKILL_FETCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"

/* Version `number` of the skill; 0: the published one, else the newest. */
bool skill_fetch_version(struct cli *cli, const char *skill, int64_t number, const json_t **version, struct gov_err *err);

/* Its archive as it was uploaded, held against its digest, into a temporary file that the caller unlinks; *suffix: ".zip"
 * or ".tar.gz". */
bool skill_fetch_archive(struct cli *cli, const json_t *version, const char **path, const char **suffix, struct gov_err *err);

#endif
