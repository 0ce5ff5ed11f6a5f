/* money_file.h - a file that is posted inside of JSON, and the lines it became. */
#ifndef CLI_COMMAND_MONEY_MONEY_FILE_H
#define CLI_COMMAND_MONEY_MONEY_FILE_H

#include "cli/command/money/money_show.h"

/* The file at `path` as members of the body: file_name, content. */
bool money_file_add(struct cli *cli, const char *path, json_t *body, struct gov_err *err);
/* Post, then show the lines, the counts and the digest. */
bool money_file_send(struct cli *cli, const char *path, const json_t *body, const struct money_column *columns, struct gov_err *err);

#endif
