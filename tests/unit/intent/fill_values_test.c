/* Numbers, money, enums, switches, literals, files, lists and explicit values, in both languages.
 */
#include "tests/unit/intent/fill_case.h"

#define AGE "\"older_than_days\":{\"type\":\"integer\",\"minimum\":1,\"title\":\"天数\"}"
#define TOP                                                                                        \
    "\"top\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,"                                 \
    "\"description\":\"how many rows to list\",\"x-synonyms\":[\"前\"]}"
#define AMOUNT "\"amount\":{\"type\":\"number\",\"title\":\"金额\"}"
#define MONEY                                                                                      \
    "\"amount\":{\"type\":\"object\",\"properties\":{"                                             \
    "\"amount_minor\":{\"type\":\"integer\"},\"currency\":{\"type\":\"string\"}}}"
#define RATE    "\"rate\":{\"type\":\"number\",\"maximum\":1,\"title\":\"折扣率\"}"
#define PERCENT "\"threshold\":{\"type\":\"number\",\"description\":\"in percent\"}"
#define REFUND  "\"order_id\":{\"type\":\"integer\",\"title\":\"订单\"}," AMOUNT
#define ROOM                                                                                       \
    "\"width\":{\"type\":\"number\",\"title\":\"宽\"},\"height\":{\"type\":\"number\","           \
    "\"title\":\"高\"}"
#define TIMEOUT "\"timeout_s\":{\"type\":\"integer\",\"description\":\"timeout in seconds\"}"
#define LEVEL                                                                                      \
    "\"level\":{\"type\":\"string\",\"enum\":[\"debug\",\"info\",\"warning\",\"error\"],"          \
    "\"x-synonyms\":{\"error\":[\"failure\",\"错误\",\"报错\"],\"warning\":[\"警告\"]}}"
#define STATE "\"state\":{\"type\":\"string\",\"enum\":[\"in_progress\",\"done\",\"cancelled\"]}"
#define REGION                                                                                     \
    "\"region\":{\"type\":\"string\",\"enum\":[\"华东\",\"华北\",\"华南\"],"                 \
    "\"x-synonyms\":{\"华东\":[\"上海\",\"East China\"]}}"
#define SIZE    "\"size\":{\"type\":\"integer\",\"enum\":[1,2,3]}"
#define FLAG    "\"include_charts\":{\"type\":\"boolean\",\"title\":\"包含图表\",\"x-optional\":true}"
#define COLUMNS "\"columns\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"title\":\"列\"}"
#define IDS     "\"ids\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"title\":\"编号\"}"
#define LEVELS                                                                                     \
    "\"levels\":{\"type\":\"array\",\"items\":{\"type\":\"string\","                               \
    "\"enum\":[\"info\",\"warning\",\"error\"]}}"
#define MAIL     "\"to\":{\"type\":\"string\",\"format\":\"email\"}"
#define LINK     "\"url\":{\"type\":\"string\",\"format\":\"uri\"}"
#define UUID     "\"id\":{\"type\":\"string\",\"format\":\"uuid\"}"
#define SUBJECT  "\"subject\":{\"type\":\"string\",\"title\":\"主题\"}"
#define CUSTOMER "\"customer\":{\"type\":\"string\",\"title\":\"客户\"}"
#define CSV      "\"file\":{\"type\":\"string\",\"format\":\"file\",\"x-accept\":[\".csv\"]}"
#define ANY_FILE "\"file\":{\"type\":\"string\",\"format\":\"file\"}"
#define ARCHIVE  "\"archive\":{\"type\":\"string\",\"format\":\"file\",\"x-accept\":\".zip\"}"
#define CLEANUP                                                                                    \
    "\"days\":{\"type\":\"integer\",\"minimum\":1,\"x-synonyms\":[\"天数\"]},"                     \
    "\"as_of\":{\"type\":\"string\",\"pattern\":\"^(today|\\\\d{4}-\\\\d{2}-\\\\d{2})$\","            \
    "\"description\":\"The day from which the age is counted, as 2026-03-31\","                     \
    "\"default\":\"today\",\"x-optional\":true}"
#define SLOW                                                                                       \
    "\"slow_ms\":{\"type\":\"integer\",\"description\":\"slow from here, in milliseconds\"}"
#define NAME     "\"name\":{\"type\":\"string\"}"

static const struct fill_case cases[] = {
    /* numbers */
    { AGE, "remove files older than 90 days", "{\"older_than_days\":90}" },
    { AGE, "remove files older than ninety days", "{\"older_than_days\":90}" },
    { AGE, "older than a week", "{\"older_than_days\":\"?\"}" },
    { AGE, "everything older than 2 weeks", "{\"older_than_days\":14}" },
    { AGE, "清理90天以前的文件", "{\"older_than_days\":90}" },
    { AGE, "清理九十天前的旧文件", "{\"older_than_days\":90}" },
    { AGE, "清理超过三个月的文件", "{\"older_than_days\":\"?\"}" },
    { AGE, "remove files older than 0 days", "{\"older_than_days\":\"?\"}" },
    { AGE, "remove files older than 1.5 days", "{\"older_than_days\":\"?\"}" },
    { TOP, "list the top 20 paths", "{\"top\":20}" },
    { TOP, "top twenty-five errors", "{\"top\":25}" },
    { TOP, "show the top three", "{\"top\":3}" },
    { TOP, "前十条", "{\"top\":10}" },
    { TOP, "列出前20名", "{\"top\":20}" },
    { TOP, "top 1,000", "{\"top\":\"?\"}" },
    { TOP, "top 500", "{\"top\":\"?\"}" },
    { TOP, "看看 Q3 的 v2 版本", "{\"top\":\"?\"}" },
    { ROOM, "a room with a width of 20 and a height of 12.5", "{\"width\":20,\"height\":12.5}" },
    { ROOM, "height 12, width 20", "{\"width\":20,\"height\":12}" },
    { ROOM, "宽20米，高3米", "{\"width\":20,\"height\":3}" },
    { ROOM, "高三米五，宽二十米", "{\"width\":20,\"height\":3}" },
    { TIMEOUT, "with a timeout of 30 seconds", "{\"timeout_s\":30}" },
    { TIMEOUT, "timeout 5 minutes", "{\"timeout_s\":300}" },
    { TIMEOUT, "timeout of 2h", "{\"timeout_s\":7200}" },
    { AMOUNT, "3.5", "{\"amount\":3.5}" },
    { AMOUNT, "minus? no: -12 amount", "{\"amount\":-12}" },
    { AMOUNT, "amount 1e3", "{\"amount\":1000}" },
    { AMOUNT, "3 million", "{\"amount\":3000000}" },
    { AMOUNT, "two hundred and fifty thousand", "{\"amount\":250000}" },
    { AMOUNT, "金额三千五百", "{\"amount\":3500}" },
    { AMOUNT, "金额三千五", "{\"amount\":3500}" },
    { AMOUNT, "金额1.2万", "{\"amount\":12000}" },
    { AMOUNT, "金额三万五千", "{\"amount\":35000}" },
    { AMOUNT, "金额一亿两千万", "{\"amount\":120000000}" },
    { AMOUNT, "金额两百零五", "{\"amount\":205}" },
    { AMOUNT, "金额十五", "{\"amount\":15}" },
    { AMOUNT, "金额3万5", "{\"amount\":35000}" },
    { AMOUNT, "金额１２００", "{\"amount\":1200}" },
    { SLOW, "requests slower than 2 seconds", "{\"slow_ms\":2000}" },
    { SLOW, "slow from 500 ms", "{\"slow_ms\":500}" },
    /* a count of days is for who counts days; a pattern binds what is found */
    { CLEANUP, "把这个压缩包里 90 天前的文件清掉", "{\"days\":90,\"as_of\":\"today\"}" },
    { CLEANUP, "remove what is older than 90 days from this archive",
      "{\"days\":90,\"as_of\":\"today\"}" },
    { CLEANUP, "delete old files from the export archive", "{\"days\":\"?\",\"as_of\":\"today\"}" },
    { CLEANUP, "older than 30 days, as_of=2026-03-31", "{\"days\":30,\"as_of\":\"2026-03-31\"}" },
    { CLEANUP, "30 days, as_of=soon", "{\"days\":30,\"as_of\":\"today\"}" },
    { TOP, "帮我数一下文本的行数", "{\"top\":\"?\"}" },
    /* money */
    { AMOUNT, "refund $1,200.50", "{\"amount\":1200.5}" },
    { AMOUNT, "refund 120 euro", "{\"amount\":120}" },
    { AMOUNT, "pay €3k", "{\"amount\":3000}" },
    { AMOUNT, "退款120元", "{\"amount\":120}" },
    { AMOUNT, "退款￥88.8", "{\"amount\":88.8}" },
    { AMOUNT, "退三百块", "{\"amount\":300}" },
    { MONEY, "refund $12.34", "{\"amount\":{\"amount_minor\":1234,\"currency\":\"USD\"}}" },
    { MONEY, "退款120元", "{\"amount\":{\"amount_minor\":12000,\"currency\":\"CNY\"}}" },
    { MONEY, "refund 5000 yen", "{\"amount\":{\"amount_minor\":5000,\"currency\":\"JPY\"}}" },
    { MONEY, "1.5万美元", "{\"amount\":{\"amount_minor\":1500000,\"currency\":\"USD\"}}" },
    { MONEY, "refund 120", "{\"amount\":\"?\"}" },
    { REFUND, "refund order 8841, 120 euro, customer complained",
      "{\"order_id\":8841,\"amount\":120}" },
    { REFUND, "120 euro back for order 8841", "{\"order_id\":8841,\"amount\":120}" },
    { REFUND, "订单8841退款120元", "{\"order_id\":8841,\"amount\":120}" },
    { REFUND, "给订单 8841 退 120 元", "{\"order_id\":8841,\"amount\":120}" },
    /* percent */
    { RATE, "rate 15%", "{\"rate\":0.15}" },
    { RATE, "a rate of 7.5 percent", "{\"rate\":0.075}" },
    { RATE, "折扣率百分之八", "{\"rate\":0.08}" },
    { RATE, "rate 0.2", "{\"rate\":0.2}" },
    { RATE, "rate 150%", "{\"rate\":\"?\"}" },
    { PERCENT, "threshold 80%", "{\"threshold\":80}" },
    { PERCENT, "warn above 80 percent", "{\"threshold\":80}" },
    /* enums */
    { LEVEL, "show the errors of today", "{\"level\":\"error\"}" },
    { LEVEL, "only warnings please", "{\"level\":\"warning\"}" },
    { LEVEL, "all failures", "{\"level\":\"error\"}" },
    { LEVEL, "ERROR only", "{\"level\":\"error\"}" },
    { LEVEL, "看看今天的报错", "{\"level\":\"error\"}" },
    { LEVEL, "只看警告", "{\"level\":\"warning\"}" },
    { LEVEL, "errors or warnings", "{\"level\":\"?\"}" },
    { LEVEL, "warn me", "{\"level\":\"warning\"}" },
    { LEVEL, "nothing of it", "{\"level\":\"?\"}" },
    { LEVEL, "not info but errors", "{\"level\":\"error\"}" },
    { LEVEL, "level=debug", "{\"level\":\"debug\"}" },
    { STATE, "tickets in progress", "{\"state\":\"in_progress\"}" },
    { STATE, "those that are done", "{\"state\":\"done\"}" },
    { STATE, "the Cancelled ones", "{\"state\":\"cancelled\"}" },
    { REGION, "上个月华东区的销售报表发我一份", "{\"region\":\"华东\"}" },
    { REGION, "华南的客户", "{\"region\":\"华南\"}" },
    { REGION, "上海的数据", "{\"region\":\"华东\"}" },
    { REGION, "sales of East China", "{\"region\":\"华东\"}" },
    { REGION, "华东和华北对比", "{\"region\":\"?\"}" },
    { REGION, "除了华东的", "{\"region\":\"?\"}" },
    { SIZE, "size 2", "{\"size\":2}" },
    { SIZE, "size 7", "{\"size\":\"?\"}" },
    { LEVELS, "errors and warnings", "{\"levels\":[\"error\",\"warning\"]}" },
    { LEVELS, "levels info, error", "{\"levels\":[\"info\",\"error\"]}" },
    /* switches */
    { FLAG, "include charts", "{\"include_charts\":true}" },
    { FLAG, "report with charts", "{\"include_charts\":true}" },
    { FLAG, "no charts please", "{\"include_charts\":false}" },
    { FLAG, "without any charts", "{\"include_charts\":false}" },
    { FLAG, "don't include the charts", "{\"include_charts\":false}" },
    { FLAG, "a report", "{}" },
    { FLAG, "要图表", "{\"include_charts\":true}" },
    { FLAG, "不要图表", "{\"include_charts\":false}" },
    { FLAG, "不包含图表的报表", "{\"include_charts\":false}" },
    { FLAG, "include_charts=false", "{\"include_charts\":false}" },
    { FLAG, "--include-charts", "{\"include_charts\":true}" },
    { FLAG, "--include_charts", "{\"include_charts\":true}" },
    /* explicit */
    { AGE, "older_than_days=30", "{\"older_than_days\":30}" },
    { AGE, "older_than_days: 30", "{\"older_than_days\":30}" },
    { AGE, "older than days is 30", "{\"older_than_days\":30}" },
    { AGE, "--older_than_days 30", "{\"older_than_days\":30}" },
    { AGE, "天数是30", "{\"older_than_days\":30}" },
    { AGE, "参数 天数 为 三十", "{\"older_than_days\":30}" },
    { AGE, "天数：30", "{\"older_than_days\":30}" },
    { SUBJECT, "subject=\"Hello, world\" and more", "{\"subject\":\"Hello, world\"}" },
    { SUBJECT, "subject: Meeting notes, send it now", "{\"subject\":\"Meeting notes\"}" },
    { SUBJECT "," MAIL, "subject: Weekly report to: anna@example.com",
      "{\"subject\":\"Weekly report\",\"to\":\"anna@example.com\"}" },
    { SUBJECT, "the subject is Meeting notes", "{\"subject\":\"Meeting notes\"}" },
    { SUBJECT, "主题是季度总结，发出去", "{\"subject\":\"季度总结\"}" },
    { SUBJECT, "主题“季度总结”", "{\"subject\":\"季度总结\"}" },
    { IDS, "ids=1,2,3", "{\"ids\":[1,2,3]}" },
    { IDS, "ids=[100,200,300]", "{\"ids\":[100,200,300]}" },
    /* literals */
    { SUBJECT, "send 'Weekly report' to all", "{\"subject\":\"Weekly report\"}" },
    { SUBJECT, "send “Weekly report” to all", "{\"subject\":\"Weekly report\"}" },
    { SUBJECT, "发送「周报」给大家", "{\"subject\":\"周报\"}" },
    { SUBJECT, "发送《周报》给大家", "{\"subject\":\"周报\"}" },
    { SUBJECT, "don't send what's not there", "{\"subject\":\"?\"}" },
    { MAIL, "send it to anna.li+x@example.co.uk.", "{\"to\":\"anna.li+x@example.co.uk\"}" },
    { MAIL, "发到 anna@example.com 谢谢", "{\"to\":\"anna@example.com\"}" },
    { MAIL, "发到anna@example.com谢谢", "{\"to\":\"anna@example.com\"}" },
    { MAIL, "send it to anna at example", "{\"to\":\"?\"}" },
    { LINK, "check https://example.com/a?b=1&c=2.", "{\"url\":\"https://example.com/a?b=1&c=2\"}" },
    { LINK, "检查 https://example.com/路径 好吗", "{\"url\":\"https://example.com/\"}" },
    { UUID, "cancel 01890A5D-AC96-774B-BCCE-B302099A8057 now",
      "{\"id\":\"01890A5D-AC96-774B-BCCE-B302099A8057\"}" },
    { UUID, "cancel 01890a5d-ac96-774b", "{\"id\":\"?\"}" },
    /* files */
    { CSV, "sales report from sales.csv", "{\"file\":\"f1\"}" },
    { CSV, "用 SALES.CSV 出报表", "{\"file\":\"f1\"}" },
    { CSV, "make the report", "{\"file\":\"f1\"}" },
    { CSV, "report from access.log", "{\"file\":\"f1\"}" },
    { ANY_FILE, "inspect access.log", "{\"file\":\"f2\"}" },
    { ANY_FILE, "汇总客户台账", "{\"file\":\"f3\"}" },
    { ANY_FILE, "do it", "{\"file\":\"?\"}" },
    { ARCHIVE, "clean up", "{\"archive\":\"?\"}" },
    { ARCHIVE, "clean up sales.csv", "{\"archive\":\"?\"}" },
    { TOP, "top 5 of report-2026-03.csv", "{\"top\":5}" },
    /* lists */
    { IDS, "orders 3, 5 and 8", "{\"ids\":[3,5,8]}" },
    { IDS, "编号 3、5、8", "{\"ids\":[3,5,8]}" },
    { IDS, "编号3和5", "{\"ids\":[3,5]}" },
    { COLUMNS, "columns [\"a\", \"b\"]", "{\"columns\":[\"a\",\"b\"]}" },
    { COLUMNS, "the columns price, quantity and tax",
      "{\"columns\":[\"price\",\"quantity\",\"tax\"]}" },
    { COLUMNS, "“价格”和“数量”这两列", "{\"columns\":[\"价格\",\"数量\"]}" },
    /* free text */
    { CUSTOMER, "summary for the customer Acme Industries in March",
      "{\"customer\":\"Acme Industries\"}" },
    { CUSTOMER, "客户张三的账单", "{\"customer\":\"张三\"}" },
    { CUSTOMER, "查一下客户：李四", "{\"customer\":\"李四\"}" },
    { NAME, "", "{\"name\":\"?\"}" },
};

static void values_are_read_as_people_say_them(void **state)
{
    (void)state;
    run_cases(cases, sizeof cases / sizeof *cases, 3);
}

static const struct fill_value *value_of(const struct fill_result *result, const char *path)
{
    for (size_t i = 0; i < result->value_count; i++)
        if (strcmp(result->values[i].path, path) == 0)
            return &result->values[i];
    fail_msg("%s was not filled", path);
    return NULL;
}

static void provenance_says_source_and_code_points(void **state)
{
    static const struct fill_case c = { REFUND "," SUBJECT "," CUSTOMER,
                                        "订单8841退款120元，主题“退货”，客户张三", "" };
    struct arena arena;
    struct fill_result result;

    (void)state;
    arena_init(&arena);
    case_fill(&c, 0, &result, &arena);
    assert_int_equal(result.question_count, 0);
    const struct fill_value *v = value_of(&result, "/order_id");
    assert_int_equal(v->start, 2);
    assert_int_equal(v->end, 6);
    assert_int_equal(v->source, FILL_TYPED);
    v = value_of(&result, "/amount");
    assert_string_equal(v->rule, "money");
    assert_int_equal(v->start, 8);
    assert_int_equal(v->end, 12);
    assert_int_equal(value_of(&result, "/subject")->source, FILL_EXPLICIT);
    assert_int_equal(value_of(&result, "/customer")->source, FILL_GUESS);
    assert_true(fill_has_guess(&result));
    arena_release(&arena);
}

static void a_number_without_its_words_is_a_guess(void **state)
{
    static const struct fill_case near = { AGE, "remove files older than 90 days", "" };
    static const struct fill_case far = { AGE, "remove 90 from the archive", "" };
    struct arena arena;
    struct fill_result result;

    (void)state;
    arena_init(&arena);
    case_fill(&near, 0, &result, &arena);
    assert_int_equal(value_of(&result, "/older_than_days")->source, FILL_TYPED);
    case_fill(&far, 0, &result, &arena);
    assert_int_equal(value_of(&result, "/older_than_days")->source, FILL_GUESS);
    arena_release(&arena);
}

static void questions_are_in_the_language_asked_and_offer_the_choices(void **state)
{
    static const struct fill_case c = { LEVEL "," AGE, "errors or warnings", "" };
    struct arena arena;
    struct fill_result result;

    (void)state;
    arena_init(&arena);
    case_fill(&c, 0, &result, &arena);
    assert_int_equal(result.question_count, 2);
    const struct fill_question *q = &result.questions[0];
    assert_string_equal(q->path, "/level");
    assert_int_equal(q->reason, FILL_AMBIGUOUS);
    assert_int_equal(json_array_size(q->choices), 2);
    assert_non_null(strstr(q->text.en, "error, warning"));
    assert_non_null(strstr(q->text.zh, "error、warning"));
    q = &result.questions[1];
    assert_int_equal(q->reason, FILL_MISSING);
    assert_non_null(strstr(q->text.zh, "天数"));
    arena_release(&arena);
}

static void a_question_takes_the_words_of_its_language(void **state)
{
    struct arena arena;
    struct fill_result result;
    const struct fill_case c = {
        "\"month\":{\"type\":\"string\",\"format\":\"year-month\",\"title\":\"Month\","
        "\"description\":\"The month to report, as 2026-03. 要统计的月份，例如 2026-03。\","
        "\"x-synonyms\":[\"period\",\"月份\"]}",
        "the report", "{}"
    };

    (void)state;
    arena_init(&arena);
    case_fill(&c, 0, &result, &arena);
    assert_int_equal(result.question_count, 1);
    assert_string_equal(result.questions[0].text.en,
                        "Please give \"Month\" (a month such as 2026-03): The month to report, as 2026-03.");
    assert_string_equal(result.questions[0].text.zh,
                        "请提供“月份”（月份，例如 2026-03）：要统计的月份，例如 2026-03。");
    arena_release(&arena);
}

static void a_follow_up_changes_only_what_is_said(void **state)
{
    struct arena arena;
    struct gov_err err;
    struct fill_result result;

    (void)state;
    arena_init(&arena);
    const char *before = "{\"region\":\"华东\",\"top\":5}";
    struct fill_request request = { .schema = case_schema(REGION "," TOP, &arena),
                                    .text = "the same for 华南",
                                    .previous = json_parse(&arena, before, strlen(before), &err) };
    assert_true(fill_parameters(&request, &result, &arena, &err));
    assert_string_equal(json_get_text(result.object, "region"), "华南");
    assert_int_equal(json_get_int(result.object, "top", 0), 5);
    assert_int_equal(value_of(&result, "/top")->source, FILL_PREVIOUS);
    assert_true(fill_has_guess(&result));
    arena_release(&arena);
}

static void a_text_that_is_too_long_or_no_utf8_is_refused(void **state)
{
    struct arena arena;
    struct gov_err err;
    struct fill_result result;

    (void)state;
    arena_init(&arena);
    char *text = arena_alloc(&arena, FILL_TEXT_BYTES_MAX + 2);
    memset(text, 'a', FILL_TEXT_BYTES_MAX + 1);
    struct fill_request request = { .schema = case_schema(TOP, &arena), .text = text };
    assert_false(fill_parameters(&request, &result, &arena, &err));
    assert_int_equal(err.code, GOV_INVALID_INPUT);
    text[FILL_TEXT_BYTES_MAX] = 0;
    assert_true(fill_parameters(&request, &result, &arena, &err));
    request.text = "top \xff 5";
    assert_false(fill_parameters(&request, &result, &arena, &err));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_as_people_say_them),
        cmocka_unit_test(provenance_says_source_and_code_points),
        cmocka_unit_test(a_number_without_its_words_is_a_guess),
        cmocka_unit_test(questions_are_in_the_language_asked_and_offer_the_choices),
        cmocka_unit_test(a_question_takes_the_words_of_its_language),
        cmocka_unit_test(a_follow_up_changes_only_what_is_said),
        cmocka_unit_test(a_text_that_is_too_long_or_no_utf8_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
