/* skill_findings.h - what a check found, for people. */
#ifndef CLI_COMMAND_SKILL_SKILL_FINDINGS_H
#define CLI_COMMAND_SKILL_SKILL_FINDINGS_H

#include <jansson.h>

#include "cli/cli.h"

void skill_findings_show(const struct cli *cli, const json_t *findings);
/* Who signed a version, or what is wrong with its signature; "-" if it has none. */
const char *skill_findings_signer(const struct cli *cli, const json_t *version);
void skill_findings_show_version(struct cli *cli, const json_t *version);

#endif
