/* members.h - finding a member by what people call him. */
#ifndef CLI_COMMAND_PEOPLE_MEMBERS_H
#define CLI_COMMAND_PEOPLE_MEMBERS_H

#include "cli/cli.h"

/* The id of the member with this e-mail address or id. */
bool members_id(struct cli *cli, const char *who, const char **id, struct gov_err *err);

#endif
