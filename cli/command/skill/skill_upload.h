/* skill_upload.h - an archive on its way to being a version. */
#ifndef CLI_COMMAND_SKILL_SKILL_UPLOAD_H
#define CLI_COMMAND_SKILL_SKILL_UPLOAD_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/cli.h"

/* Upload the archive at `path` under the file name `shown`, for the skill `name` (NULL: the server derives it from
 * `shown`), and wait until its check has ended. `known` (may be NULL): this content was there before, and *version is that. */
bool skill_upload(struct cli *cli, const char *path, const char *shown, const char *name, const json_t **version,
                  bool *known, struct gov_err *err);

/* A new file of mode 0600 in $TMPDIR, else /tmp; the caller unlinks `*path` and closes the descriptor. -1: `err`. */
int skill_temporary(struct cli *cli, char **path, struct gov_err *err);

#endif
