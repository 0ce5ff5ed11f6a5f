/* main_simulate.c - `execgov lifecycle simulate`: a customer's year to read, on a throw-away database. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/civil.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/base/zone.h"
#include "lifecycle/simulate.h"

static const char help[] =
    "execgov lifecycle simulate --pg CONNINFO [--from DATE] [--to DATE] [--pays LIST] [--edition CODE] [--timezone ZONE]\n"
    "\n"
    "  Makes a database on that server, lets one customer live in it from DATE to DATE, and removes it.\n"
    "  在该服务器上创建临时数据库，演示一个客户从起始到结束日期的全过程，然后删除该数据库。\n"
    "\n"
    "  --pg CONNINFO     of a superuser; nothing but the new database is touched / 超级用户连接信息，只使用新建的数据库\n"
    "  --from, --to      days like 2027-01-01; a year from today without them / 日期，默认从今天起一年\n"
    "  --pays LIST       when each renewal is paid: days after the end, or never; default -5,3,12,never\n"
    "                    每次续费的付款时间：到期后天数（负数为提前）或 never\n"
    "  --edition CODE    team-monthly / 版本\n"
    "  --timezone ZONE   Asia/Shanghai / 时区\n"
    "  --lang zh-CN|en   ignored: the timeline is the system's own words / 忽略\n";

static bool day_read(const char *text, int64_t *day)
{
    struct civil date;

    if (!civil_parse(text, &date))
        return false;
    *day = civil_to_days(date);
    return true;
}

static bool pays_read(const char *text, struct simulate_options *o)
{
    char copy[400], *rest = NULL;
    int64_t days;

    o->pay_count = 0;
    if (strlen(text) >= sizeof copy)
        return false;
    memcpy(copy, text, strlen(text) + 1);
    for (char *one = strtok_r(copy, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
        if (o->pay_count == SIMULATE_PAYS_MAX)
            return false;
        if (strcmp(one, "never") == 0)
            days = SIMULATE_NEVER;
        else if (!text_parse_i64(one, -300, 300, &days))
            return false;
        o->pays[o->pay_count++] = (int)days;
    }
    return o->pay_count > 0;
}

static const char *options_read(int argc, char **argv, struct simulate_options *o, bool *asked)
{
    enum { PG = 1, FROM, TO, PAYS, EDITION, ZONE, LANG };
    static const struct option known[] = {
        { "pg", required_argument, NULL, PG },           { "from", required_argument, NULL, FROM },
        { "to", required_argument, NULL, TO },           { "pays", required_argument, NULL, PAYS },
        { "edition", required_argument, NULL, EDITION }, { "timezone", required_argument, NULL, ZONE },
        { "lang", required_argument, NULL, LANG },       { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    const char *fault = NULL;
    int c;

    while (!fault && (c = getopt_long(argc, argv, "h", known, NULL)) != -1)
        switch (c) {
        case PG: o->conninfo = optarg; break;
        case FROM: fault = day_read(optarg, &o->from_day) ? NULL : "--from"; break;
        case TO: fault = day_read(optarg, &o->to_day) ? NULL : "--to"; break;
        case PAYS: fault = pays_read(optarg, o) ? NULL : "--pays"; break;
        case EDITION: o->edition = optarg; break;
        case ZONE: o->zone = optarg; fault = zone_known(optarg) ? NULL : "--timezone"; break;
        case LANG: break;
        case 'h': *asked = true; break;
        default: fault = "?";
        }
    if (!fault && !*asked && !o->conninfo)
        fault = "--pg";
    return fault ? fault : optind != argc ? argv[optind] : NULL;
}

int main(int argc, char **argv)
{
    struct simulate_options o = { .edition = "team-monthly", .zone = "Asia/Shanghai" };
    struct gov_err err = { 0 };
    bool asked = false;

    pays_read("-5,3,12,never", &o);
    const char *fault = options_read(argc, argv, &o, &asked);
    if (asked)
        return fputs(help, stdout) < 0;
    if (!o.from_day)
        o.from_day = clock_now_us() / 1000000 / 86400;
    if (!o.to_day)
        o.to_day = o.from_day + 365;
    if (!fault && (o.to_day <= o.from_day || o.to_day > o.from_day + 3700))
        fault = "--to";
    if (fault) {
        fprintf(stderr, "execgov lifecycle simulate: %s is missing or cannot be read / 缺少或无法识别\n\n%s", fault, help);
        return 2;
    }
    if (simulate_run(&o, &err))
        return 0;
    fprintf(stderr, "execgov lifecycle simulate: %s\n  %s\n", gov_err_detail(&err, GOV_EN), err.cause);
    return gov_code_info(err.code)->exit_code;
}
