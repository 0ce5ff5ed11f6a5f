/* money_word.h - the words of the money side for codes that its lists show: states, kinds, outcomes, acts. The one place of
 * them in the CLI. In English a code is its word; JSON and files keep codes in every language. */
#ifndef CLI_COMMAND_MONEY_MONEY_WORD_H
#define CLI_COMMAND_MONEY_MONEY_WORD_H

#include "cli/args.h"
#include "cli/cli.h"

/* `text` of a member ("state", "task/kind") for people: its word where that member holds codes and this one is known, "order.paid"
 * by its parts; else as it is. "message/state" is the state of a message, which has words of its own. Lives in the cli's arena. */
const char *money_word(struct cli *cli, const char *member, const char *text);

/* --state as the API knows it, whichever of the two was typed. */
const char *money_state(const struct args *args, const char *fallback);

#endif
