/* money_word_test.c - codes of the money side in the person's language, and back. */
#include "cli/command/money/money_word.h"

#include "tests/lib/test.h"

static const char *word(enum gov_language language, struct arena *arena, const char *member, const char *text)
{
    struct cli cli = { .language = language };

    arena_init(&cli.arena);
    const char *said = money_word(&cli, member, text);
    said = said ? arena_text(arena, said) : NULL;
    arena_release(&cli.arena);
    return said;
}

static void codes_have_words_and_what_people_wrote_stays(void **state)
{
    static const struct {
        const char *member, *text, *zh;
    } cases[] = {
        { "state", "pending_payment", "待付款" }, { "task/kind", "payment_partial", "付款不足" }, { "what", "order.paid", "订单：已付款" },
        { "action", "order.refund", "订单退款" }, { "state", "no_such_state", "no_such_state" }, { "what", "order.no_such", "order.no_such" },
        { "state", "pending", "待生效" }, { "message/state", "pending", "待发送" }, { "message/state", "sent", "已发送" },
        { "what", "message.pending", "消息：待发送" }, { "what", "approval.approved", "审批：已批准" }, { "outcome", "approval", "须审批" },
        { "what", "shutdown.done", "停用：已完成" }, { "what", "subscription.shutdown", "订阅：已停用" }, { "action", "shutdown", "停用" },
        { "state", "shutdown", "已停用" }, { "state", "withdrawn", "已结束" }, { "state", "open", "未结" },
        { "name", "active", "active" }, { "customer", "team", "team" }, { "state", "", "" },
    };
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(word(GOV_ZH, &arena, cases[i].member, cases[i].text), cases[i].zh);
        assert_string_equal(word(GOV_EN, &arena, cases[i].member, cases[i].text), cases[i].text);
    }
    assert_null(word(GOV_ZH, &arena, "state", NULL));
    arena_release(&arena);
}

static const char *typed(const char *state)
{
    struct command_option option = { .name = "state" };
    struct args_option given = { &option, state };
    struct args args = { .options = &given, .option_count = 1 };

    return money_state(&args, "waiting");
}

/* A list can be asked for by what it shows. */
static void a_state_is_known_by_its_word_and_its_code(void **state)
{
    static const char *const codes[] = {
        "draft", "pending_payment", "payment_reported", "paid", "activating", "active", "activation_failed", "cancelled", "expired",
        "refunded", "applied", "unapplied", "returned", "credit", "all", "received", "done", "ignored", "unmatched", "failed", "pending",
        "grace", "shutdown", "terminated", "provisioning", "suspended", "terminating", "waiting", "approved", "rejected", "withdrawn",
        "executed", "sending", "sent", "retry", "dead", "suppressed", "unknown",
    };
    struct args none = { 0 };
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const char *zh = word(GOV_ZH, &arena, "state", codes[i]);
        assert_string_not_equal(zh, codes[i]);
        assert_string_equal(typed(zh), codes[i]);
        assert_string_equal(typed(codes[i]), codes[i]);
    }
    assert_string_equal(typed(word(GOV_ZH, &arena, "message/state", "pending")), "pending");
    assert_string_equal(money_state(&none, "waiting"), "waiting");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_words_and_what_people_wrote_stays),
        cmocka_unit_test(a_state_is_known_by_its_word_and_its_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
