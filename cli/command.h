/* command.h - what a command is, and the table of all of them.
 *
 * The table is the only place a command is written down: parsing, help, completion and the manual
 * page are made from it. How to add one: a function in cli/command/GROUP/NOUN.c, its declaration in
 * cli/command/commands.h, and a row in command_table.c.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

struct cli;
struct args;

/* What a value is, for completion. */
enum value_kind { VALUE_NONE, VALUE_TEXT, VALUE_FILE, VALUE_FOLDER, VALUE_SKILL, VALUE_CHOICE };

struct command_option {
    const char *name;      /* without dashes; NULL ends a list */
    char letter;           /* 0: none */
    enum value_kind kind;  /* VALUE_NONE: a flag */
    const char *value;     /* how help names the value: "FILE", or "a|b|c" for VALUE_CHOICE */
    struct gov_text help;
};

struct command {
    const char *words;     /* "runs artifacts get" */
    const char *alias;     /* words that mean the same; NULL: none */
    const char *arguments; /* how help names them: "SKILL [KEY=VALUE…]" */
    int least, most;       /* number of arguments; most < 0: any number */
    enum value_kind kind;  /* what the first argument is */
    struct gov_text help;
    const struct command_option *options; /* NULL: none of its own */
    bool anonymous;        /* works without a token */
    /* True: done, cli->exit_code says how a run ended. False: `err` is filled. */
    bool (*run)(struct cli *cli, const struct args *args, struct gov_err *err);
    /* A noun that reads its own flags; argv[0] is its word, the exit code is returned. Then `run` is
     * NULL. */
    int (*program)(int argc, char **argv);
};

extern const struct command command_table[];             /* ends with words == NULL */
extern const struct command_option command_options_all[]; /* what every command takes */

/* The command with the longest name that `words` begin with; *used says how many words that is.
 * NULL if there is none. */
const struct command *command_find(const char *const *words, size_t count, size_t *used);

/* Is there any command that begins with these whole words ("runs")? */
bool command_group(const char *const *words, size_t count);

/* The option of `command` (or of all commands) with this name or letter; NULL if there is none. */
const struct command_option *command_option_find(const struct command *command, const char *name,
                                                 size_t length, char letter);

#endif
