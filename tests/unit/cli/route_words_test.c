/* What the server says in routes is said in commands that exist. */
#include "cli/net/route_words.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "tests/lib/test.h"

static void says(const char *text, const char *wanted)
{
    struct arena arena;

    arena_init(&arena);
    assert_string_equal(route_words_in(text, &arena), wanted);
    arena_release(&arena);
}

static void a_route_becomes_its_command(void **state)
{
    (void)state;
    says("there is no skill \"x\" here; GET /v1/skills lists what you may run",
         "there is no skill \"x\" here; `execgov list` lists what you may run");
    says("没有报表“x”；可用报表见 GET /v1/platform/reports", "没有报表“x”；可用报表见 `execgov report ls`");
    says("you may not run \"x\"; GET /v1/skills/bank-recon/why says why",
         "you may not run \"x\"; `execgov skill why bank-recon` says why");
    says("(GET /v1/me, quotas)", "(`execgov whoami`, quotas)");
    says("uses POST /v1/login {\"tenant\": \"platform\"}", "uses `execgov login --tenant platform`");
    says("GET /v1/platform/periods/2026-10 shows each", "`execgov period check 2026-10` shows each");
}

static void another_route_stays_as_it_is(void **state)
{
    static const char *const others[] = { "GET /v1/skills/x/versions/3 shows it", "POST /v1/skills takes it", "GET /v1/skillset",
                                          "GET /v1/runs", "GET /v1/", "nothing about routes", "GET /v1/members/7/x" };
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        says(others[i], others[i]);
}

static void every_row_names_a_command(void **state)
{
    (void)state;
    for (const struct route_word *w = route_words; w->route; w++) {
        char words[80], *rest = words, *part;
        const char *list[8];
        size_t count = 0, used = 0;
        snprintf(words, sizeof words, "%s", w->command);
        while ((part = strsep(&rest, " ")) && count < 8 && strncmp(part, "--", 2) != 0)
            if (strcmp(part, "{}") != 0)
                list[count++] = part;
        if (!command_find(list, count, &used) || used != count)
            fail_msg("no such command: %s", w->command);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_route_becomes_its_command),
        cmocka_unit_test(another_route_stays_as_it_is),
        cmocka_unit_test(every_row_names_a_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
