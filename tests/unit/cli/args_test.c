#include "cli/args.h"

#include <string.h>

#include "tests/lib/test.h"

enum { WORDS_MAX = 16 };

struct parsed {
    struct arena arena;
    struct args args;
    struct gov_err err;
    bool good;
};

/* Split at spaces; no word of these tests has one inside. */
static void parse(struct parsed *p, const char *line)
{
    const char *words[WORDS_MAX];
    int count = 0;

    memset(p, 0, sizeof *p);
    arena_init(&p->arena);
    for (size_t length; *line; line += length + (line[length] == ' ')) {
        length = strcspn(line, " ");
        words[count++] = arena_copy(&p->arena, line, length);
    }
    p->good = args_parse(count, words, &p->args, &p->arena, &p->err);
}

static void options_stand_anywhere_and_words_keep_their_order(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "--json run --wait echo a=1 -i in.json --class=bulk b=2");
    assert_true(p.good);
    assert_string_equal(p.args.command->words, "run");
    assert_int_equal(p.args.count, 3);
    assert_string_equal(p.args.words[0], "echo");
    assert_string_equal(p.args.words[2], "b=2");
    assert_true(args_flag(&p.args, "json"));
    assert_string_equal(args_value(&p.args, "input", NULL), "in.json");
    assert_string_equal(args_value(&p.args, "class", NULL), "bulk");
    assert_null(args_value(&p.args, "out", NULL));
    arena_release(&p.arena);
}

static void the_longest_command_wins_and_an_alias_is_the_same(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "runs artifacts get 17 report.csv");
    assert_true(p.good);
    assert_string_equal(p.args.command->words, "runs artifacts get");
    assert_int_equal(p.args.count, 2);
    arena_release(&p.arena);
    parse(&p, "approvals confirm 17");
    assert_true(p.good);
    assert_string_equal(p.args.command->words, "confirmations confirm");
    arena_release(&p.arena);
}

static void a_value_of_an_option_is_not_taken_for_the_command(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "--profile runs list");
    assert_true(p.good);
    assert_string_equal(p.args.command->words, "list");
    arena_release(&p.arena);
}

static void two_dashes_end_the_options(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "ask --no-wait -- --why -x");
    assert_true(p.good);
    assert_int_equal(p.args.count, 2);
    assert_string_equal(p.args.words[0], "--why");
    arena_release(&p.arena);
}

static void a_repeated_option_keeps_every_value(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "ask x --file a --file b");
    assert_string_equal(args_nth(&p.args, "file", 0), "a");
    assert_string_equal(args_nth(&p.args, "file", 1), "b");
    assert_null(args_nth(&p.args, "file", 2));
    assert_string_equal(args_value(&p.args, "file", NULL), "b");
    arena_release(&p.arena);
}

static void what_is_wrong_is_named_with_what_was_meant(void **state)
{
    static const struct {
        const char *line, *item, *says;
    } cases[] = {
        { "lst", "unknown_command", "list" },
        { "runs shw 1", "unknown_command", "show" },
        { "versoin", "unknown_command", "version" }, /* the last of many */
        { "nonsense --help", "unknown_command", "nonsense" },
        { "run echo --folow", "unknown_option", "--follow" },
        { "run", "argument_missing", "SKILL" },
        { "logout now", "argument_unknown", "now" },
        { "run echo --out", "value_missing", "DIR" },
        { "run echo --wait=1", "no_value", "wait" },
        { "run echo --class fast", "enum", "interactive|normal|bulk" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;
        parse(&p, cases[i].line);
        assert_false(p.good);
        assert_int_equal(p.err.code, GOV_INVALID_INPUT);
        assert_string_equal(p.err.item, cases[i].item);
        assert_non_null(strstr(p.err.en, cases[i].says));
        assert_true(p.err.zh[0] != '\0');
        arena_release(&p.arena);
    }
}

static void help_is_given_whatever_else_is_missing(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "run --help");
    assert_true(p.good);
    assert_true(args_flag(&p.args, "help"));
    arena_release(&p.arena);
    parse(&p, "runs");
    assert_true(p.good);
    assert_null(p.args.command);
    assert_int_equal(p.args.group_count, 1);
    arena_release(&p.arena);
}

static void help_is_a_word_before_a_command_and_behind_a_noun(void **state)
{
    static const struct {
        const char *line, *words; /* of the command; NULL: of a group */
        size_t group;
    } cases[] = {
        { "help", NULL, 0 }, { "help help", NULL, 0 }, { "--json help", NULL, 0 }, { "help runs", NULL, 1 },
        { "runs help", NULL, 1 }, { "help runs ls", "runs ls", 0 }, { "--url http://x help runs ls", "runs ls", 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;
        parse(&p, cases[i].line);
        assert_true(p.good);
        assert_true(args_flag(&p.args, "help"));
        if (cases[i].words)
            assert_string_equal(p.args.command->words, cases[i].words);
        else
            assert_int_equal(p.args.group_count, cases[i].group);
        arena_release(&p.arena);
    }
    struct parsed skill;
    parse(&skill, "skill show help"); /* what a command takes may be called so */
    assert_true(skill.good);
    assert_false(args_flag(&skill.args, "help"));
    assert_string_equal(skill.args.words[0], "help");
    arena_release(&skill.arena);
    parse(&skill, "help nonsense");
    assert_false(skill.good);
    arena_release(&skill.arena);
}

static void numbers_are_checked_against_their_bounds(void **state)
{
    struct parsed p;
    long limit = 20;
    (void)state;
    parse(&p, "runs ls --limit 0");
    assert_true(p.good);
    assert_false(args_number(&p.args, "limit", 1, 100, &limit, &p.err));
    assert_string_equal(p.err.path, "limit");
    arena_release(&p.arena);
    parse(&p, "runs ls -n 7");
    assert_true(args_number(&p.args, "limit", 1, 100, &limit, &p.err));
    assert_int_equal(limit, 7);
    arena_release(&p.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere_and_words_keep_their_order),
        cmocka_unit_test(the_longest_command_wins_and_an_alias_is_the_same),
        cmocka_unit_test(a_value_of_an_option_is_not_taken_for_the_command),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(a_repeated_option_keeps_every_value),
        cmocka_unit_test(what_is_wrong_is_named_with_what_was_meant),
        cmocka_unit_test(help_is_given_whatever_else_is_missing),
        cmocka_unit_test(help_is_a_word_before_a_command_and_behind_a_noun),
        cmocka_unit_test(numbers_are_checked_against_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
