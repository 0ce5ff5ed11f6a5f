/* crontab_test.c - lines as they are found on servers, and what is said about each. */
#include "cli/crontab/crontab.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

#define PROPERTY(name, type) "\"" name "\":{\"type\":\"" type "\"}"
static const char skills_text[] =
    "[{\"name\":\"sales-report\",\"actions\":[{\"name\":\"run\",\"input_schema\":{\"type\":\"object\","
    "\"required\":[\"month\"],\"properties\":{" PROPERTY("month", "string") "," PROPERTY("top", "integer")
    "," PROPERTY("dry_run", "boolean") "}}}]},"
    "{\"name\":\"cleanup\",\"actions\":[{\"name\":\"scan\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}},"
    "{\"name\":\"purge\",\"input_schema\":{\"type\":\"object\",\"properties\":{" PROPERTY("days", "integer")
    "}}}]}]";

struct fixture {
    struct arena arena;
    struct gov_err err;
    json_t *skills;
    struct crontab crontab;
};

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    arena_init(&f.arena);
    f.skills = json_parse(&f.arena, skills_text, strlen(skills_text), &f.err);
    *state = &f;
    return f.skills ? 0 : -1;
}

static int teardown(void **state)
{
    arena_release(&((struct fixture *)*state)->arena);
    return 0;
}

static const struct crontab_line *read_lines(struct fixture *f, const char *text, bool with_user)
{
    if (!crontab_parse(text, strlen(text), with_user, "Asia/Shanghai", &f->crontab, &f->arena, &f->err))
        fail_msg("%s", f->err.en);
    for (size_t i = 0; i < f->crontab.count; i++)
        crontab_match(&f->crontab.lines[i], f->skills, &f->arena);
    return f->crontab.lines;
}

static void each_line_gets_its_verdict(void **state)
{
    static const struct {
        const char *line;
        enum crontab_verdict verdict;
        const char *input; /* of a found one */
        const char *why;   /* part of it */
    } cases[] = {
        { "0 9 * * 1-5 /opt/bin/sales_report.py --month 2026-03", CRONTAB_FOUND, "{\"month\":\"2026-03\"}", "" },
        { "@daily python3 -u /opt/sales-report/main.py --month=x --top 5 --dry-run >> /var/log/x.log 2>&1",
          CRONTAB_FOUND, "{\"month\":\"x\",\"top\":5,\"dry_run\":true}", "" },
        { "5 0 1 * * nice -n 10 timeout 600 /usr/bin/env python3 sales-report.py --month \"$(date -d '-1 month' +\\%Y-\\%m)\"",
          CRONTAB_FOUND, "{\"month\":{\"$fire\":\"-1 month\",\"format\":\"%Y-%m\"}}", "" },
        { "5 0 1 * * sales-report --month=$(date -d yesterday +\\%F) > /dev/null", CRONTAB_FOUND,
          "{\"month\":{\"$fire\":\"-1 day\",\"format\":\"%F\"}}", "" },
        { "0 9 * * * LANG=C flock -n /run/x.lock /opt/sales-report.sh%{\"month\": \"m\"}%", CRONTAB_FOUND,
          "{\"month\":\"m\"}", "" },
        { "0 9 * * * execgov run cleanup/purge days=30", CRONTAB_FOUND, "{\"days\":30}", "" },
        { "0 9 * * * execgov run sales-report month=$(date +\\%Y-\\%m)", CRONTAB_FOUND,
          "{\"month\":{\"$fire\":\"\",\"format\":\"%Y-%m\"}}", "" },
        { "0 9 * * * /opt/backup.sh", CRONTAB_TO_BE_MADE, NULL, "there is no skill backup" },
        { "0 9 * * * execgov run cleanup/wipe days=30", CRONTAB_TO_BE_MADE, NULL, "there is no skill cleanup/wipe" },
        { "0 9 * * * cd /opt && ./sales-report.py", CRONTAB_TO_BE_MADE, NULL, "more than one command" },
        { "0 9 * * * sales-report --month $MONTH", CRONTAB_TO_BE_MADE, NULL, "uses a variable" },
        { "0 9 * * * sales-report --month `date`", CRONTAB_TO_BE_MADE, NULL, "only a shell knows" },
        { "0 9 * * * find /tmp -name *.log", CRONTAB_TO_BE_MADE, NULL, "only a shell knows" },
        { "0 9 * * * sales-report --month $(date +\\%B)", CRONTAB_TO_BE_MADE, NULL, "uses a variable or the output" },
        { "0 9 * * * echo 'never closed", CRONTAB_TO_BE_MADE, NULL, "a quote is not closed" },
        { "0 9 * * * python3 -c 'print(1)'", CRONTAB_TO_BE_MADE, NULL, "its code stands in the line" },
        { "0 9 * * * sales-report", CRONTAB_NOT_POSSIBLE, NULL, "needs the input \"month\"" },
        { "0 9 * * * sales-report --year 2026", CRONTAB_NOT_POSSIBLE, NULL, "the argument \"--year\" fits no input" },
        { "0 9 * * * sales-report 2026-03", CRONTAB_NOT_POSSIBLE, NULL, "the argument \"2026-03\" fits no input" },
        { "0 9 * * * sales-report --month m --top many", CRONTAB_NOT_POSSIBLE, NULL, "fits no input" },
        { "0 9 * * * cleanup%Dear all,%good morning", CRONTAB_NOT_POSSIBLE, NULL, "reads a text from standard input" },
        { "0 25 * * * cleanup", CRONTAB_NOT_POSSIBLE, NULL, "field 2 (hour)" },
        { "@reboot cleanup", CRONTAB_NOT_POSSIBLE, NULL, "the start of a machine" },
        { "@fortnightly cleanup", CRONTAB_NOT_POSSIBLE, NULL, "is none of @hourly" },
        { "0 9 * * *", CRONTAB_NOT_POSSIBLE, NULL, "there is no command" },
        { "MAILTO=root@example.org", CRONTAB_SETTING, NULL, "results and failures are in the run" },
        { "DB_NAME = \"sales\"", CRONTAB_SETTING, NULL, "make it an input" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct crontab_line *line = read_lines(f, cases[i].line, false);
        if (f->crontab.count != 1 || line->verdict != cases[i].verdict)
            fail_msg("%s: %s (%s)", cases[i].line, crontab_verdict_name(line->verdict), line->why.en);
        if (!strstr(line->why.en, cases[i].why))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].line, line->why.en, cases[i].why);
        if (*cases[i].why && !*line->why.zh)
            fail_msg("%s: says nothing in Chinese", cases[i].line);
        if (cases[i].input)
            assert_string_equal(json_text(&f->arena, line->input), cases[i].input);
    }
}

static void zones_users_comments_and_line_ends_are_read(void **state)
{
    struct fixture *f = *state;
    const struct crontab_line *l = read_lines(f,
        "# a comment\r\n"
        "\n"
        "  17 *\t* * *  root   cleanup\r\n"
        "CRON_TZ='Europe/Berlin'\n"
        "@weekly www-data execgov run cleanup/purge\n"
        "CRON_TZ=Mars/Phobos\n"
        "0 1 * * * root cleanup", true);

    assert_int_equal(f->crontab.count, 5);
    assert_int_equal(l[0].number, 3);
    assert_int_equal(l[0].verdict, CRONTAB_FOUND);
    assert_string_equal(l[0].rule, "17 *\t* * *");
    assert_string_equal(l[0].user, "root");
    assert_string_equal(l[0].timezone, "Asia/Shanghai");
    assert_string_equal(l[2].timezone, "Europe/Berlin");
    assert_string_equal(l[2].user, "www-data");
    assert_string_equal(l[2].action, "purge");
    assert_int_equal(l[3].verdict, CRONTAB_NOT_POSSIBLE);
    assert_int_equal(l[4].verdict, CRONTAB_NOT_POSSIBLE);
}

static void what_is_no_text_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_false(crontab_parse("a\0b", 3, false, "UTC", &f->crontab, &f->arena, &f->err));
    assert_int_equal(f->err.code, GOV_INVALID_INPUT);
    assert_false(crontab_parse("\xff\xfe", 2, false, "UTC", &f->crontab, &f->arena, &f->err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_line_gets_its_verdict, setup, teardown),
        cmocka_unit_test_setup_teardown(zones_users_comments_and_line_ends_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_text_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
