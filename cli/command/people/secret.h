/* secret.h - passwords and links, from the terminal or (--password-stdin) from standard input. */
#ifndef CLI_COMMAND_PEOPLE_SECRET_H
#define CLI_COMMAND_PEOPLE_SECRET_H

#include <stdbool.h>

#include "cli/args.h"
#include "cli/cli.h"

/* `twice`: ask again where it is typed, so that a slip is seen. */
bool secret_read(struct cli *cli, const struct args *args, const char *en, const char *zh,
                 bool twice, const char **secret, struct gov_err *err);

#endif
