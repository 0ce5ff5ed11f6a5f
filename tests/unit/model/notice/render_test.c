/* What messages say: fields, sections, and that what is filled in stays data. */
#include "core/model/notice.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

struct fixture {
    struct arena arena;
    struct gov_err err;
    struct notice notice;
};

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    arena_init(&f.arena);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    arena_release(&((struct fixture *)*state)->arena);
    return 0;
}

static bool render(struct fixture *f, const char *event, const char *locale, const char *payload)
{
    json_error_t where;
    json_t *json = json_own(&f->arena, json_loads(payload, 0, &where));

    assert_non_null(json);
    return notice_render(event, locale, json, "Asia/Shanghai", &f->arena, &f->notice, &f->err);
}

#define RECEIPT "{\"order_no\":\"O-7\",\"amount_minor\":29900,\"currency\":\"CNY\""

static void money_and_optional_parts_are_put_in(void **state)
{
    struct fixture *f = *state;

    assert_true(render(f, "payment.received", "en", RECEIPT "}"));
    assert_string_equal(f->notice.subject, "Payment received: order O-7");
    assert_string_equal(f->notice.text, "We have received CNY 299.00 for order O-7. Thank you.");
    /* Whose and for what: with two subscriptions nobody knew which was paid. */
    assert_true(render(f, "payment.received", "en", RECEIPT ",\"customer\":\"Acme\",\"edition\":\"team-monthly\",\"tenant\":\"Lab\"}"));
    assert_string_equal(f->notice.text, "We have received CNY 299.00 for order O-7: team-monthly for Acme (tenant Lab). Thank you.");
    assert_true(render(f, "payment.received", "zh-CN", RECEIPT ",\"customer\":\"甲公司\",\"edition\":\"team-monthly\",\"tenant\":null}"));
    assert_string_equal(f->notice.text, "已收到订单 O-7 的付款 CNY 299.00：甲公司 的 team-monthly，谢谢。");
    assert_true(render(f, "payment.received", "zh-CN", RECEIPT ",\"until\":\"2026-12-31\"}"));
    assert_non_null(strstr(f->notice.text, "有效期至 2026-12-31"));
    assert_null(strstr(f->notice.text, "skill copy"));
    /* A team beside a personal account begins empty. */
    for (const char *const *locale = (const char *const[]){ "en", "zh-CN", NULL }; *locale; locale++) {
        assert_true(render(f, "payment.received", *locale, RECEIPT ",\"own\":\"Pia's own\"}"));
        assert_non_null(strstr(f->notice.text, "Pia's own"));
        assert_non_null(strstr(f->notice.text, "skill copy --all --to team"));
    }
}

static void a_missing_field_is_refused_and_named(void **state)
{
    struct fixture *f = *state;

    assert_false(render(f, "payment.received", "en", "{\"order_no\":\"O-7\",\"currency\":\"CNY\"}"));
    assert_int_equal(f->err.code, GOV_INVALID_INPUT);
    assert_string_equal(f->err.path, "amount");
    assert_false(render(f, "payment.received", "en", "{\"order_no\":null,\"amount_minor\":1,\"currency\":\"CNY\"}"));
    assert_string_equal(f->err.path, "order_no");
    assert_false(render(f, "payment.received", "en", "{\"order_no\":\"x\",\"amount_minor\":1.5,\"currency\":\"CNY\"}"));
    assert_false(render(f, "no.such.event", "en", "{}"));
}

static void values_are_data_and_cannot_make_lines(void **state)
{
    struct fixture *f = *state;

    assert_true(render(f, "channel.test", "en", "{\"by\":\"a\\r\\nBcc: b\\u202e{by}[[\"}"));
    assert_non_null(strstr(f->notice.text, "a  Bcc: b {by}[[ asked"));
}

static void times_are_shown_in_the_readers_zone(void **state)
{
    struct fixture *f = *state;

    assert_true(render(f, "subscription.grace", "zh-CN",
                       "{\"customer\":\"甲\",\"edition\":\"team\",\"paid_until\":\"2026-12-01\",\"amount_minor\":1,"
                       "\"currency\":\"JPY\",\"shutdown_due_at\":\"2026-12-07T16:00:00.000000Z\"}"));
    assert_non_null(strstr(f->notice.subject, "2026-12-08 00:00 (Asia/Shanghai)"));
    assert_non_null(strstr(f->notice.text, "JPY 1"));
}

static void a_window_chooses_its_own_words(void **state)
{
    struct fixture *f = *state;

    assert_ptr_equal(notice_find("subscription.reminder", "T-15"), notice_find("subscription.reminder", NULL));
    assert_ptr_not_equal(notice_find("subscription.reminder", "G-1"), notice_find("subscription.reminder", NULL));
    assert_null(notice_find("subscription", "reminder"));
    (void)f;
}

static size_t fields_of(const char *text)
{
    size_t count = 0;

    for (const char *c = text; (c = strchr(c, '{')) != NULL; c++)
        count++;
    return count;
}

/* Both languages say the same: as many fields, balanced brackets, and Chinese that is Chinese. */
#define DIGEST                                                                                     \
    "\"day\":\"2027-12-02\",\"yesterday\":\"2027-12-01\",\"orders\":0,\"reminders\":0,\"graces\":0,\"shutdowns\":0,\"ends_7\":0,"        \
    "\"shutdowns_7\":0,\"tasks\":0,\"approvals\":0,\"renewals_30\":0,\"touches_30\":0,\"tomorrow_count\":"

/* A quiet day has no empty lines, and one with everything says how a shutdown is held. */
static void the_digest_is_short_on_a_quiet_day_and_says_how_to_hold(void **state)
{
    struct fixture *f = *state;

    assert_true(render(f, "finance.digest", "en", "{" DIGEST "0}"));
    assert_null(strstr(f->notice.text, "hold"));
    assert_null(strstr(f->notice.text, "\n\n"));
    assert_true(render(f, "finance.digest", "en", "{" DIGEST "1,\"tomorrow\":[\"2027-12-03 00:00  Acme  S-1\"],\"money\":\"CNY 1.00\","
                       "\"oldest_days\":3,\"last_scan\":\"2027-12-01T00:00:00Z\",\"scans_stopped\":2,\"no_calendar\":\"CN 2027\"}"));
    assert_non_null(strstr(f->notice.text, "2027-12-03 00:00  Acme  S-1\nTo hold one: execgov subscription hold"));
    assert_non_null(strstr(f->notice.text, "the oldest for 3 days"));
    assert_non_null(strstr(f->notice.text, "CN 2027"));
    assert_true(render(f, "finance.digest", "en", "{" DIGEST "0,\"untold\":[\"Acme  shutdown_untold  2027-12-09 00:00  S-1\"]}"));
    assert_non_null(strstr(f->notice.text, "says what helps:\nAcme  shutdown_untold  2027-12-09 00:00  S-1\nWaiting"));
    /* whatever a name or a reason has in it, one entry is one line */
    assert_true(render(f, "finance.digest", "en", "{" DIGEST "0,\"emergencies\":[\"a\\nb\\u2028c\\r\\nd\"]}"));
    assert_non_null(strstr(f->notice.text, "yet:\na b c  d\n"));
    assert_true(render(f, "finance.digest", "zh-CN", "{" DIGEST "0,\"scans_ever\":0}"));
    assert_non_null(strstr(f->notice.text, "至今到期扫描 0 次"));
}

static void every_template_is_whole_in_both_languages(void **state)
{
    const struct notice_template *t;

    (void)state;
    for (size_t i = 0; (t = notice_template(i)) != NULL; i++) {
        assert_true(t->version >= 1);
        assert_ptr_equal(notice_find(t->event, NULL), t);
        assert_int_equal(fields_of(t->text[GOV_EN]), fields_of(t->text[GOV_ZH]));
        assert_int_equal(fields_of(t->subject[GOV_EN]), fields_of(t->subject[GOV_ZH]));
        for (int language = 0; language < 2; language++) {
            assert_true(strlen(t->subject[language]) < 200);
            const char *open = strstr(t->text[language], "[["), *close = strstr(t->text[language], "]]");
            assert_true(!open == !close && (!open || open < close));
        }
        assert_true((unsigned char)t->text[GOV_ZH][0] > 127 || t->text[GOV_ZH][0] == '{');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(money_and_optional_parts_are_put_in, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_field_is_refused_and_named, setup, teardown),
        cmocka_unit_test_setup_teardown(values_are_data_and_cannot_make_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(times_are_shown_in_the_readers_zone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_window_chooses_its_own_words, setup, teardown),
        cmocka_unit_test_setup_teardown(the_digest_is_short_on_a_quiet_day_and_says_how_to_hold, setup, teardown),
        cmocka_unit_test(every_template_is_whole_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
