#include "worker/sandbox/unpack/names.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static iconv_t gb18030;

static void names_become_paths_or_faults(void **state)
{
    static const struct {
        const char *raw;
        enum name_verdict verdict;
        const char *path; /* NULL: not looked at */
    } cases[] = {
        { "a/b.txt", NAME_TAKE, "a/b.txt" },
        { "./a//b/./c/", NAME_TAKE, "a/b/c" },
        { "a\\b.txt", NAME_TAKE, "a/b.txt" },
        { "./", NAME_EMPTY, NULL },
        { "", NAME_EMPTY, NULL },
        { "../a", NAME_DOTDOT, "../a" },
        { "a/../b", NAME_DOTDOT, NULL },
        { ".git/../../x", NAME_DOTDOT, NULL },
        { "..\\..\\windows", NAME_DOTDOT, NULL },
        { "a/..", NAME_DOTDOT, NULL },
        { "/etc/passwd", NAME_ABSOLUTE, NULL },
        { "\\\\server\\share", NAME_ABSOLUTE, NULL },
        { "C:\\x", NAME_ABSOLUTE, NULL },
        { "c:x", NAME_ABSOLUTE, NULL },
        { "./c:/x", NAME_ABSOLUTE, NULL },
        { "a/.git/config", NAME_IGNORE, "a/.git/config" },
        { "__MACOSX/a", NAME_IGNORE, NULL },
        { ".env", NAME_IGNORE, NULL },
        { "a/__pycache__/x.pyc", NAME_IGNORE, NULL },
        { "a\nb", NAME_HIDDEN, "a?b" },
        { "a\x7f", NAME_HIDDEN, NULL },
        { "\xe2\x80\xae" "evil", NAME_HIDDEN, "?evil" },
        { "-rf", NAME_INVALID, NULL },
        { "a/-x", NAME_INVALID, NULL },
        { "\xff\xff", NAME_ENCODING, "??" },
        { "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", NAME_TAKE, NULL },
        { "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", NAME_TOO_DEEP, NULL },
        { "\xcf\xfa\xca\xdb.csv", NAME_TAKE, "销售.csv" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct name name;
        enum name_verdict verdict = name_normalise(cases[i].raw, gb18030, &name);
        if (verdict != cases[i].verdict || (cases[i].path && strcmp(name.path, cases[i].path) != 0))
            fail_msg("\"%s\": %d \"%s\"", cases[i].raw, verdict, name.path);
    }
}

static void gbk_is_noticed(void **state)
{
    struct name name;
    (void)state;

    name_normalise("\xb1\xed", gb18030, &name);
    assert_true(name.was_gbk);
    name_normalise("表", gb18030, &name);
    assert_false(name.was_gbk);
}

static void clashes_are_found(void **state)
{
    struct arena arena;
    struct name_set set = { .arena = &arena };
    (void)state;

    arena_init(&arena);
    assert_int_equal(name_set_add(&set, "a/b"), NAME_NEW);
    assert_int_equal(name_set_add(&set, "a/c"), NAME_NEW);
    assert_int_equal(name_set_add(&set, "a/b"), NAME_DUPLICATE);
    assert_int_equal(name_set_add(&set, "a"), NAME_DUPLICATE);
    assert_int_equal(name_set_add(&set, "a/b/c"), NAME_DUPLICATE);
    assert_int_equal(name_set_add(&set, "A/d"), NAME_CASE_DUPLICATE);
    assert_int_equal(name_set_add(&set, "a/B"), NAME_CASE_DUPLICATE);
    assert_int_equal(name_set_add(&set, "Ä"), NAME_NEW);
    assert_int_equal(name_set_add(&set, "ä"), NAME_CASE_DUPLICATE);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_paths_or_faults),
        cmocka_unit_test(gbk_is_noticed),
        cmocka_unit_test(clashes_are_found),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    gb18030 = iconv_open("UTF-8", "GB18030");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    iconv_close(gb18030);
    return failed;
}
