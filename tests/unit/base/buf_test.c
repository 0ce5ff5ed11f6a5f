#include "core/base/buf.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

static void bytes_are_added_and_consumed_in_order(void **state)
{
    struct buf buf = { 0 };
    (void)state;
    assert_string_equal(buf_text(&buf), "");
    buf_consume(&buf, 0);
    buf_add(&buf, NULL, 0);
    assert_string_equal(buf_text(&buf), "");
    for (int i = 0; i < 1000; i++)
        buf_addf(&buf, "%d,", i);
    assert_int_equal(buf.length, 3890);
    buf_consume(&buf, 4);
    assert_memory_equal(buf_text(&buf), "2,3,4,", 6);
    buf_add(&buf, "\0x", 2);
    assert_int_equal(buf.length, 3888);
    assert_memory_equal(buf.data + buf.length - 2, "\0x", 3);
    buf_consume(&buf, buf.length);
    assert_string_equal(buf_text(&buf), "");
    memcpy(buf_reserve(&buf, 3), "abc", 3);
    buf.length += 3;
    buf_add_char(&buf, 'd');
    assert_string_equal(buf_text(&buf), "abcd");
    buf_clear(&buf);
    assert_string_equal(buf_text(&buf), "");
    buf_release(&buf);
    assert_null(buf.data);
}

static void a_json_string_reads_back_whatever_it_holds(void **state)
{
    char text[256 + 8];
    size_t length = 0;
    (void)state;
    for (int c = 1; c < 128; c++)
        text[length++] = (char)c;
    memcpy(text + length, "中😀", 7);
    length += 7;

    struct buf buf = { 0 };
    struct arena arena;
    struct gov_err err;
    arena_init(&arena);
    buf_add_json_string(&buf, text, length);
    json_t *json = json_parse(&arena, buf.data, buf.length, &err);
    assert_non_null(json);
    assert_int_equal(json_string_length(json), length);
    assert_memory_equal(json_string_value(json), text, length);
    buf_release(&buf);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_added_and_consumed_in_order),
        cmocka_unit_test(a_json_string_reads_back_whatever_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
