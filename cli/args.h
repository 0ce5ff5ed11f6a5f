/* args.h - a command line, taken apart by what its command allows.
 *
 * Options may stand anywhere, as --name value, --name=value or -x value; `--` ends them.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/command.h"
#include "core/base/arena.h"
#include "core/base/err.h"

struct args_option {
    const struct command_option *option;
    const char *value; /* NULL for a flag */
};

struct args {
    const struct command *command; /* NULL: no word was given, or only a group's */
    const char *const *group;      /* the words before that matched nothing, for help; count below */
    size_t group_count;
    const char **words;            /* the arguments after the command's own words */
    size_t count;
    struct args_option *options;   /* in the order given */
    size_t option_count;
};

/* `argv` without the program's name. False: INVALID_INPUT naming what is not understood and, if
 * something is close, what may have been meant. */
bool args_parse(int argc, const char *const *argv, struct args *args, struct arena *arena,
                struct gov_err *err);

bool args_flag(const struct args *args, const char *name);
/* The last value given, or `fallback`. */
const char *args_value(const struct args *args, const char *name, const char *fallback);
/* The value of the nth time the option was given; NULL if it was not given that often. */
const char *args_nth(const struct args *args, const char *name, size_t nth);
/* A whole number between bounds; false fills `err`. An absent option leaves *value as it is. */
bool args_number(const struct args *args, const char *name, long min, long max, long *value,
                 struct gov_err *err);

/* The candidate nearest to `word` within a third of its length, NULL if none is near. */
const char *args_nearest(const char *word, const char *const *candidates, size_t count);

#endif
