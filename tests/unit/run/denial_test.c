/* What a script says on stderr to the platform, and what is kept of what it was denied. */
#include <string.h>

#include "tests/lib/test.h"
#include "worker/run/run_denial.h"

static void a_whole_line_is_a_mark_or_output(void **state)
{
    static const struct {
        const char *line;
        enum output_mark mark;
        const char *words;
    } cases[] = {
        { "::progress 40 reading", MARK_PROGRESS, "40 reading" },
        { "::missing pandas main.py:3", MARK_MISSING, "pandas main.py:3" },
        { "::refused 10.0.0.1: no network", MARK_REFUSED, "10.0.0.1: no network" },
        { "::progress ", MARK_NONE, "" },
        { "::progress", MARK_NONE, "" },
        { " ::missing pandas main.py:3", MARK_NONE, "" },
        { "::Missing pandas main.py:3", MARK_NONE, "" },
        { "", MARK_NONE, "" },
    };
    const char *words;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        words = "";
        assert_int_equal(output_mark_read(cases[i].line, strlen(cases[i].line), &words), cases[i].mark);
        assert_string_equal(words, cases[i].words);
    }
}

static void a_beginning_is_held_back_only_as_long_as_it_may_become_a_mark(void **state)
{
    char line[700] = "::refused ";

    (void)state;
    memset(line + 10, 'x', sizeof line - 10);
    for (size_t bytes = 1; bytes < 600; bytes++)
        assert_true(output_mark_may_be(line, bytes));
    assert_false(output_mark_may_be(line, 600));
    assert_true(output_mark_may_be("::", 2));
    assert_false(output_mark_may_be("::x", 3));
    assert_false(output_mark_may_be("::missinx", 9));
    memcpy(line, "::progress ", 11);
    assert_true(output_mark_may_be(line, 199));
    assert_false(output_mark_may_be(line, 200));
}

static void a_denial_is_worded_once_in_both_languages_with_its_place(void **state)
{
    static const char words[] = "pandas main.py:3";
    struct arena arena;
    struct buf shown = { 0 };

    (void)state;
    arena_init(&arena);
    struct run_denials d = { .arena = &arena, .runtime = "base" };
    assert_true(run_denials_note(&d, MARK_MISSING, words, strlen(words), &shown));
    assert_string_equal(buf_text(&shown),
                        "execgov: main.py:3: the module \"pandas\" is not in runtime \"base\"; runtime \"data\" has it: name "
                        "it in skill.json\n"
                        "execgov: main.py:3: 运行环境“base”中没有模块“pandas”；运行环境“data”中有：请在 skill.json 中指定\n");
    buf_clear(&shown);
    assert_true(run_denials_note(&d, MARK_MISSING, words, strlen(words), &shown));
    assert_int_equal(shown.length, 0);
    assert_int_equal(d.count, 1);
    assert_true(run_denials_note(&d, MARK_REFUSED, "db: no network", 14, &shown));
    assert_string_equal(buf_text(&shown), "execgov: db: no network\nexecgov: 脚本的调用被拒绝：db: no network\n");
    assert_true(run_denials_have(&d, "db: no network"));
    assert_false(run_denials_have(&d, "db"));
    buf_release(&shown);
    arena_release(&arena);
}

static void what_names_no_module_and_what_is_too_much_stays_output(void **state)
{
    static const char *const odd[] = { "pandas", "pandas ", " main.py:3", "a-b main.py:3", "a.b", "\xff main.py:3" };
    struct arena arena;
    struct buf shown = { 0 };
    char words[] = "m0 main.py:3";

    (void)state;
    arena_init(&arena);
    struct run_denials d = { .arena = &arena, .runtime = "base" };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_false(run_denials_note(&d, MARK_MISSING, odd[i], strlen(odd[i]), &shown));
    assert_int_equal(d.count + (int)shown.length, 0);
    for (int i = 0; i < RUN_DENIALS_MAX; i++, words[1]++)
        assert_true(run_denials_note(&d, MARK_MISSING, words, strlen(words), &shown));
    assert_false(run_denials_note(&d, MARK_MISSING, words, strlen(words), &shown));
    assert_int_equal(d.count, RUN_DENIALS_MAX);
    buf_release(&shown);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_line_is_a_mark_or_output),
        cmocka_unit_test(a_beginning_is_held_back_only_as_long_as_it_may_become_a_mark),
        cmocka_unit_test(a_denial_is_worded_once_in_both_languages_with_its_place),
        cmocka_unit_test(what_names_no_module_and_what_is_too_much_stays_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
