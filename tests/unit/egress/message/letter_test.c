/* A message as a mail: what RFC 5322 and 2047 ask of it. */
#include "worker/egress/daemon/message/letter.h"

#include <sodium.h>
#include <string.h>

#include "tests/lib/test.h"

static const char *written(struct arena *arena, const char *subject, const char *text)
{
    const struct letter letter = { "gov@vendor.example", "bills@acme.example", "Governance", subject, text, "id-1",
                                   1795670000LL * 1000000 };

    return letter_write(&letter, arena);
}

static void headers_are_those_of_a_mail(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena);
    const char *letter = written(&arena, "Plain words", "One\nTwo");
    assert_true(strncmp(letter, "From: \"Governance\" <gov@vendor.example>\r\nTo: bills@acme.example\r\n", 62) == 0);
    assert_non_null(strstr(letter, "\r\nSubject: Plain words\r\n"));
    assert_non_null(strstr(letter, "\r\nDate: Thu, 26 Nov 2026 05:13:20 +0000\r\n"));
    assert_non_null(strstr(letter, "\r\nMessage-ID: <id-1@vendor.example>\r\n"));
    assert_non_null(strstr(letter, "\r\n\r\nT25lDQpUd28NCg==\r\n")); /* One CR LF Two CR LF */
    arena_release(&arena);
}

static void no_line_is_longer_than_a_mail_allows(void **state)
{
    struct arena arena;
    char text[4000], subject[600];

    (void)state;
    arena_init(&arena);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    subject[0] = 0;
    for (int i = 0; i < 150; i++)
        memcpy(subject + 3 * i, "订", 4);
    const char *letter = written(&arena, subject, text), *line = letter;
    for (const char *end; (end = strstr(line, "\r\n")) != NULL; line = end + 2) {
        assert_true(end - line <= 78);
        assert_null(memchr(line, '\n', (size_t)(end - line)));
    }
    arena_release(&arena);
}

/* RFC 2047, section 5 (3): a character is never divided between two encoded words. */
static void encoded_words_hold_whole_characters(void **state)
{
    struct arena arena;
    char subject[200] = "", whole[400] = "";
    size_t at = 0;

    (void)state;
    arena_init(&arena);
    for (int i = 0; i < 40; i++)
        memcpy(subject + 3 * i, "单", 4);
    const char *words = letter_words(subject, &arena);
    for (const char *word = words; (word = strstr(word, "=?UTF-8?B?")) != NULL;) {
        unsigned char bytes[100];
        size_t length;
        word += 10;
        const char *end = strstr(word, "?=");
        assert_int_equal(sodium_base642bin(bytes, sizeof bytes, word, (size_t)(end - word), NULL, &length, NULL,
                                           sodium_base64_VARIANT_ORIGINAL), 0);
        assert_int_equal(length % 3, 0);
        memcpy(whole + at, bytes, length);
        at += length;
    }
    assert_string_equal(whole, subject);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_those_of_a_mail),
        cmocka_unit_test(no_line_is_longer_than_a_mail_allows),
        cmocka_unit_test(encoded_words_hold_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
