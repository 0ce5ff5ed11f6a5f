/* args.c - getopt_long would need a second table for every command and words its errors in C's
 * locale; this reads the one table there is. */
#include "cli/args.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

enum { WORD_BYTES_MAX = 40, CANDIDATES_MAX = 200 };

static size_t edit_distance(const char *a, const char *b)
{
    size_t row[WORD_BYTES_MAX + 1];
    size_t length = strlen(b);

    if (strlen(a) > WORD_BYTES_MAX || length > WORD_BYTES_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t shorter = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = changed < shorter ? changed : shorter;
        }
    }
    return row[length];
}

const char *args_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t best = strlen(word) / 3 + 1;

    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, candidates[i]);
        if (distance < best || (distance == best && !nearest)) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

static bool fail_unknown_option(const struct command *command, const char *given,
                                struct gov_err *err)
{
    const char *names[CANDIDATES_MAX];
    size_t count = 0;
    const struct command_option *lists[] = { command ? command->options : NULL,
                                             command_options_all };

    for (size_t list = 0; list < 2; list++)
        for (const struct command_option *o = lists[list]; o && o->name; o++)
            if (count < CANDIDATES_MAX)
                names[count++] = o->name;
    const char *nearest = args_nearest(given + strspn(given, "-"), names, count);
    return gov_fail_at(err, GOV_INVALID_INPUT, given, "unknown_option",
                       "there is no option \"%s\" here%s%s%s", "这里没有选项“%s”%s%s%s", given,
                       nearest ? " (--" : "", nearest ? nearest : "", nearest ? " ?)" : "");
}

/* The word after `known` good ones leads nowhere: say so, and what may have been meant there. */
static bool fail_unknown_command(const struct args *args, size_t known, struct arena *arena,
                                 struct gov_err *err)
{
    const char *names[CANDIDATES_MAX];
    const char *word = args->group[known];
    const char *before = "", *group = "";
    size_t count = 0;

    for (size_t i = 0; i < known; i++) {
        before = arena_format(arena, "%s%s ", before, args->group[i]);
        group = arena_format(arena, "%s %s", group, args->group[i]);
    }
    for (const struct command *c = command_table; c->words && count < CANDIDATES_MAX; c++)
        if (text_starts(c->words, before)) {
            const char *next = arena_copy(arena, c->words + strlen(before), strcspn(c->words + strlen(before), " "));
            if (!count || strcmp(names[count - 1], next) != 0) /* those of one noun stand together */
                names[count++] = next;
        }
    const char *nearest = args_nearest(word, names, count);
    return gov_fail_at(err, GOV_INVALID_INPUT, word, "unknown_command",
                       "there is no command \"%s%s\"%s%s%s; see execgov help%s",
                       "没有命令“%s%s”%s%s%s；请查看 execgov help%s", before, word,
                       nearest ? " (" : "", nearest ? nearest : "", nearest ? " ?)" : "", group);
}

static bool choice_valid(const char *choices, const char *value)
{
    size_t length = strlen(value);

    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strcspn(at, "|") == length && strncmp(at, value, length) == 0)
            return true;
    return false;
}

/* Is argv[i] an option? A lone dash is a word (standard input). */
static bool looks_like_option(const char *word)
{
    return word[0] == '-' && word[1];
}

static const struct command_option *find(const struct command *command, const char *given)
{
    if (given[1] == '-')
        return command_option_find(command, given + 2, strcspn(given + 2, "="), 0);
    return given[2] ? NULL : command_option_find(command, NULL, 0, given[1]);
}

/* Take the option at argv[*i] with its value. */
static bool take_option(int argc, const char *const *argv, int *i, struct args *args,
                        struct gov_err *err)
{
    const char *given = argv[*i];
    const struct command_option *option = find(args->command, given);
    const char *equals = given[1] == '-' ? strchr(given, '=') : NULL;
    const char *value = NULL;

    if (!option)
        return fail_unknown_option(args->command, given, err);
    if (option->kind == VALUE_NONE && equals)
        return gov_fail_at(err, GOV_INVALID_INPUT, given, "no_value", "--%s takes no value",
                           "--%s 不带值", option->name);
    if (option->kind != VALUE_NONE) {
        if (!equals && *i + 1 >= argc)
            return gov_fail_at(err, GOV_INVALID_INPUT, given, "value_missing",
                               "--%s needs a value: %s", "--%s 需要一个值：%s", option->name,
                               option->value);
        value = equals ? equals + 1 : argv[++*i];
    }
    if (option->kind == VALUE_CHOICE && !choice_valid(option->value, value))
        return gov_fail_at(err, GOV_INVALID_INPUT, given, "enum", "--%s is one of %s, not \"%s\"",
                           "--%s 应为 %s 之一，而不是“%s”", option->name, option->value, value);
    args->options[args->option_count++] = (struct args_option){ option, value };
    return true;
}

/* "help" before a command, or behind a noun, is what --help would be there; how many words it takes in front. */
static size_t take_help(struct args *args)
{
    const char *const *words = args->group;
    size_t count = args->group_count, used;
    bool first = count > 0 && strcmp(words[0], "help") == 0;
    bool last = count > 1 && strcmp(words[count - 1], "help") == 0;

    /* Behind a whole command it is an argument: a skill may be called so. */
    last = last && (first || command_group(words, count - 1)) && !command_find(words + first, count - first, &used);
    args->group += first;
    args->group_count -= (size_t)first + last;
    if (first || last)
        args->options[args->option_count++] = (struct args_option){ command_option_find(NULL, "help", strlen("help"), 0), NULL };
    return first;
}

/* The words of the command stand before its arguments, but options may stand between them, so the
 * command is found first, skipping what any option of any command takes as value. */
static const struct command *find_command(int argc, const char *const *argv, struct args *args,
                                          const char **words, size_t *used)
{
    size_t count = 0;

    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (!looks_like_option(argv[i])) {
            words[count++] = argv[i];
            continue;
        }
        const struct command_option *option = find(NULL, argv[i]);
        if (option && option->kind != VALUE_NONE && !strchr(argv[i], '='))
            i++;
    }
    args->group = words;
    args->group_count = count;
    size_t help = take_help(args);
    const struct command *command = command_find(args->group, args->group_count, used);
    *used += help;
    return command;
}

static bool check_count(const struct args *args, struct gov_err *err)
{
    const struct command *c = args->command;

    if ((int)args->count < c->least)
        return gov_fail_at(err, GOV_INVALID_INPUT, "", "argument_missing",
                           "something is missing: execgov %s %s", "缺少参数：execgov %s %s",
                           c->words, c->arguments);
    if (c->most >= 0 && (int)args->count > c->most)
        return gov_fail_at(err, GOV_INVALID_INPUT, args->words[c->most], "argument_unknown",
                           "\"%s\" is too much: execgov %s %s", "多余的参数“%s”：execgov %s %s",
                           args->words[c->most], c->words, c->arguments);
    return true;
}

bool args_parse(int argc, const char *const *argv, struct args *args, struct arena *arena,
                struct gov_err *err)
{
    const char **words = ARENA_ARRAY(arena, const char *, (size_t)argc + 1);
    size_t used = 0;
    bool ended = false;

    memset(args, 0, sizeof *args);
    args->words = ARENA_ARRAY(arena, const char *, (size_t)argc + 1);
    args->options = ARENA_ARRAY(arena, struct args_option, (size_t)argc + 2); /* "help" is one, too */
    args->command = find_command(argc, argv, args, words, &used);
    for (int i = 0; i < argc; i++) {
        if (!ended && strcmp(argv[i], "--") == 0)
            ended = true;
        else if (!ended && looks_like_option(argv[i])) {
            if (!take_option(argc, argv, &i, args, err))
                return false;
        } else if (used > 0)
            used--;
        else
            args->words[args->count++] = argv[i];
    }
    /* Help is always possible, whatever else is missing, but for what there is not. */
    if (args->command)
        return args_flag(args, "help") || args_flag(args, "man") || args_flag(args, "version") || check_count(args, err);
    size_t known = 0;
    while (known < args->group_count && command_group(args->group, known + 1))
        known++;
    return known == args->group_count || fail_unknown_command(args, known, arena, err);
}

bool args_flag(const struct args *args, const char *name)
{
    for (size_t i = 0; i < args->option_count; i++)
        if (strcmp(args->options[i].option->name, name) == 0)
            return true;
    return false;
}

const char *args_value(const struct args *args, const char *name, const char *fallback)
{
    const char *value = fallback;

    for (size_t i = 0; i < args->option_count; i++)
        if (strcmp(args->options[i].option->name, name) == 0)
            value = args->options[i].value;
    return value;
}

const char *args_nth(const struct args *args, const char *name, size_t nth)
{
    for (size_t i = 0; i < args->option_count; i++)
        if (strcmp(args->options[i].option->name, name) == 0 && nth-- == 0)
            return args->options[i].value;
    return NULL;
}

bool args_number(const struct args *args, const char *name, long min, long max, long *value,
                 struct gov_err *err)
{
    const char *text = args_value(args, name, NULL);
    int64_t number;

    if (!text)
        return true;
    if (!text_parse_i64(text, min, max, &number))
        return gov_fail_at(err, GOV_INVALID_INPUT, name, "range",
                           "--%s is a whole number from %ld to %ld, not \"%s\"",
                           "--%s 应为 %ld 到 %ld 的整数，而不是“%s”", name, min, max, text);
    *value = (long)number;
    return true;
}
