#include "core/io/http/http_range.h"
#include "tests/lib/test.h"

static void ranges_are_cut_to_the_file(void **state)
{
    static const struct {
        const char *value;
        uint64_t size;
        enum http_range_kind kind;
        uint64_t offset, length;
    } cases[] = {
        { NULL, 100, HTTP_RANGE_WHOLE },
        { "", 100, HTTP_RANGE_WHOLE },
        { "bytes=0-0", 100, HTTP_RANGE_PART, 0, 1 },
        { "Bytes=0-99", 100, HTTP_RANGE_PART, 0, 100 },
        { "bytes=0-100", 100, HTTP_RANGE_PART, 0, 100 },
        { "bytes=10-", 100, HTTP_RANGE_PART, 10, 90 },
        { "bytes=99-", 100, HTTP_RANGE_PART, 99, 1 },
        { "bytes=100-", 100, HTTP_RANGE_UNSATISFIABLE },
        { "bytes=0-", 0, HTTP_RANGE_UNSATISFIABLE },
        { "bytes=-1", 100, HTTP_RANGE_PART, 99, 1 },
        { "bytes=-100", 100, HTTP_RANGE_PART, 0, 100 },
        { "bytes=-101", 100, HTTP_RANGE_PART, 0, 100 },
        { "bytes=-0", 100, HTTP_RANGE_UNSATISFIABLE },
        { "bytes=-5", 0, HTTP_RANGE_UNSATISFIABLE },
        { "bytes=5-4", 100, HTTP_RANGE_WHOLE },
        { "bytes=-", 100, HTTP_RANGE_WHOLE },
        { "bytes=", 100, HTTP_RANGE_WHOLE },
        { "bytes=a-b", 100, HTTP_RANGE_WHOLE },
        { "bytes=1-2,4-5", 100, HTTP_RANGE_WHOLE },
        { "bytes=1-2 ", 100, HTTP_RANGE_WHOLE },
        { "bytes=+1-2", 100, HTTP_RANGE_WHOLE },
        { "lines=1-2", 100, HTTP_RANGE_WHOLE },
        { "bytes=0-99999999999999999999999999", 100, HTTP_RANGE_PART, 0, 100 },
        { "bytes=99999999999999999999999999-", 100, HTTP_RANGE_UNSATISFIABLE },
        { "bytes=-99999999999999999999999999", 100, HTTP_RANGE_PART, 0, 100 },
        { "bytes=4294967296-4294967300", 5000000000, HTTP_RANGE_PART, 4294967296, 5 },
        { "bytes=4294967295-", 5000000000, HTTP_RANGE_PART, 4294967295, 705032705 },
        { "bytes=-4294967297", 5000000000, HTTP_RANGE_PART, 705032703, 4294967297 },
        { "bytes=1-8589934592", 9000000000, HTTP_RANGE_PART, 1, 8589934592 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_range range = { 0 };
        enum http_range_kind kind = http_range_parse(cases[i].value, cases[i].size, &range);
        if (kind != cases[i].kind || range.offset != cases[i].offset ||
            range.length != cases[i].length)
            fail_msg("%s of %llu: kind %d, %llu bytes from %llu", cases[i].value,
                     (unsigned long long)cases[i].size, kind, (unsigned long long)range.length,
                     (unsigned long long)range.offset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ranges_are_cut_to_the_file) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
