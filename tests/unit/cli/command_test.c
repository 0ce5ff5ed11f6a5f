/* The table of commands is the source of parsing, help, completion and manual: it has to be sound. */
#include "cli/command.h"

#include <string.h>

#include "cli/out/completion.h"
#include "cli/out/manual.h"
#include "tests/lib/test.h"

static void every_command_has_its_words_in_both_languages(void **state)
{
    (void)state;
    for (const struct command *c = command_table; c->words; c++) {
        assert_non_null(c->help.en);
        assert_non_null(c->help.zh);
        assert_true((c->run != NULL) != (c->program != NULL));
        assert_true(c->most < 0 || c->least <= c->most);
        for (const struct command_option *o = c->options; o && o->name; o++) {
            assert_non_null(o->help.zh);
            assert_true((o->kind == VALUE_NONE) == (o->value == NULL));
        }
    }
}

static void no_command_is_there_twice(void **state)
{
    (void)state;
    for (const struct command *a = command_table; a->words; a++)
        for (const struct command *b = a + 1; b->words; b++)
            assert_string_not_equal(a->words, b->words);
}

/* Values are skipped before the command is known, and completion has one case an option. */
static void an_option_means_the_same_wherever_it_appears(void **state)
{
    (void)state;
    for (const struct command *a = command_table; a->words; a++)
        for (const struct command_option *o = a->options; o && o->name; o++) {
            for (const struct command_option *all = command_options_all; all->name; all++) {
                assert_string_not_equal(o->name, all->name);
                assert_true(!o->letter || o->letter != all->letter);
            }
            for (const struct command *b = command_table; b->words; b++)
                for (const struct command_option *p = b->options; p && p->name; p++) {
                    bool same = strcmp(o->name, p->name) == 0;
                    if (same)
                        assert_int_equal(o->kind, p->kind);
                    if (o->letter && o->letter == p->letter)
                        assert_true(same);
                }
        }
}

static void completion_and_manual_know_every_command_and_option(void **state)
{
    struct buf bash = { 0 }, zsh = { 0 }, page = { 0 }, all = { 0 };
    (void)state;
    completion_bash(&bash);
    completion_zsh(&zsh);
    manual_page(GOV_EN, &page);
    manual_overview(NULL, 0, GOV_ZH, &all);
    assert_int_equal(strncmp(zsh.data, "#compdef execgov\n", 17), 0);
    for (const struct command *c = command_table; c->words; c++) {
        struct buf wanted = { 0 }, one = { 0 };
        buf_addf(&wanted, "'%s'", c->words);
        assert_non_null(strstr(bash.data, wanted.data));
        assert_non_null(strstr(all.data, c->words));
        buf_clear(&wanted); /* roff writes a dash as \- */
        for (const char *at = c->words; *at; at++)
            buf_addf(&wanted, "%s%c", *at == '-' ? "\\" : "", *at);
        assert_non_null(strstr(page.data, wanted.data));
        manual_command(c, GOV_EN, &one);
        for (const struct command_option *o = c->options; o && o->name; o++)
            assert_non_null(strstr(one.data, o->name));
        buf_release(&wanted);
        buf_release(&one);
    }
    buf_release(&bash);
    buf_release(&zsh);
    buf_release(&page);
    buf_release(&all);
}

/* A part begins where its first command stands: one that was renamed would lose its heading, and so the part. */
static void help_comes_in_parts(void **state)
{
    static const char *const titles[] = { "yourself:\n  login ", "confirm, run:\n  list ", "by the clock:\n  skill show ",
                                          "who did what:\n  why ", "subscription:\n  members ls ",
                                          "--tenant platform):\n  worker ls ", "same login):\n  order ls ",
                                          "without a login:\n  migrate " };
    static const char *const group[] = { "order" }, *const alias[] = { "approvals" };
    struct buf all = { 0 }, one = { 0 }, other = { 0 };
    (void)state;
    manual_overview(NULL, 0, GOV_EN, &all);
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (!strstr(all.data, titles[i]))
            fail_msg("no part \"%s\"", titles[i]);
    manual_overview(group, 1, GOV_EN, &one);
    assert_null(strstr(one.data, "same login"));
    manual_overview(alias, 1, GOV_EN, &other);
    assert_non_null(strstr(other.data, "confirmations show"));
    buf_release(&other);
    buf_release(&all);
    buf_release(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_its_words_in_both_languages),
        cmocka_unit_test(no_command_is_there_twice),
        cmocka_unit_test(an_option_means_the_same_wherever_it_appears),
        cmocka_unit_test(completion_and_manual_know_every_command_and_option),
        cmocka_unit_test(help_comes_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
