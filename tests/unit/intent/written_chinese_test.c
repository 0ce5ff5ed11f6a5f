/* The same in Chinese (written_english_test.c says how). */
#include "tests/unit/intent/fill_case.h"

#define DAY      "\"date\":{\"type\":\"string\",\"format\":\"date\",\"title\":\"日期\"}"
#define RANGE                                                                                      \
    "\"start_date\":{\"type\":\"string\",\"format\":\"date\",\"title\":\"开始日期\"},"              \
    "\"end_date\":{\"type\":\"string\",\"format\":\"date\",\"title\":\"结束日期\"}"
#define MONTH    "\"month\":{\"type\":\"string\",\"format\":\"year-month\",\"title\":\"月份\"}"
#define TIME     "\"time\":{\"type\":\"string\",\"format\":\"time\",\"title\":\"时间\"}"
#define AT       "\"at\":{\"type\":\"string\",\"format\":\"date-time\",\"title\":\"开始时间\"}"
#define TOP                                                                                        \
    "\"top\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"description\":\"列出前几名\"}"
#define DAYS     "\"days\":{\"type\":\"integer\",\"minimum\":1,\"title\":\"天数\"}"
#define QUANTITY "\"quantity\":{\"type\":\"integer\",\"minimum\":1,\"title\":\"数量\"}"
#define ORDER    "\"order\":{\"type\":\"integer\",\"title\":\"订单号\",\"x-synonyms\":[\"订单\"]}"
#define AMOUNT   "\"amount\":{\"type\":\"number\",\"minimum\":0,\"title\":\"金额\"}"
#define PRICE                                                                                      \
    "\"price\":{\"type\":\"object\",\"title\":\"价格\",\"properties\":{\"amount_minor\":"          \
    "{\"type\":\"integer\"},\"currency\":{\"type\":\"string\"}}}"
#define DISCOUNT "\"discount\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1,\"title\":\"折扣比例\"}"
#define PEOPLE   "\"people\":{\"type\":\"integer\",\"minimum\":1,\"title\":\"人数\"}"
#define MINUTES  "\"minutes\":{\"type\":\"integer\",\"minimum\":1,\"title\":\"分钟数\"}"
#define PRIORITY                                                                                   \
    "\"priority\":{\"type\":\"string\",\"enum\":[\"low\",\"normal\",\"high\"],\"title\":\"优先级\"," \
    "\"x-synonyms\":{\"low\":[\"低\"],\"normal\":[\"普通\",\"中\"],\"high\":[\"高\",\"紧急\",\"加急\"]}}"
#define REGION                                                                                     \
    "\"region\":{\"type\":\"string\",\"enum\":[\"华东\",\"华北\",\"华南\",\"西南\"],\"title\":\"地区\"," \
    "\"x-synonyms\":{\"华东\":[\"上海\",\"杭州\"],\"华北\":[\"北京\"],\"华南\":[\"深圳\",\"广州\"]}}"
#define DEPARTMENT                                                                                 \
    "\"department\":{\"type\":\"string\",\"enum\":[\"sales\",\"support\",\"finance\"],"            \
    "\"x-synonyms\":{\"sales\":[\"销售部\"],\"support\":[\"客服部\",\"客服\"],\"finance\":[\"财务部\",\"财务\"]}}"
#define FORMAT                                                                                     \
    "\"format\":{\"type\":\"string\",\"enum\":[\"pdf\",\"xlsx\",\"csv\"],"                         \
    "\"x-synonyms\":{\"xlsx\":[\"excel\",\"表格\"]}}"
#define STATUS                                                                                     \
    "\"status\":{\"type\":\"string\",\"enum\":[\"open\",\"closed\"],\"title\":\"状态\","           \
    "\"x-synonyms\":{\"open\":[\"未关闭\",\"处理中\"],\"closed\":[\"已关闭\"]}}"
#define NOTIFY                                                                                     \
    "\"notify\":{\"type\":\"boolean\",\"title\":\"通知客户\",\"x-optional\":true}"
#define CHARTS                                                                                     \
    "\"charts\":{\"type\":\"boolean\",\"title\":\"图表\",\"x-optional\":true}"
#define MAIL     "\"to\":{\"type\":\"string\",\"format\":\"email\",\"title\":\"收件人\"}"
#define CUSTOMER "\"customer\":{\"type\":\"string\",\"title\":\"客户\"}"
#define TITLE    "\"title\":{\"type\":\"string\",\"title\":\"标题\"}"
#define YEAR     "\"year\":{\"type\":\"integer\",\"minimum\":2000,\"maximum\":2100,\"title\":\"年份\"}"

static const struct fill_case cases[] = {
    /* 日期 */
    { DAY, "查一下2026年3月5日的订单", "{\"date\":\"2026-03-05\"}" },
    { DAY, "查一下2026年3月5号的订单", "{\"date\":\"2026-03-05\"}" },
    { DAY, "2026-03-05 的记录", "{\"date\":\"2026-03-05\"}" },
    { DAY, "2026/3/5 的记录", "{\"date\":\"2026-03-05\"}" },
    { DAY, "昨天的日志", "{\"date\":\"2026-11-20\"}" },
    { DAY, "今天谁值班", "{\"date\":\"2026-11-21\"}" },
    { DAY, "明天的车帮我订上", "{\"date\":\"2026-11-22\"}" },
    { DAY, "前天来了多少人", "{\"date\":\"2026-11-19\"}" },
    { DAY, "改到后天", "{\"date\":\"2026-11-23\"}" },
    { DAY, "大前天的数据", "{\"date\":\"2026-11-18\"}" },
    { DAY, "三天前的日志", "{\"date\":\"2026-11-18\"}" },
    { DAY, "两周后提醒我", "{\"date\":\"2026-12-05\"}" },
    { DAY, "上周一收到的邮件", "{\"date\":\"2026-11-09\"}" },
    { DAY, "安排在下周五", "{\"date\":\"2026-11-27\"}" },
    { DAY, "这周三的会", "{\"date\":\"2026-11-18\"}" },
    { DAY, "二〇二六年三月五日", "{\"date\":\"2026-03-05\"}" },
    { DAY, "今年国庆前一天 9月30日 的排班", "{\"date\":\"2026-09-30\"}" },
    { DAY, "去年12月31日的结余", "{\"date\":\"2025-12-31\"}" },
    { DAY, "2026年2月30日", "{\"date\":\"?\"}" },
    { DAY, "看看订单", "{\"date\":\"?\"}" },
    /* 月份、范围 */
    { MONTH, "上个月的销售额", "{\"month\":\"2026-10\"}" },
    { MONTH, "本月的销售额", "{\"month\":\"2026-11\"}" },
    { MONTH, "下个月的计划", "{\"month\":\"2026-12\"}" },
    { MONTH, "2026年3月的报表", "{\"month\":\"2026-03\"}" },
    { MONTH, "二〇二五年十二月的报表", "{\"month\":\"2025-12\"}" },
    { MONTH, "三月份卖了多少", "{\"month\":\"2026-03\"}" },
    { MONTH, "去年5月的报表", "{\"month\":\"2025-05\"}" },
    { MONTH, "2026-07 的工资", "{\"month\":\"2026-07\"}" },
    { MONTH, "上上个月的账单", "{\"month\":\"2026-09\"}" },
    { RANGE, "2026年1月1日到1月31日的工单",
      "{\"start_date\":\"2026-01-01\",\"end_date\":\"2026-01-31\"}" },
    { RANGE, "2026-03-01 至 2026-03-15 的工单",
      "{\"start_date\":\"2026-03-01\",\"end_date\":\"2026-03-15\"}" },
    { RANGE, "最近7天的访问量", "{\"start_date\":\"2026-11-15\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "最近一周的访问量", "{\"start_date\":\"2026-11-15\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "过去三十天的退款", "{\"start_date\":\"2026-10-23\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "上周的工单", "{\"start_date\":\"2026-11-09\",\"end_date\":\"2026-11-15\"}" },
    { RANGE, "本周的排班", "{\"start_date\":\"2026-11-16\",\"end_date\":\"2026-11-22\"}" },
    { RANGE, "本季度的业绩", "{\"start_date\":\"2026-10-01\",\"end_date\":\"2026-12-31\"}" },
    { RANGE, "上季度的业绩", "{\"start_date\":\"2026-07-01\",\"end_date\":\"2026-09-30\"}" },
    { RANGE, "2026年第一季度的业绩", "{\"start_date\":\"2026-01-01\",\"end_date\":\"2026-03-31\"}" },
    { RANGE, "今年上半年的收入", "{\"start_date\":\"2026-01-01\",\"end_date\":\"2026-06-30\"}" },
    { RANGE, "去年的收入", "{\"start_date\":\"2025-01-01\",\"end_date\":\"2025-12-31\"}" },
    { RANGE, "2024年2月的访问", "{\"start_date\":\"2024-02-01\",\"end_date\":\"2024-02-29\"}" },
    { RANGE, "上个月的考勤", "{\"start_date\":\"2026-10-01\",\"end_date\":\"2026-10-31\"}" },
    { RANGE, "3月3日到3月9日", "{\"start_date\":\"2026-03-03\",\"end_date\":\"2026-03-09\"}" },
    { YEAR, "2025年的年报", "{\"year\":2025}" },
    { YEAR, "去年的年报", "{\"year\":2025}" },
    /* 时间 */
    { TIME, "每天15:30跑一次", "{\"time\":\"15:30:00\"}" },
    { TIME, "下午三点跑一次", "{\"time\":\"15:00:00\"}" },
    { TIME, "早上9点半开始", "{\"time\":\"09:30:00\"}" },
    { TIME, "晚上八点一刻", "{\"time\":\"20:15:00\"}" },
    { TIME, "中午12点", "{\"time\":\"12:00:00\"}" },
    { AT, "明天下午六点开始", "{\"at\":\"2026-11-22T18:00:00+08:00\"}" },
    { AT, "2026年12月1日上午8点启动", "{\"at\":\"2026-12-01T08:00:00+08:00\"}" },
    /* 数字、金额 */
    { TOP, "销量前10的产品", "{\"top\":10}" },
    { TOP, "列出前五名客户", "{\"top\":5}" },
    { TOP, "最慢的二十个页面，列前二十名", "{\"top\":20}" },
    { DAYS, "清理30天前的文件", "{\"days\":30}" },
    { DAYS, "清理超过九十天的文件", "{\"days\":90}" },
    { DAYS, "清理两周以前的文件", "{\"days\":14}" },
    { DAYS, "清理旧文件", "{\"days\":\"?\"}" },
    { QUANTITY, "订12个", "{\"quantity\":12}" },
    { QUANTITY, "数量一百五十", "{\"quantity\":150}" },
    { QUANTITY, "再要两箱", "{\"quantity\":2}" },
    { ORDER, "取消订单8841", "{\"order\":8841}" },
    { ORDER, "订单号 77120 到哪了", "{\"order\":77120}" },
    { ORDER "," AMOUNT, "给订单8841退款120元", "{\"order\":8841,\"amount\":120}" },
    { ORDER "," AMOUNT, "订单5512退49.9元", "{\"order\":5512,\"amount\":49.9}" },
    { ORDER "," QUANTITY, "订单9001加3件", "{\"order\":9001,\"quantity\":3}" },
    { AMOUNT, "转账1.2万元", "{\"amount\":12000}" },
    { AMOUNT, "预算三百五十万", "{\"amount\":3500000}" },
    { AMOUNT, "预算1亿", "{\"amount\":100000000}" },
    { AMOUNT, "报销两千三百块", "{\"amount\":2300}" },
    { AMOUNT, "金额 1,250.50", "{\"amount\":1250.5}" },
    { AMOUNT, "转三千五", "{\"amount\":3500}" },
    { PRICE, "定价19.99元", "{\"price\":{\"amount_minor\":1999,\"currency\":\"CNY\"}}" },
    { PRICE, "定价300欧元", "{\"price\":{\"amount_minor\":30000,\"currency\":\"EUR\"}}" },
    { PRICE, "定价￥88", "{\"price\":{\"amount_minor\":8800,\"currency\":\"CNY\"}}" },
    { DISCOUNT, "折扣比例百分之十五", "{\"discount\":0.15}" },
    { DISCOUNT, "折扣 8%", "{\"discount\":0.08}" },
    { PEOPLE, "订一个六人的会议室", "{\"people\":6}" },
    { PEOPLE "," MINUTES, "十个人，开90分钟", "{\"people\":10,\"minutes\":90}" },
    { MINUTES, "开一个四十五分钟的会", "{\"minutes\":45}" },
    /* 选项 */
    { PRIORITY, "建一个高优先级的工单", "{\"priority\":\"high\"}" },
    { PRIORITY, "这个很紧急", "{\"priority\":\"high\"}" },
    { PRIORITY, "普通优先级就行", "{\"priority\":\"normal\"}" },
    { PRIORITY, "建一个工单", "{\"priority\":\"?\"}" },
    { REGION, "华东区的销售", "{\"region\":\"华东\"}" },
    { REGION, "上海的销售", "{\"region\":\"华东\"}" },
    { REGION, "北京这边怎么样", "{\"region\":\"华北\"}" },
    { REGION, "华东还是华南", "{\"region\":\"?\"}" },
    { DEPARTMENT, "财务部的费用", "{\"department\":\"finance\"}" },
    { DEPARTMENT, "客服有多少人", "{\"department\":\"support\"}" },
    { FORMAT, "导出成Excel", "{\"format\":\"xlsx\"}" },
    { FORMAT, "给我PDF", "{\"format\":\"pdf\"}" },
    { FORMAT, "做成表格", "{\"format\":\"xlsx\"}" },
    { STATUS, "已关闭的工单", "{\"status\":\"closed\"}" },
    { STATUS, "还在处理中的工单", "{\"status\":\"open\"}" },
    { MONTH "," REGION, "上个月华东区的销售报表发我一份",
      "{\"month\":\"2026-10\",\"region\":\"华东\"}" },
    { TOP "," REGION, "华南前三名", "{\"top\":3,\"region\":\"华南\"}" },
    { REGION "," FORMAT, "华北的数据，csv格式", "{\"region\":\"华北\",\"format\":\"csv\"}" },
    /* 开关、地址、文字 */
    { ORDER "," NOTIFY, "取消订单12并通知客户", "{\"order\":12,\"notify\":true}" },
    { ORDER "," NOTIFY, "取消订单12，不要通知客户", "{\"order\":12,\"notify\":false}" },
    { ORDER "," NOTIFY, "取消订单12", "{\"order\":12}" },
    { MONTH "," CHARTS, "三月的报表，带图表", "{\"month\":\"2026-03\",\"charts\":true}" },
    { MONTH "," CHARTS, "三月的报表，不带图表", "{\"month\":\"2026-03\",\"charts\":false}" },
    { MAIL, "发给 li.wei@example.cn 看看", "{\"to\":\"li.wei@example.cn\"}" },
    { CUSTOMER, "客户是“海港五金”", "{\"customer\":\"海港五金\"}" },
    { CUSTOMER, "查客户「湖畔书店」的欠款", "{\"customer\":\"湖畔书店\"}" },
    { TITLE, "标题：每周例会", "{\"title\":\"每周例会\"}" },
};

static void office_requests_in_chinese_come_out_right(void **state)
{
    (void)state;
    run_share(cases, sizeof cases / sizeof *cases, 0, 95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(office_requests_in_chinese_come_out_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
