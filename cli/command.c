#include "cli/command.h"

#include <string.h>

/* How many of `words` spell `name` completely; 0 if they do not. */
static size_t spelled(const char *name, const char *const *words, size_t count)
{
    size_t used = 0;

    while (name && *name) {
        size_t length = strcspn(name, " ");
        if (used == count || strlen(words[used]) != length ||
            strncmp(words[used], name, length) != 0)
            return 0;
        used++;
        name += length + (name[length] == ' ');
    }
    return used;
}

const struct command *command_find(const char *const *words, size_t count, size_t *used)
{
    const struct command *best = NULL;

    *used = 0;
    for (const struct command *c = command_table; c->words; c++) {
        const char *const names[] = { c->words, c->alias };
        for (int i = 0; i < 2; i++) {
            size_t length = spelled(names[i], words, count);
            if (length > *used) {
                *used = length;
                best = c;
            }
        }
    }
    return best;
}

bool command_group(const char *const *words, size_t count)
{
    for (const struct command *c = command_table; c->words; c++) {
        const char *const names[] = { c->words, c->alias };
        for (int i = 0; i < 2; i++) {
            const char *name = names[i];
            size_t matched = 0;
            while (name && matched < count && strcspn(name, " ") == strlen(words[matched]) &&
                   strncmp(name, words[matched], strlen(words[matched])) == 0) {
                name += strlen(words[matched++]);
                name += *name == ' ';
            }
            if (name && matched == count)
                return true;
        }
    }
    return false;
}

static const struct command_option *in_list(const struct command_option *list, const char *name,
                                            size_t length, char letter)
{
    for (const struct command_option *o = list; o && o->name; o++) {
        if (name && strlen(o->name) == length && strncmp(o->name, name, length) == 0)
            return o;
        if (!name && letter && o->letter == letter)
            return o;
    }
    return NULL;
}

const struct command_option *command_option_find(const struct command *command, const char *name,
                                                 size_t length, char letter)
{
    const struct command_option *found = in_list(command_options_all, name, length, letter);

    if (!found && command)
        return in_list(command->options, name, length, letter);
    /* Before the command is known, any command's option will do: its value must be skipped. */
    for (const struct command *c = command_table; !found && !command && c->words; c++)
        found = in_list(c->options, name, length, letter);
    return found;
}
