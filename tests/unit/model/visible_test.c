#include "core/model/visible.h"

#include <string.h>

#include "tests/lib/test.h"

static void hidden_characters_are_replaced_and_others_kept(void **state)
{
    static const struct {
        const char *text;
        size_t bytes;
        const char *shown;
    } cases[] = {
        { "plain 中文 😀", 0, "plain 中文 😀" },
        { "a\0b", 3, "a␀b" },
        { "tab\tline\nret\r", 0, "tab␉line␊ret␍" },
        { "\x7f", 0, "␡" },
        { "\u202egnp.exe", 0, "⟨U+202E⟩gnp.exe" },
        { "zero\u200bwidth\ufeff", 0, "zero⟨U+200B⟩width⟨U+FEFF⟩" },
        { "tag\U000e0041", 0, "tag⟨U+E0041⟩" },
        { "\xff"
          "a\xe4\xb8",
          0, "⟨0xFF⟩a⟨0xE4⟩⟨0xB8⟩" },
        { "", 0, "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = { 0 };
        size_t bytes = cases[i].bytes ? cases[i].bytes : strlen(cases[i].text);
        visible_add(&out, cases[i].text, bytes);
        assert_string_equal(buf_text(&out), cases[i].shown);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_characters_are_replaced_and_others_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
