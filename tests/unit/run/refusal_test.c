/* When a script's failure is the failure of a call. */
#include <string.h>

#include "tests/lib/test.h"
#include "worker/run/run_refusal.h"

static struct gov_err told(enum gov_code code, const char *text)
{
    struct gov_err err = { 0 };

    if (code)
        gov_fail(&err, code, "%s", "中文 %s", text);
    return err;
}

static void what_egress_said_and_the_script_ended_by_is_its_error(void **state)
{
    static const char *const lines[] = {
        "execgov.ExecGovRefused: partner: the operation is not allowed (at main.py:3)",
        "requests.exceptions.ConnectionError: ('Connection aborted.', ExecGovUnavailable('the operation is not allowed'))",
        "urllib.error.URLError: <urlopen error partner: the operation is not allowed>",
    };
    struct gov_err said = told(GOV_WRITE_NOT_WHITELISTED, "the operation is not allowed");

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct gov_err err = told(GOV_SCRIPT_FAILED, "exit code 1");
        assert_true(run_refusal_read(lines[i], &said, &err));
        assert_int_equal(err.code, GOV_WRITE_NOT_WHITELISTED);
        assert_string_equal(err.en, "the operation is not allowed");
        assert_string_equal(err.zh, "中文 the operation is not allowed");
    }
}

static void a_refusal_that_the_script_survived_is_not(void **state)
{
    static const char *const lines[] = { "ValueError: no such month", "KeyError: 'ExecGovRefused'", "", NULL };
    struct gov_err said = told(GOV_NOT_GRANTED, "\"weather\" is not granted");

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct gov_err err = told(GOV_SCRIPT_FAILED, "exit code 1");
        assert_false(run_refusal_read(lines[i], &said, &err));
        assert_int_equal(err.code, GOV_SCRIPT_FAILED);
    }
}

static void one_that_never_reached_egress_is_known_by_its_line(void **state)
{
    struct gov_err nothing = told(GOV_OK, ""), err = told(GOV_SCRIPT_FAILED, "exit code 1");

    (void)state;
    assert_true(run_refusal_read("execgov.ExecGovRefused: 10.0.0.1: scripts have no network (at main.py:9)", &nothing, &err));
    assert_int_equal(err.code, GOV_ADDRESS_REFUSED);
    assert_non_null(strstr(err.en, "10.0.0.1"));
    assert_non_null(strstr(err.en, "main.py:9"));
}

static void a_module_that_is_missing_is_named_with_its_runtime_and_what_helps(void **state)
{
    struct gov_err err = told(GOV_SCRIPT_FAILED, "exit code 1");

    (void)state;
    assert_true(run_refusal_module("ModuleNotFoundError: No module named 'pandas.io'; 'pandas' is not a package", "base", &err));
    assert_int_equal(err.code, GOV_SCRIPT_FAILED);
    assert_string_equal(err.en, "the module \"pandas\" is not in runtime \"base\"; runtime \"data\" has it: name it in skill.json");
    assert_string_equal(err.zh, "运行环境“base”中没有模块“pandas”；运行环境“data”中有：请在 skill.json 中指定");
    assert_true(run_refusal_module("ModuleNotFoundError: No module named 'flask'", "data", &err));
    assert_non_null(strstr(err.en, "\"flask\" is not in runtime \"data\""));
    assert_non_null(strstr(err.en, "wheels/"));
    assert_false(run_refusal_module("ImportError: cannot import name 'x' from 'y'", "base", &err));
    assert_false(run_refusal_module("ModuleNotFoundError: No module named ''", "base", &err));
    assert_false(run_refusal_module("ModuleNotFoundError: No module named 'a b'", "base", &err));
    assert_false(run_refusal_module(NULL, "base", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_egress_said_and_the_script_ended_by_is_its_error),
        cmocka_unit_test(a_refusal_that_the_script_survived_is_not),
        cmocka_unit_test(one_that_never_reached_egress_is_known_by_its_line),
        cmocka_unit_test(a_module_that_is_missing_is_named_with_its_runtime_and_what_helps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
