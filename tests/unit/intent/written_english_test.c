/* Requests as people in an office write them, against schemas as their skills have them: dates, numbers,
 * money, choices, switches. Written without looking at the rules; the share that comes out right is
 * printed, and has to be 95 %.
 */
#include "tests/unit/intent/fill_case.h"

#define DAY      "\"date\":{\"type\":\"string\",\"format\":\"date\"}"
#define DUE      "\"due\":{\"type\":\"string\",\"format\":\"date\",\"title\":\"Due date\"}"
#define RANGE                                                                                      \
    "\"start_date\":{\"type\":\"string\",\"format\":\"date\"},"                                    \
    "\"end_date\":{\"type\":\"string\",\"format\":\"date\"}"
#define MONTH    "\"month\":{\"type\":\"string\",\"format\":\"year-month\",\"title\":\"Month\"}"
#define TIME     "\"time\":{\"type\":\"string\",\"format\":\"time\"}"
#define AT       "\"at\":{\"type\":\"string\",\"format\":\"date-time\"}"
#define TOP                                                                                        \
    "\"top\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"description\":\"how many to list\"}"
#define DAYS     "\"days\":{\"type\":\"integer\",\"minimum\":1,\"description\":\"age in days\"}"
#define QUANTITY "\"quantity\":{\"type\":\"integer\",\"minimum\":1,\"title\":\"Quantity\"}"
#define ORDER    "\"order\":{\"type\":\"integer\",\"title\":\"Order number\"}"
#define INVOICE  "\"invoice\":{\"type\":\"integer\",\"title\":\"Invoice number\"}"
#define AMOUNT   "\"amount\":{\"type\":\"number\",\"minimum\":0,\"title\":\"Amount\"}"
#define PRICE                                                                                      \
    "\"price\":{\"type\":\"object\",\"properties\":{\"amount_minor\":{\"type\":\"integer\"},"      \
    "\"currency\":{\"type\":\"string\"}}}"
#define DISCOUNT "\"discount\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1,\"title\":\"Discount\"}"
#define RETRIES  "\"retries\":{\"type\":\"integer\",\"minimum\":0,\"title\":\"Retries\"}"
#define MINUTES  "\"minutes\":{\"type\":\"integer\",\"minimum\":1,\"description\":\"length in minutes\"}"
#define PEOPLE   "\"people\":{\"type\":\"integer\",\"minimum\":1,\"title\":\"Number of people\"}"
#define PRIORITY                                                                                   \
    "\"priority\":{\"type\":\"string\",\"enum\":[\"low\",\"normal\",\"high\",\"urgent\"],"         \
    "\"x-synonyms\":{\"urgent\":[\"asap\",\"critical\"]}}"
#define DEPARTMENT                                                                                 \
    "\"department\":{\"type\":\"string\",\"enum\":[\"sales\",\"support\",\"engineering\","         \
    "\"finance\"],\"x-synonyms\":{\"engineering\":[\"dev team\",\"R&D\"],"                         \
    "\"support\":[\"help desk\"]}}"
#define FORMAT                                                                                     \
    "\"format\":{\"type\":\"string\",\"enum\":[\"pdf\",\"xlsx\",\"csv\"],"                         \
    "\"x-synonyms\":{\"xlsx\":[\"excel\",\"spreadsheet\"]}}"
#define REGION                                                                                     \
    "\"region\":{\"type\":\"string\",\"enum\":[\"north\",\"south\",\"east\",\"west\"]}"
#define STATUS                                                                                     \
    "\"status\":{\"type\":\"string\",\"enum\":[\"open\",\"in_progress\",\"closed\"]}"
#define NOTIFY                                                                                     \
    "\"notify\":{\"type\":\"boolean\",\"title\":\"Notify the customer\",\"x-optional\":true}"
#define ARCHIVED                                                                                   \
    "\"include_archived\":{\"type\":\"boolean\",\"title\":\"Include archived\",\"x-optional\":true}"
#define MAIL     "\"to\":{\"type\":\"string\",\"format\":\"email\"}"
#define LINK     "\"url\":{\"type\":\"string\",\"format\":\"uri\"}"
#define TITLE    "\"title\":{\"type\":\"string\",\"title\":\"Title\"}"
#define YEAR     "\"year\":{\"type\":\"integer\",\"minimum\":2000,\"maximum\":2100,\"title\":\"Year\"}"

static const struct fill_case cases[] = {
    /* dates */
    { DAY, "what did we ship on 2026-03-05?", "{\"date\":\"2026-03-05\"}" },
    { DAY, "orders of March 5, 2026", "{\"date\":\"2026-03-05\"}" },
    { DAY, "orders of 5 March 2026 please", "{\"date\":\"2026-03-05\"}" },
    { DAY, "show the visits of the 5th of March 2026", "{\"date\":\"2026-03-05\"}" },
    { DAY, "what happened yesterday", "{\"date\":\"2026-11-20\"}" },
    { DAY, "who is on duty today?", "{\"date\":\"2026-11-21\"}" },
    { DAY, "book the van for tomorrow", "{\"date\":\"2026-11-22\"}" },
    { DAY, "the day before yesterday's numbers", "{\"date\":\"2026-11-19\"}" },
    { DAY, "move it to the day after tomorrow", "{\"date\":\"2026-11-23\"}" },
    { DAY, "log of 3 days ago", "{\"date\":\"2026-11-18\"}" },
    { DAY, "remind me in two weeks", "{\"date\":\"2026-12-05\"}" },
    { DAY, "what came in last Monday", "{\"date\":\"2026-11-16\"}" },
    { DAY, "plan the visit for next Friday", "{\"date\":\"2026-11-27\"}" },
    { DAY, "deliver on 03/04/2026", "{\"date\":\"?\"}" },
    { DAY, "deliver on 25/12/2026", "{\"date\":\"2026-12-25\"}" },
    { DAY, "deliver on 12/25/2026", "{\"date\":\"2026-12-25\"}" },
    { DAY, "deliver on 04.03.2026", "{\"date\":\"2026-03-04\"}" },
    { DAY, "close the books on Dec 31st", "{\"date\":\"2026-12-31\"}" },
    { DUE, "the invoice is due January 15 2027", "{\"due\":\"2027-01-15\"}" },
    { DUE, "set the due date to 2026/12/01", "{\"due\":\"2026-12-01\"}" },
    { DUE, "due in 10 days", "{\"due\":\"2026-12-01\"}" },
    { DAY, "the 29th of February 2028", "{\"date\":\"2028-02-29\"}" },
    { DAY, "February 30 2026", "{\"date\":\"?\"}" },
    /* months, ranges */
    { MONTH, "turnover of March 2026", "{\"month\":\"2026-03\"}" },
    { MONTH, "turnover of 2026-03", "{\"month\":\"2026-03\"}" },
    { MONTH, "last month's turnover", "{\"month\":\"2026-10\"}" },
    { MONTH, "how is this month going", "{\"month\":\"2026-11\"}" },
    { MONTH, "plan for next month", "{\"month\":\"2026-12\"}" },
    { MONTH, "the February figures", "{\"month\":\"2026-02\"}" },
    { MONTH, "figures for Dec 2025", "{\"month\":\"2025-12\"}" },
    { MONTH, "two months ago", "{\"month\":\"2026-09\"}" },
    { RANGE, "tickets from 2026-01-01 to 2026-01-31",
      "{\"start_date\":\"2026-01-01\",\"end_date\":\"2026-01-31\"}" },
    { RANGE, "tickets between March 1 2026 and March 15 2026",
      "{\"start_date\":\"2026-03-01\",\"end_date\":\"2026-03-15\"}" },
    { RANGE, "tickets of the last 7 days",
      "{\"start_date\":\"2026-11-15\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "tickets of last week", "{\"start_date\":\"2026-11-09\",\"end_date\":\"2026-11-15\"}" },
    { RANGE, "everything this week", "{\"start_date\":\"2026-11-16\",\"end_date\":\"2026-11-22\"}" },
    { RANGE, "sales in Q1 2026", "{\"start_date\":\"2026-01-01\",\"end_date\":\"2026-03-31\"}" },
    { RANGE, "sales of the third quarter",
      "{\"start_date\":\"2026-07-01\",\"end_date\":\"2026-09-30\"}" },
    { RANGE, "revenue of last year", "{\"start_date\":\"2025-01-01\",\"end_date\":\"2025-12-31\"}" },
    { RANGE, "revenue for 2024", "{\"start_date\":\"2024-01-01\",\"end_date\":\"2024-12-31\"}" },
    { RANGE, "visits in February 2024", "{\"start_date\":\"2024-02-01\",\"end_date\":\"2024-02-29\"}" },
    { RANGE, "visits last month", "{\"start_date\":\"2026-10-01\",\"end_date\":\"2026-10-31\"}" },
    { RANGE, "from March 3 to March 9, 2026",
      "{\"start_date\":\"2026-03-03\",\"end_date\":\"2026-03-09\"}" },
    { RANGE, "the past 30 days", "{\"start_date\":\"2026-10-23\",\"end_date\":\"2026-11-21\"}" },
    { RANGE, "last quarter", "{\"start_date\":\"2026-07-01\",\"end_date\":\"2026-09-30\"}" },
    { YEAR, "the annual report of 2025", "{\"year\":2025}" },
    { YEAR, "report for last year", "{\"year\":2025}" },
    /* times */
    { TIME, "wake the batch at 15:30", "{\"time\":\"15:30:00\"}" },
    { TIME, "wake the batch at 3 pm", "{\"time\":\"15:00:00\"}" },
    { TIME, "every day at 9:15 am", "{\"time\":\"09:15:00\"}" },
    { TIME, "run it at noon", "{\"time\":\"12:00:00\"}" },
    { AT, "start it on 2026-12-01 at 08:00", "{\"at\":\"2026-12-01T08:00:00+08:00\"}" },
    { AT, "start it tomorrow at 6 pm", "{\"at\":\"2026-11-22T18:00:00+08:00\"}" },
    /* numbers */
    { TOP, "the top 10 products", "{\"top\":10}" },
    { TOP, "list the five slowest pages", "{\"top\":5}" },
    { TOP, "top twenty customers", "{\"top\":20}" },
    { TOP, "show 1000 rows", "{\"top\":\"?\"}" },
    { DAYS, "delete what is older than 30 days", "{\"days\":30}" },
    { DAYS, "delete what is older than thirty days", "{\"days\":30}" },
    { DAYS, "purge temp files older than 2 weeks", "{\"days\":14}" },
    { DAYS, "delete old things", "{\"days\":\"?\"}" },
    { QUANTITY, "order 12 of these", "{\"quantity\":12}" },
    { QUANTITY, "order a dozen", "{\"quantity\":12}" },
    { QUANTITY, "quantity 250", "{\"quantity\":250}" },
    { QUANTITY, "order 1,500 units", "{\"quantity\":1500}" },
    { ORDER, "cancel order 8841", "{\"order\":8841}" },
    { ORDER, "cancel order #8841", "{\"order\":8841}" },
    { ORDER, "where is order number 77120?", "{\"order\":77120}" },
    { INVOICE, "send invoice no. 2026031 again", "{\"invoice\":2026031}" },
    { ORDER "," AMOUNT, "refund order 8841, 120 euro", "{\"order\":8841,\"amount\":120}" },
    { ORDER "," AMOUNT, "refund 49.90 on order 5512", "{\"order\":5512,\"amount\":49.9}" },
    { ORDER "," AMOUNT, "give them back $15 for order 301", "{\"order\":301,\"amount\":15}" },
    { ORDER "," QUANTITY, "add quantity 3 to order 9001", "{\"order\":9001,\"quantity\":3}" },
    { AMOUNT, "transfer 1,250.50", "{\"amount\":1250.5}" },
    { AMOUNT, "a budget of 20k", "{\"amount\":20000}" },
    { AMOUNT, "a budget of 1.5 million", "{\"amount\":1500000}" },
    { PRICE, "sell it for $19.99", "{\"price\":{\"amount_minor\":1999,\"currency\":\"USD\"}}" },
    { PRICE, "sell it for 300 EUR", "{\"price\":{\"amount_minor\":30000,\"currency\":\"EUR\"}}" },
    { PRICE, "price it at £5", "{\"price\":{\"amount_minor\":500,\"currency\":\"GBP\"}}" },
    { DISCOUNT, "give them a discount of 15%", "{\"discount\":0.15}" },
    { DISCOUNT, "5 percent discount", "{\"discount\":0.05}" },
    { DISCOUNT, "discount 0.2", "{\"discount\":0.2}" },
    { RETRIES, "with 3 retries", "{\"retries\":3}" },
    { RETRIES, "retries=0", "{\"retries\":0}" },
    { MINUTES, "a meeting of 45 minutes", "{\"minutes\":45}" },
    { MINUTES "," PEOPLE, "a room for 6 people for 90 minutes", "{\"minutes\":90,\"people\":6}" },
    { PEOPLE, "a table for two people", "{\"people\":2}" },
    /* choices */
    { PRIORITY, "open a ticket with high priority", "{\"priority\":\"high\"}" },
    { PRIORITY, "I need this asap", "{\"priority\":\"urgent\"}" },
    { PRIORITY, "this is critical", "{\"priority\":\"urgent\"}" },
    { PRIORITY, "open a ticket", "{\"priority\":\"?\"}" },
    { DEPARTMENT, "headcount of engineering", "{\"department\":\"engineering\"}" },
    { DEPARTMENT, "headcount of R&D", "{\"department\":\"engineering\"}" },
    { DEPARTMENT, "who works at the help desk", "{\"department\":\"support\"}" },
    { DEPARTMENT, "Finance costs", "{\"department\":\"finance\"}" },
    { FORMAT, "as a PDF please", "{\"format\":\"pdf\"}" },
    { FORMAT, "send me a spreadsheet", "{\"format\":\"xlsx\"}" },
    { FORMAT, "export to Excel", "{\"format\":\"xlsx\"}" },
    { FORMAT, "in pdf or csv", "{\"format\":\"?\"}" },
    { REGION, "sales of the north region", "{\"region\":\"north\"}" },
    { REGION, "how is the West doing", "{\"region\":\"west\"}" },
    { STATUS, "tickets in progress", "{\"status\":\"in_progress\"}" },
    { STATUS, "all closed tickets", "{\"status\":\"closed\"}" },
    { REGION "," FORMAT, "the east as csv", "{\"region\":\"east\",\"format\":\"csv\"}" },
    { TOP "," REGION, "top 3 of the south", "{\"top\":3,\"region\":\"south\"}" },
    /* switches, addresses, texts */
    { ORDER "," NOTIFY, "cancel order 12 and notify the customer", "{\"order\":12,\"notify\":true}" },
    { ORDER "," NOTIFY, "cancel order 12 but do not notify the customer",
      "{\"order\":12,\"notify\":false}" },
    { ORDER "," NOTIFY, "cancel order 12", "{\"order\":12}" },
    { TOP "," ARCHIVED, "top 5, including archived", "{\"top\":5,\"include_archived\":true}" },
    { TOP "," ARCHIVED, "top 5 without archived ones", "{\"top\":5,\"include_archived\":false}" },
    { MAIL, "send it to anna.berg@example.com", "{\"to\":\"anna.berg@example.com\"}" },
    { LINK, "check https://example.com/status?x=1 now", "{\"url\":\"https://example.com/status?x=1\"}" },
    { TITLE, "open a ticket \"printer is on fire\"", "{\"title\":\"printer is on fire\"}" },
    { TITLE, "title: Weekly sync", "{\"title\":\"Weekly sync\"}" },
};

static void office_requests_in_english_come_out_right(void **state)
{
    (void)state;
    run_share(cases, sizeof cases / sizeof *cases, 0, 95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(office_requests_in_english_come_out_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
