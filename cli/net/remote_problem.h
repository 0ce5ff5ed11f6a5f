/* remote_problem.h - what an answer means. Apart from the transfer, so that tests can ask it. */
#ifndef CLI_NET_REMOTE_PROBLEM_H
#define CLI_NET_REMOTE_PROBLEM_H

#include "cli/net/remote.h"

/* Parse the body where it is JSON; for anything but 2xx fill `err` and cli->problem. A code this
 * program does not know (a newer server) is judged by its status, so that exit codes stay right. */
bool remote_problem_judge(struct cli *cli, struct remote_answer *answer, struct gov_err *err);

/* The code for a status without a known code. */
enum gov_code remote_problem_code(long status);

#endif
