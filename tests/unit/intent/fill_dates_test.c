/* Times in both languages. What is relative is relative to the request's now and zone. */
#include "tests/unit/intent/fill_case.h"

#define DAY "\"date\":{\"type\":\"string\",\"format\":\"date\"}"
#define MONTH "\"month\":{\"type\":\"string\",\"format\":\"year-month\"}"
#define MONTH_PATTERN "\"month\":{\"type\":\"string\",\"pattern\":\"^\\\\d{4}-\\\\d{2}$\"}"
#define RANGE "\"start_date\":{\"type\":\"string\",\"format\":\"date\"}," \
    "\"end_date\":{\"type\":\"string\",\"format\":\"date\"}"
#define RANGE_ZH "\"开始日期\":{\"type\":\"string\",\"format\":\"date\"}," \
    "\"结束日期\":{\"type\":\"string\",\"format\":\"date\"}"
#define MOMENT "\"at\":{\"type\":\"string\",\"format\":\"date-time\"}"
#define MOMENTS "\"from\":{\"type\":\"string\",\"format\":\"date-time\"}," \
    "\"to\":{\"type\":\"string\",\"format\":\"date-time\"}"
#define CLOCK "\"time\":{\"type\":\"string\",\"format\":\"time\"}"
#define PARTS "\"year\":{\"type\":\"integer\"}," \
    "\"quarter\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":4,\"x-optional\":true}"
#define YEAR_MONTH "\"year\":{\"type\":\"integer\"}," \
    "\"month\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":12}"

static const struct fill_case cases[] = {
    { DAY, "report for 2026-03-05", "{\"date\":\"2026-03-05\"}" },
    { DAY, "what happened on 2026/3/5?", "{\"date\":\"2026-03-05\"}" },
    { DAY, "2026.03.05 please", "{\"date\":\"2026-03-05\"}" },
    { DAY, "run it for 20260305", "{\"date\":\"2026-03-05\"}" },
    { DAY, "invoices of 05.03.2026", "{\"date\":\"2026-03-05\"}" },
    { DAY, "on 25/12/2025", "{\"date\":\"2025-12-25\"}" },
    { DAY, "on 12/25/2025", "{\"date\":\"2025-12-25\"}" },
    { DAY, "due 03/04/2026", "{\"date\":\"?\"}" },
    { DAY, "due 04/04/2026", "{\"date\":\"2026-04-04\"}" },
    { DAY, "March 5, 2026", "{\"date\":\"2026-03-05\"}" },
    { DAY, "5 March 2026", "{\"date\":\"2026-03-05\"}" },
    { DAY, "the 5th of March 2026", "{\"date\":\"2026-03-05\"}" },
    { DAY, "Mar 5th, 2026", "{\"date\":\"2026-03-05\"}" },
    { DAY, "since Sept. 3 2025", "{\"date\":\"2025-09-03\"}" },
    { DAY, "on December 1", "{\"date\":\"2026-12-01\"}" },
    { DAY, "orders of today", "{\"date\":\"2026-11-21\"}" },
    { DAY, "yesterday's orders", "{\"date\":\"2026-11-20\"}" },
    { DAY, "ship it tomorrow", "{\"date\":\"2026-11-22\"}" },
    { DAY, "the day before yesterday", "{\"date\":\"2026-11-19\"}" },
    { DAY, "the day after tomorrow", "{\"date\":\"2026-11-23\"}" },
    { DAY, "3 days ago", "{\"date\":\"2026-11-18\"}" },
    { DAY, "two weeks ago", "{\"date\":\"2026-11-07\"}" },
    { DAY, "in 3 days", "{\"date\":\"2026-11-24\"}" },
    { DAY, "a month ago", "{\"date\":\"2026-10-21\"}" },
    { DAY, "ten days from now", "{\"date\":\"2026-12-01\"}" },
    { DAY, "last Friday", "{\"date\":\"2026-11-20\"}" },
    { DAY, "next Friday", "{\"date\":\"2026-11-27\"}" },
    { DAY, "this Monday", "{\"date\":\"2026-11-16\"}" },
    { DAY, "on Tuesday", "{\"date\":\"2026-11-24\"}" },
    { DAY, "last Monday", "{\"date\":\"2026-11-16\"}" },
    { DAY, "end of last month", "{\"date\":\"2026-10-31\"}" },
    { DAY, "beginning of the year", "{\"date\":\"2026-01-01\"}" },
    { DAY, "by the end of March 2026", "{\"date\":\"2026-03-31\"}" },
    { DAY, "one year ago", "{\"date\":\"2025-11-21\"}" },
    { DAY, "February 29, 2024", "{\"date\":\"2024-02-29\"}" },
    { DAY, "February 30, 2026", "{\"date\":\"?\"}" },
    { DAY, "2026年3月5日的日志", "{\"date\":\"2026-03-05\"}" },
    { DAY, "2026年3月5号", "{\"date\":\"2026-03-05\"}" },
    { DAY, "二〇二六年三月五日", "{\"date\":\"2026-03-05\"}" },
    { DAY, "3月5日的报表", "{\"date\":\"2026-03-05\"}" },
    { DAY, "今天的订单", "{\"date\":\"2026-11-21\"}" },
    { DAY, "昨天的日志", "{\"date\":\"2026-11-20\"}" },
    { DAY, "前天", "{\"date\":\"2026-11-19\"}" },
    { DAY, "大前天的数据", "{\"date\":\"2026-11-18\"}" },
    { DAY, "明天发货", "{\"date\":\"2026-11-22\"}" },
    { DAY, "后天", "{\"date\":\"2026-11-23\"}" },
    { DAY, "三天前", "{\"date\":\"2026-11-18\"}" },
    { DAY, "两周后", "{\"date\":\"2026-12-05\"}" },
    { DAY, "10天后到期", "{\"date\":\"2026-12-01\"}" },
    { DAY, "上周五", "{\"date\":\"2026-11-13\"}" },
    { DAY, "本周三", "{\"date\":\"2026-11-18\"}" },
    { DAY, "下周一", "{\"date\":\"2026-11-23\"}" },
    { DAY, "上个月底", "{\"date\":\"2026-10-31\"}" },
    { DAY, "本月初", "{\"date\":\"2026-11-01\"}" },
    { DAY, "年底", "{\"date\":\"2026-12-31\"}" },
    { DAY, "去年3月8号", "{\"date\":\"2025-03-08\"}" },
    { DAY, "上个月15号", "{\"date\":\"2026-10-15\"}" },
    { DAY, "星期一", "{\"date\":\"2026-11-16\"}" },
    { DAY, "昨日流水", "{\"date\":\"2026-11-20\"}" },
    { DAY, "今年国庆 2026-10-01", "{\"date\":\"2026-10-01\"}" },
    { DAY, "２０２６－０３－０５", "{\"date\":\"2026-03-05\"}" },
    { DAY, "半年的", "{\"date\":\"?\"}" },
    { DAY, "no date here", "{\"date\":\"?\"}" },
    { DAY, "version 1.2.3 build 4", "{\"date\":\"?\"}" },
    { DAY, "call me maybe", "{\"date\":\"?\"}" },
    { MONTH, "sales report for March 2026", "{\"month\":\"2026-03\"}" },
    { MONTH, "2026-03 report", "{\"month\":\"2026-03\"}" },
    { MONTH, "report for 2026/03", "{\"month\":\"2026-03\"}" },
    { MONTH, "last month", "{\"month\":\"2026-10\"}" },
    { MONTH, "this month's sales", "{\"month\":\"2026-11\"}" },
    { MONTH, "next month", "{\"month\":\"2026-12\"}" },
    { MONTH, "the previous month", "{\"month\":\"2026-10\"}" },
    { MONTH, "Sales in Mar 2026", "{\"month\":\"2026-03\"}" },
    { MONTH, "sales for march", "{\"month\":\"2026-03\"}" },
    { MONTH, "December's numbers", "{\"month\":\"2025-12\"}" },
    { MONTH, "sales of november", "{\"month\":\"2026-11\"}" },
    { MONTH, "用 sales.csv 出一份2026年3月的销售报表", "{\"month\":\"2026-03\"}" },
    { MONTH, "2026年03月", "{\"month\":\"2026-03\"}" },
    { MONTH, "上个月的销售", "{\"month\":\"2026-10\"}" },
    { MONTH, "上月销售", "{\"month\":\"2026-10\"}" },
    { MONTH, "本月报表", "{\"month\":\"2026-11\"}" },
    { MONTH, "这个月", "{\"month\":\"2026-11\"}" },
    { MONTH, "下个月的计划", "{\"month\":\"2026-12\"}" },
    { MONTH, "3月份的销售情况", "{\"month\":\"2026-03\"}" },
    { MONTH, "三月份", "{\"month\":\"2026-03\"}" },
    { MONTH, "去年12月", "{\"month\":\"2025-12\"}" },
    { MONTH, "十二月", "{\"month\":\"2025-12\"}" },
    { MONTH, "今年一月", "{\"month\":\"2026-01\"}" },
    { MONTH, "上上个月", "{\"month\":\"2026-09\"}" },
    { MONTH, "二〇二五年十一月", "{\"month\":\"2025-11\"}" },
    { MONTH, "for 5 March 2026", "{\"month\":\"2026-03\"}" },
    { MONTH, "last quarter", "{\"month\":\"?\"}" },
    { MONTH, "上季度", "{\"month\":\"?\"}" },
    { MONTH, "you may run it", "{\"month\":\"?\"}" },
    { MONTH, "from 2025-12", "{\"month\":\"2025-12\"}" },
    { MONTH, "2026年3月5日", "{\"month\":\"2026-03\"}" },
    { RANGE, "from 2026-03-01 to 2026-03-15",
      "{\"start_date\":\"2026-03-01\",\"end_date\":\"2026-03-15\"}" },
    { RANGE, "between March 3 and March 9, 2026",
      "{\"start_date\":\"2026-03-03\",\"end_date\":\"2026-03-09\"}" },
    { RANGE, "March 2026", "{\"start_date\":\"2026-03-01\",\"end_date\":\"2026-03-31\"}" },
    { RANGE, "March to May 2026", "{\"start_date\":\"2026-03-01\",\"end_date\":\"2026-05-31\"}" },
    { RANGE, "last month", "{\"start_date\":\"2026-10-01\",\"end_date\":\"2026-10-31\"}" },
    { RANGE, "last week", "{\"start_date\":\"2026-11-09\",\"end_date\":\"2026-11-15\"}" },
    { RANGE, "this week", "{\"start_date\":\"2026-11-16\",\"end_date\":\"2026-11-22\"}" },
    { RANGE, "last 7 days", "{\"start_date\":\"2026-11-15\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "the past 30 days", "{\"start_date\":\"2026-10-23\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "past three months", "{\"start_date\":\"2026-08-22\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "next 2 weeks", "{\"start_date\":\"2026-11-21\",\"end_date\":\"2026-12-04\"}" },
    { RANGE, "Q1 2026", "{\"start_date\":\"2026-01-01\",\"end_date\":\"2026-03-31\"}" },
    { RANGE, "2025 Q4", "{\"start_date\":\"2025-10-01\",\"end_date\":\"2025-12-31\"}" },
    { RANGE, "first quarter of 2026",
      "{\"start_date\":\"2026-01-01\",\"end_date\":\"2026-03-31\"}" },
    { RANGE, "last quarter", "{\"start_date\":\"2026-07-01\",\"end_date\":\"2026-09-30\"}" },
    { RANGE, "this quarter", "{\"start_date\":\"2026-10-01\",\"end_date\":\"2026-12-31\"}" },
    { RANGE, "last year", "{\"start_date\":\"2025-01-01\",\"end_date\":\"2025-12-31\"}" },
    { RANGE, "year to date", "{\"start_date\":\"2026-01-01\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "since 2026-11-01", "{\"start_date\":\"2026-11-01\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "since March 2026", "{\"start_date\":\"2026-03-01\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "yesterday", "{\"start_date\":\"2026-11-20\",\"end_date\":\"2026-11-20\"}" },
    { RANGE, "in 2025", "{\"start_date\":\"2025-01-01\",\"end_date\":\"2025-12-31\"}" },
    { RANGE, "March 1 - March 15, 2026",
      "{\"start_date\":\"2026-03-01\",\"end_date\":\"2026-03-15\"}" },
    { RANGE, "2026-03-01 ~ 2026-03-15",
      "{\"start_date\":\"2026-03-01\",\"end_date\":\"2026-03-15\"}" },
    { RANGE, "last weekend", "{\"start_date\":\"2026-11-14\",\"end_date\":\"2026-11-15\"}" },
    { RANGE, "until 2026-03-15", "{\"start_date\":\"?\",\"end_date\":\"2026-03-15\"}" },
    { RANGE, "2026年3月1日到3月15日", "{\"start_date\":\"2026-03-01\",\"end_date\":\"2026-03-15\"}" },
    { RANGE, "3月1日至15日", "{\"start_date\":\"2026-03-01\",\"end_date\":\"2026-03-15\"}" },
    { RANGE, "从3月到5月", "{\"start_date\":\"2026-03-01\",\"end_date\":\"2026-05-31\"}" },
    { RANGE, "最近7天", "{\"start_date\":\"2026-11-15\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "最近一周的访问", "{\"start_date\":\"2026-11-15\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "过去三个月", "{\"start_date\":\"2026-08-22\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "近半年", "{\"start_date\":\"2026-05-22\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "本季度", "{\"start_date\":\"2026-10-01\",\"end_date\":\"2026-12-31\"}" },
    { RANGE, "上季度", "{\"start_date\":\"2026-07-01\",\"end_date\":\"2026-09-30\"}" },
    { RANGE, "2026年第一季度", "{\"start_date\":\"2026-01-01\",\"end_date\":\"2026-03-31\"}" },
    { RANGE, "去年四季度", "{\"start_date\":\"2025-10-01\",\"end_date\":\"2025-12-31\"}" },
    { RANGE, "上周", "{\"start_date\":\"2026-11-09\",\"end_date\":\"2026-11-15\"}" },
    { RANGE, "本周", "{\"start_date\":\"2026-11-16\",\"end_date\":\"2026-11-22\"}" },
    { RANGE, "去年", "{\"start_date\":\"2025-01-01\",\"end_date\":\"2025-12-31\"}" },
    { RANGE, "今年上半年", "{\"start_date\":\"2026-01-01\",\"end_date\":\"2026-06-30\"}" },
    { RANGE, "2025年下半年", "{\"start_date\":\"2025-07-01\",\"end_date\":\"2025-12-31\"}" },
    { RANGE, "昨天", "{\"start_date\":\"2026-11-20\",\"end_date\":\"2026-11-20\"}" },
    { RANGE, "上个月", "{\"start_date\":\"2026-10-01\",\"end_date\":\"2026-10-31\"}" },
    { RANGE, "今年以来", "{\"start_date\":\"2026-01-01\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "2026年3月以来", "{\"start_date\":\"2026-03-01\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "截至2026年3月15日", "{\"start_date\":\"?\",\"end_date\":\"2026-03-15\"}" },
    { RANGE, "2025年", "{\"start_date\":\"2025-01-01\",\"end_date\":\"2025-12-31\"}" },
    { RANGE, "上周末", "{\"start_date\":\"2026-11-14\",\"end_date\":\"2026-11-15\"}" },
    { RANGE, "未来三天", "{\"start_date\":\"2026-11-21\",\"end_date\":\"2026-11-23\"}" },
    { RANGE_ZH, "2026年3月1日到3月15日", "{\"开始日期\":\"2026-03-01\",\"结束日期\":\"2026-03-15\"}" },
    { MONTH_PATTERN, "report for March 2026", "{\"month\":\"2026-03\"}" },
    { MONTH_PATTERN, "上个月", "{\"month\":\"2026-10\"}" },
    { MOMENT, "2026-03-05T10:00:00Z", "{\"at\":\"2026-03-05T10:00:00Z\"}" },
    { MOMENT, "at 2026-03-05 10:30", "{\"at\":\"2026-03-05T10:30:00+08:00\"}" },
    { MOMENT, "tomorrow at 3pm", "{\"at\":\"2026-11-22T15:00:00+08:00\"}" },
    { MOMENT, "March 5, 2026 at 9:15 am", "{\"at\":\"2026-03-05T09:15:00+08:00\"}" },
    { MOMENT, "明天下午3点半", "{\"at\":\"2026-11-22T15:30:00+08:00\"}" },
    { MOMENT, "今天上午10点", "{\"at\":\"2026-11-21T10:00:00+08:00\"}" },
    { MOMENT, "2026年3月5日15:20", "{\"at\":\"2026-03-05T15:20:00+08:00\"}" },
    { MOMENT, "后天晚上8点", "{\"at\":\"2026-11-23T20:00:00+08:00\"}" },
    { MOMENT, "2026-03-05T10:00:00+02:00", "{\"at\":\"2026-03-05T10:00:00+02:00\"}" },
    { MOMENTS, "last month",
      "{\"from\":\"2026-10-01T00:00:00+08:00\",\"to\":\"2026-10-31T23:59:59+08:00\"}" },
    { MOMENTS, "昨天",
      "{\"from\":\"2026-11-20T00:00:00+08:00\",\"to\":\"2026-11-20T23:59:59+08:00\"}" },
    { CLOCK, "at 15:30", "{\"time\":\"15:30:00\"}" },
    { CLOCK, "3 pm", "{\"time\":\"15:00:00\"}" },
    { CLOCK, "12am", "{\"time\":\"00:00:00\"}" },
    { CLOCK, "下午3点", "{\"time\":\"15:00:00\"}" },
    { CLOCK, "上午9点一刻", "{\"time\":\"09:15:00\"}" },
    { CLOCK, "晚上11点20分", "{\"time\":\"23:20:00\"}" },
    { CLOCK, "at noon", "{\"time\":\"12:00:00\"}" },
    { PARTS, "sales for 2025", "{\"year\":2025}" },
    { PARTS, "Q3 2025", "{\"year\":2025,\"quarter\":3}" },
    { PARTS, "去年的销售", "{\"year\":2025}" },
    { PARTS, "2025年第二季度", "{\"year\":2025,\"quarter\":2}" },
    { YEAR_MONTH, "March 2026", "{\"year\":2026,\"month\":3}" },
    { YEAR_MONTH, "2026年3月", "{\"year\":2026,\"month\":3}" },
    { YEAR_MONTH, "上个月", "{\"year\":2026,\"month\":10}" },
};

static void dates_are_read_as_people_say_them(void **state)
{
    (void)state;
    run_cases(cases, sizeof cases / sizeof *cases, 0);
}

/* 23:30 UTC is the next day in Shanghai and still the same in New York. */
static void today_is_the_day_of_the_requests_zone(void **state)
{
    static const struct {
        const char *zone, *now, *today;
    } zones[] = {
        { "Asia/Shanghai", "2026-11-20T23:30:00Z", "2026-11-21" },
        { "America/New_York", "2026-11-21T03:30:00Z", "2026-11-20" },
        { "Europe/Berlin", "2026-07-01T22:30:00Z", "2026-07-02" },
        { "Europe/Berlin", "2026-01-01T22:30:00Z", "2026-01-01" },
        { "No/Such_Zone", "2026-11-20T23:30:00Z", "2026-11-20" },
        { "../../etc/passwd", "2026-11-20T23:30:00Z", "2026-11-20" },
        { NULL, "2026-11-20T23:30:00Z", "2026-11-20" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        struct arena arena;
        struct gov_err err;
        struct fill_result result;
        arena_init(&arena);
        struct fill_request request = { .schema = case_schema(DAY, &arena), .text = "today",
                                        .timezone = zones[i].zone };
        assert_true(clock_parse(zones[i].now, &request.now_us));
        assert_true(fill_parameters(&request, &result, &arena, &err));
        assert_string_equal(json_get_text(result.object, "date"), zones[i].today);
        arena_release(&arena);
    }
}

/* New York moves its clocks on 8 March 2026. */
static void a_moment_has_the_offset_of_its_own_day(void **state)
{
    static const char *const texts[][2] = {
        { "2026-03-07 12:00", "2026-03-07T12:00:00-05:00" },
        { "2026-03-09 12:00", "2026-03-09T12:00:00-04:00" },
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct arena arena;
        struct gov_err err;
        struct fill_result result;
        arena_init(&arena);
        struct fill_request request = { .schema = case_schema(MOMENT, &arena), .text = texts[i][0],
                                        .timezone = "America/New_York" };
        assert_true(fill_parameters(&request, &result, &arena, &err));
        assert_string_equal(json_get_text(result.object, "at"), texts[i][1]);
        arena_release(&arena);
    }
}

static void a_year_that_was_supposed_is_a_guess(void **state)
{
    struct arena arena;
    struct fill_result result;
    static const struct fill_case said = { MONTH, "sales for March 2026", "" };
    static const struct fill_case supposed = { MONTH, "sales for March", "" };

    (void)state;
    arena_init(&arena);
    case_fill(&said, 0, &result, &arena);
    assert_int_equal(result.values[0].source, FILL_TYPED);
    assert_false(fill_has_guess(&result));
    assert_int_equal(result.values[0].start, 10);
    assert_int_equal(result.values[0].end, 20);
    case_fill(&supposed, 0, &result, &arena);
    assert_int_equal(result.values[0].source, FILL_GUESS);
    assert_true(fill_has_guess(&result));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_as_people_say_them),
        cmocka_unit_test(today_is_the_day_of_the_requests_zone),
        cmocka_unit_test(a_moment_has_the_offset_of_its_own_day),
        cmocka_unit_test(a_year_that_was_supposed_is_a_guess),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
