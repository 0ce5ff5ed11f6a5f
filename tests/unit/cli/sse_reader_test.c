#include "cli/net/sse_reader.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

struct seen {
    struct buf text; /* "kind|id|data\n" for each event */
    int stop_after;
};

static bool take(void *into, const struct sse_event *event)
{
    struct seen *seen = into;

    assert_int_equal(strlen(event->data), event->bytes);
    buf_addf(&seen->text, "%s|%s|%s\n", event->kind, event->id, event->data);
    return --seen->stop_after != 0;
}

static const char stream[] = "\xef\xbb\xbf: a comment\n"
                             "id: 7\nevent: state\ndata: {\"a\":1}\n\n"
                             "data: one\r\ndata:two\r\n\r\n"
                             "retry: 250\rdata\r\r"
                             "id: bad\0id\nevent: nothing\n\n"
                             "event: end\nid\ndata: x: y\n\n"
                             "data: never finished";
static const char expected[] = "state|7|{\"a\":1}\nmessage|7|one\ntwo\nmessage|7|\nend||x: y\n";

static void events_are_the_same_however_the_bytes_are_cut(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < sizeof stream; cut++) {
        struct seen seen = { .stop_after = -1 };
        struct sse_reader reader;
        sse_reader_init(&reader, take, &seen);
        for (size_t at = 0; at < sizeof stream - 1; at += cut) {
            size_t left = sizeof stream - 1 - at;
            assert_true(sse_reader_feed(&reader, stream + at, left < cut ? left : cut));
        }
        assert_string_equal(seen.text.data, expected);
        assert_int_equal(reader.retry_ms, 250);
        sse_reader_release(&reader);
        buf_release(&seen.text);
    }
}

static void a_new_connection_drops_the_half_event_and_keeps_the_id(void **state)
{
    struct seen seen = { .stop_after = -1 };
    struct sse_reader reader;
    (void)state;
    sse_reader_init(&reader, take, &seen);
    assert_true(sse_reader_feed(&reader, "id: 41\ndata: a\n\nid: 42\ndata: ha", 31));
    sse_reader_restart(&reader);
    assert_true(sse_reader_feed(&reader, "data: b\n\n", 9));
    assert_string_equal(seen.text.data, "message|41|a\nmessage|42|b\n");
    assert_string_equal(reader.id.data, "42");
    sse_reader_release(&reader);
    buf_release(&seen.text);
}

static void the_taker_stops_the_reading(void **state)
{
    struct seen seen = { .stop_after = 1 };
    struct sse_reader reader;
    (void)state;
    sse_reader_init(&reader, take, &seen);
    assert_false(sse_reader_feed(&reader, "data: a\n\ndata: b\n\n", 18));
    assert_string_equal(seen.text.data, "message||a\n");
    sse_reader_release(&reader);
    buf_release(&seen.text);
}

static void an_endless_line_is_refused(void **state)
{
    static char block[65536];
    struct seen seen = { 0 };
    struct sse_reader reader;
    size_t fed = 0;
    (void)state;
    memset(block, 'x', sizeof block);
    sse_reader_init(&reader, take, &seen);
    while (fed <= SSE_EVENT_BYTES_MAX && sse_reader_feed(&reader, block, sizeof block))
        fed += sizeof block;
    assert_true(fed <= SSE_EVENT_BYTES_MAX);
    sse_reader_release(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_the_same_however_the_bytes_are_cut),
        cmocka_unit_test(a_new_connection_drops_the_half_event_and_keeps_the_id),
        cmocka_unit_test(the_taker_stops_the_reading),
        cmocka_unit_test(an_endless_line_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
