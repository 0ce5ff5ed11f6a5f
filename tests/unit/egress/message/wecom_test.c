/* What a WeCom robot is sent never has more bytes than it takes, and no half of a character. */
#include "worker/egress/daemon/message/message.h"

#include <string.h>

#include "core/base/text.h"
#include "tests/lib/test.h"

/* The text of a message whose words are `lead` ASCII letters and then Chinese ones, three bytes each. */
static const char *sent(struct message *m, size_t lead, const char *link)
{
    static char text[6001];
    struct gov_err err = { 0 };

    memset(text, 'x', lead);
    text[lead] = '\0';
    for (size_t at = lead; at + 3 < sizeof text; at += 3)
        memcpy(text + at, "字", sizeof "字");
    *m = (struct message){ .secret = json_string("key"), .endpoint = "-", .subject = "s", .text = text, .link = link };
    arena_init(&m->op.arena);
    json_own(&m->op.arena, (json_t *)m->secret);
    assert_true(message_wecom.form(m, &err));
    json_t *body = json_own(&m->op.arena, json_loadb(m->exchange.body, m->exchange.body_bytes, 0, NULL));
    return json_get_text(json_object_get(body, "text"), "content");
}

static void a_text_is_cut_between_characters(void **state)
{
    const char *const links[] = { NULL, "https://gov.example/x" };

    (void)state;
    for (size_t lead = 0; lead < 6; lead++)
        for (int i = 0; i < 2; i++) {
            struct message m;
            const char *text = sent(&m, lead, links[i]);

            assert_in_range(strlen(text), 2046, 2048);
            assert_true(text_utf8_valid(text, strlen(text)));
            assert_non_null(strstr(text, "字…"));
            if (links[i])
                assert_string_equal(links[i], text + strlen(text) - strlen(links[i]));
            arena_release(&m.op.arena);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
