/* Settings and addresses of channels: what fits, and that nothing of an address can become a header or a query. */
#include "core/model/channel.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

static bool reads(const char *kind, const char *settings, struct channel_settings *read)
{
    struct arena arena;
    struct gov_err err;
    json_error_t where;

    arena_init(&arena);
    json_t *json = json_loads(settings, 0, &where);
    bool good = channel_settings_read(kind, json, read, &arena, &err);
    assert_true(good || err.code == GOV_INVALID_INPUT);
    json_decref(json);
    arena_release(&arena);
    return good;
}

static void settings_are_those_of_the_kind(void **state)
{
    struct channel_settings s;

    (void)state;
    assert_true(reads("smtp", "{\"host\":\"mail.example\",\"from\":\"a@b.example\"}", &s));
    assert_int_equal(s.port, 587);
    assert_string_equal(s.security, "starttls");
    assert_false(reads("smtp", "{\"host\":\"mail.example\"}", &s));
    assert_false(reads("smtp", "{\"host\":\"mail.example/x\",\"from\":\"a@b.example\"}", &s));
    assert_false(reads("smtp", "{\"host\":\"m\",\"from\":\"a@b.example\",\"password\":\"x\"}", &s));
    assert_false(reads("smtp", "{\"host\":\"m\",\"from\":\"a@b.example\",\"from_name\":\"a\\\"b\"}", &s));
    assert_true(reads("wecom", "{}", &s));
    assert_false(reads("wecom", "{\"url\":\"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k\"}", &s));
    assert_false(reads("webhook", "{}", &s));
    assert_false(reads("webhook", "{\"url\":\"https://u:p@x.example/\"}", &s));
    assert_true(reads("sms", "{\"url\":\"https://x.example/send\"}", &s));
    assert_string_equal(s.provider, "http");
}

static void addresses_are_those_of_the_kind(void **state)
{
    static const struct {
        const char *kind, *endpoint;
        bool good;
    } cases[] = {
        { "smtp", "a@b.example", true },        { "smtp", "a@b@c", false },
        { "smtp", "a@b.example\r\nTo: c", false }, { "smtp", "<a@b.example>", false },
        { "smtp", "nobody", false },            { "smtp", "a,b@c.example", false },
        { "sms", "+8613800138000", true },      { "sms", "1380013800x", false },
        { "sms", "12", false },                 { "webhook", "-", true },
        { "webhook", "https://x.example", false }, { "wecom", "-", true },
        { "wecom", "zhangsan", true },          { "wecom", "a b", false },
        { "feishu", "<at user_id=\"all\">", false }, { "dingtalk", "13800138000", true },
        { "dingtalk", "", false },
    };
    struct gov_err err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(channel_endpoint_check(cases[i].kind, cases[i].endpoint, "/endpoint", &err), cases[i].good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_those_of_the_kind),
        cmocka_unit_test(addresses_are_those_of_the_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
