/* file_text.h - a whole file (or standard input, "-") as text. */
#ifndef CLI_FILE_TEXT_H
#define CLI_FILE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cli.h"

/* In the cli's arena, NUL-terminated. BODY_TOO_LARGE beyond `bytes_max`, INVALID_INPUT if it cannot be read. */
bool file_text_read(struct cli *cli, const char *path, size_t bytes_max, const char **text,
                    size_t *bytes, struct gov_err *err);

#endif
