#include "cli/net/remote_problem.h"

#include <string.h>

#include "cli/out/show.h"
#include "core/base/json.h"
#include "tests/lib/test.h"

static bool judge(struct cli *cli, long status, const char *body, struct gov_err *err)
{
    struct remote_answer answer = { .status = status, .body = body, .bytes = strlen(body) };

    memset(cli, 0, sizeof *cli);
    memset(err, 0, sizeof *err);
    arena_init(&cli->arena);
    cli->profile.url = "http://test";
    return remote_problem_judge(cli, &answer, err);
}

static void each_answer_has_the_promised_exit_code(void **state)
{
    static const struct {
        long status;
        const char *body;
        int exit_code;
    } cases[] = {
        { 401, "{\"code\":\"unauthenticated\",\"detail\":\"x\"}", 3 },
        { 403, "{\"code\":\"forbidden\"}", 3 },
        { 403, "{\"code\":\"self_confirmation\"}", 4 },
        { 409, "{\"code\":\"plan_stale\"}", 4 },
        { 422, "{\"code\":\"invalid_input\"}", 2 },
        { 503, "{\"code\":\"store_unavailable\"}", 5 },
        { 504, "{\"code\":\"deadline\"}", 6 },
        { 500, "{\"code\":\"internal\"}", 5 },
        /* codes of a newer server: judged by status */
        { 409, "{\"code\":\"brand_new\"}", 4 },
        { 403, "{\"code\":\"brand_new\"}", 3 },
        { 422, "{\"code\":\"brand_new\"}", 2 },
        { 503, "{\"code\":\"brand_new\"}", 5 },
        /* no problem at all: a proxy between */
        { 502, "<html>bad gateway</html>", 5 },
        { 504, "", 6 },
        { 404, "not here", 2 },
        { 301, "", 5 },
        { 200, "{\"broken\":", 5 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cli cli;
        struct gov_err err;
        assert_false(judge(&cli, cases[i].status, cases[i].body, &err));
        assert_int_equal(gov_code_info(err.code)->exit_code, cases[i].exit_code);
        arena_release(&cli.arena);
    }
}

static void the_detail_of_the_server_is_what_is_said(void **state)
{
    struct cli cli;
    struct gov_err err;
    (void)state;
    assert_false(judge(&cli, 404, "{\"code\":\"not_found\",\"detail\":\"no skill 100%s\"}", &err));
    assert_string_equal(err.en, "no skill 100%s");
    assert_string_equal(json_get_text(cli.problem, "code"), "not_found");
    arena_release(&cli.arena);
}

static void how_a_run_ended_is_the_exit_code(void **state)
{
    static const struct {
        const char *json;
        int exit_code;
    } cases[] = {
        { "{\"state\":\"succeeded\"}", 0 },
        { "{\"state\":\"planned\"}", 0 },
        { "{\"state\":\"queued\"}", 0 },
        { "{\"state\":\"failed\"}", 1 },
        { "{\"state\":\"failed\",\"error\":{\"code\":\"memory_limit\"}}", 1 },
        { "{\"state\":\"failed\",\"error\":{\"code\":\"sandbox_unavailable\"}}", 5 },
        { "{\"state\":\"failed\",\"error\":{\"code\":\"brand_new\"}}", 1 },
        { "{\"state\":\"failed\",\"run\":{\"error\":{\"code\":\"quota_exceeded\"}}}", 4 },
        { "{\"state\":\"rejected\"}", 4 },
        { "{\"state\":\"expired\"}", 4 },
        { "{\"state\":\"cancelled\"}", 1 },
        { "{\"state\":\"needs_answer\"}", 2 },
        { "{\"state\":\"abstained\"}", 1 },
        { "{\"state\":\"from_the_future\"}", 0 },
    };
    struct arena arena;
    struct gov_err err;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(show_exit_code(json_parse(&arena, cases[i].json, strlen(cases[i].json), &err)),
                         cases[i].exit_code);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_has_the_promised_exit_code),
        cmocka_unit_test(the_detail_of_the_server_is_what_is_said),
        cmocka_unit_test(how_a_run_ended_is_the_exit_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
