#include "core/io/http/http_language.h"
#include "tests/lib/test.h"

static void the_heavier_of_two_languages_wins(void **state)
{
    static const struct {
        const char *accept;
        enum gov_language language;
    } cases[] = {
        { NULL, GOV_EN },
        { "", GOV_EN },
        { "zh", GOV_ZH },
        { "zh-CN", GOV_ZH },
        { "ZH-hant-TW", GOV_ZH },
        { "en-GB", GOV_EN },
        { "fr, de", GOV_EN },
        { "fr, zh;q=0.1", GOV_ZH },
        { "zh-CN,zh;q=0.9,en;q=0.8", GOV_ZH },
        { "en-US,en;q=0.9,zh-CN;q=0.8", GOV_EN },
        { "en;q=0.5, zh;q=0.6", GOV_ZH },
        { "en;q=0.51, zh;q=0.509", GOV_EN },
        { "zh ; q=0.3 , en ; q=0.4", GOV_EN },
        { "en;q=0, zh;q=0.001", GOV_ZH },
        { "zh;q=0", GOV_EN },
        { "zh, en", GOV_ZH },
        { "en, zh", GOV_EN },
        { "zhx, enx", GOV_EN },
        { "*", GOV_EN },
        { "zh;q=nonsense, en;q=0.1", GOV_EN },
        { "zh;q=", GOV_EN },
        { ",,;q=,zh", GOV_ZH },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (http_language_parse(cases[i].accept) != cases[i].language)
            fail_msg("%s", cases[i].accept ? cases[i].accept : "(none)");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_heavier_of_two_languages_wins) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
