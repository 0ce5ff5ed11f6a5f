/* skill_near.h - what may have been meant by the name of a skill that is not there. */
#ifndef CLI_COMMAND_RUN_SKILL_NEAR_H
#define CLI_COMMAND_RUN_SKILL_NEAR_H

#include <stdbool.h>

#include "cli/cli.h"

/* After a call that named `skill` was refused with `err`: if there is none of that name, the nearest names are added to what `err`
 * says. Always false, for the caller to return. */
bool skill_near(struct cli *cli, const char *skill, struct gov_err *err);

#endif
