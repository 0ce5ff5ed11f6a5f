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

static void a_route_of_the_platform_is_known_in_short_and_whole(void **state)
{
    (void)state;
    says("there is no such customer; GET …/customers lists them", "there is no such customer; `execgov customer ls` lists them");
    says("没有该客户；见 GET …/customers", "没有该客户；见 `execgov customer ls`");
    says("until termination is proposed (GET /v1/platform/finance-tasks)", "until termination is proposed (`execgov task ls`)");
    says("(GET …/payments?state=unapplied, ?state=credit)", "(`execgov payment ls --state unapplied`, ?state=credit)");
    says("then cancel it (POST …/orders/{id}/cancel)", "then cancel it (`execgov order cancel ID`)");
    says("(POST …/editions/team-small/versions)", "(`execgov edition version team-small`)");
    says("POST …/tenants/{id}/drop/continue goes on", "`execgov tenant drop ID` goes on");
    says("GET …/customers/x/y", "GET …/customers/x/y");
}

/* Every route that a refusal names is one that a command stands for, in both languages. */
static void a_refusal_names_no_route(void **state)
{
    static const struct {
        const char *en, *zh;
    } refusals[] = {
#define REFUSAL(part, en, zh) { en, zh },
#include "api/refusal.def"
#undef REFUSAL
    };
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const char *en = route_words_in(refusals[i].en, &arena), *zh = route_words_in(refusals[i].zh, &arena);

        if (strstr(en, " …/") || strstr(zh, " …/"))
            fail_msg("a row of route_words.c is missing: %s / %s", en, zh);
    }
    arena_release(&arena);
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
        cmocka_unit_test(a_route_of_the_platform_is_known_in_short_and_whole),
        cmocka_unit_test(a_refusal_names_no_route),
        cmocka_unit_test(another_route_stays_as_it_is),
        cmocka_unit_test(every_row_names_a_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
