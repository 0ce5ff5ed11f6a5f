/* demo_skills.h - a small tenant as a team would really have it: five skills, few examples. */
#ifndef TESTS_UNIT_INTENT_DEMO_SKILLS_H
#define TESTS_UNIT_INTENT_DEMO_SKILLS_H

#include "worker/intent/recogniser/recogniser.h"

static const char *const sales_examples[] = {
    "sales report for March 2026 from sales.csv",
    "make the monthly sales report",
    "用 sales.csv 出一份2026年3月的销售报表",
};
static const char *const log_examples[] = {
    "what are the top errors in access.log",
    "看看今天的访问日志有哪些报错",
};
static const char *const cleanup_examples[] = {
    "remove files older than 90 days from archive.zip",
    "清理归档里超过半年的旧文件",
};

static const struct recogniser_skill demo_skills[] = {
    { .id = "sales-report",
      .name = "sales-report",
      .title = "Sales report\n销售报表",
      .description = "Makes a sales report of one month, by region and product, from a CSV file.\n"
                     "根据 CSV 文件生成某个月按地区和产品汇总的销售报表。",
      .parameters = "month: the month to report on\nfile: sales data\n月份\n销售数据文件",
      .readme =
          "# Sales report\nReads orders from a CSV file and writes totals, growth and a table.\n",
      .examples = sales_examples,
      .example_count = 3 },
    { .id = "log-inspection",
      .name = "log-inspection",
      .title = "Log inspection\n日志巡检",
      .description = "Inspects a web access log: top errors, slow paths, traffic by hour.\n"
                     "检查网站访问日志：最多的错误、最慢的路径、每小时流量。",
      .parameters = "file: the access log\n访问日志文件",
      .examples = log_examples,
      .example_count = 2 },
    { .id = "file-stats",
      .name = "file-stats",
      .title = "File statistics\n文件统计",
      .description =
          "Counts lines, words and bytes of a text file.\n统计文本文件的行数、字数和字节数。",
      .parameters = "file: a text file\ntop: how many frequent words to list" },
    { .id = "cleanup",
      .name = "cleanup",
      .title = "Clean up an archive\n清理归档",
      .description = "Removes old files from an archive.\n从归档文件中删除过期的旧文件。",
      .parameters = "archive: the archive file\nolder_than_days: age in days",
      .examples = cleanup_examples,
      .example_count = 2 },
    { .id = "customer-ledger",
      .name = "customer-ledger",
      .title = "客户台账\nCustomer ledger",
      .description =
          "读取客户台账 Excel，按负责人汇总应收金额和逾期天数，输出中文 Excel。\n"
          "Summarises a customer ledger in Excel by owner: receivables and days overdue.",
      .parameters = "文件\n负责人\nfile, owner" },
};

enum { DEMO_SKILLS = sizeof demo_skills / sizeof *demo_skills };

#endif
