/* schedule.h - what the commands of schedules share. */
#ifndef CLI_COMMAND_SCHEDULE_SCHEDULE_H
#define CLI_COMMAND_SCHEDULE_SCHEDULE_H

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/command/commands.h"

/* The id of the schedule called `word`: an id, or a name that only one has. */
bool schedule_id(struct cli *cli, const char *word, const char **id, struct gov_err *err);

#endif
