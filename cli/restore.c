/* restore.c - after a restore, before the daemons start: what had not ended in the copy that came back.
 *
 * A sandboxed script without resources has no effect outside, so it simply runs again. A run that may call out, or
 * was of high risk, may have done so after the copy was made, and no row is left that says so: those are listed, held
 * with --hold, and released one by one.
 */
#include "cli/restore.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/id.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/io/db/dbsync.h"
#include "sql_queries.h"

enum { EXIT_NOTHING = 0, EXIT_SOMETHING = 1 };

struct restore {
    struct arena arena;
    const char *conninfo, *release; /* a job's id */
    bool json, hold, help;
    enum gov_language language;
    PGconn *conn;
    json_t *items;
    size_t unknown, held;
};

static const struct gov_text HELP = {
    "execgov restore check [--pg CONNINFO] [--hold | --release JOB] [--json]\n"
    "\n"
    "  After a restore, before the daemons start: runs that had not ended in the copy that came back.\n"
    "  \"outcome unknown\": it may have had an effect outside after the copy was made.\n"
    "\n"
    "  --pg CONNINFO    PostgreSQL, as a superuser (default: $EXECGOV_PG, else libpq's own environment)\n"
    "  --hold           hold those whose outcome is unknown, so that they do not run again\n"
    "  --release JOB    somebody has looked: this one may run\n"
    "  --json           report as JSON\n"
    "\n"
    "exit codes: 0 nothing is unknown, 1 something is, 2 usage, 5 database unavailable\n",
    "execgov restore check [--pg 连接信息] [--hold | --release 任务] [--json]\n"
    "\n"
    "  恢复数据库之后、启动服务之前：列出备份时尚未结束的运行。\n"
    "  “结果未知”：备份之后它可能已经对外产生影响。\n"
    "\n"
    "  --pg 连接信息    PostgreSQL 超级用户（默认 $EXECGOV_PG，否则用 libpq 环境变量）\n"
    "  --hold           挂起结果未知的运行，使其不会再次执行\n"
    "  --release 任务   已人工核实，允许执行\n"
    "  --json           以 JSON 输出\n"
    "\n"
    "退出码：0 没有未知结果，1 存在未知结果，2 用法错误，5 数据库不可用\n",
};

static enum gov_language language_of_environment(void)
{
    const char *value = getenv("LC_ALL");

    if (!value || !*value)
        value = getenv("LANG");
    return value && text_starts(value, "zh") ? GOV_ZH : GOV_EN;
}

static int complain(const struct restore *r, const struct gov_err *err)
{
    fprintf(stderr, "execgov restore: %s\n", gov_err_detail(err, r->language));
    if (*err->cause)
        fprintf(stderr, "  %s\n", err->cause);
    return gov_code_info(err->code)->exit_code;
}

static bool flags_read(int argc, char **argv, struct restore *r, struct gov_err *err)
{
    static const struct option options[] = {
        { "pg", required_argument, NULL, 'p' },      { "hold", no_argument, NULL, 'o' },
        { "release", required_argument, NULL, 'r' }, { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },          { 0 },
    };
    struct id id;
    int c;

    optind = 0;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        r->conninfo = c == 'p' ? optarg : r->conninfo;
        r->release = c == 'r' ? optarg : r->release;
        r->hold |= c == 'o';
        r->json |= c == 'j';
        r->help |= c == 'h';
        if (c == '?')
            return gov_fail(err, GOV_BAD_REQUEST, "see execgov restore --help", "请参阅 execgov restore --help");
    }
    if (r->help)
        return true;
    if (optind != argc - 1 || strcmp(argv[optind], "check") != 0 || (r->hold && r->release))
        return gov_fail(err, GOV_BAD_REQUEST, "execgov restore check, with --hold or --release JOB or neither",
                        "用法：execgov restore check，可加 --hold 或 --release 任务");
    if (r->release && !id_parse(r->release, &id))
        return gov_fail(err, GOV_INVALID_INPUT, "--release takes the id of a job", "--release 须为任务编号");
    return true;
}

static PGresult *ask(struct restore *r, enum sql_queries query, const char *schema, int count,
                     const char *const *values, struct gov_err *err)
{
    struct buf text = { 0 };
    const char *p = sql_queries[query].text, *hole;

    while ((hole = strstr(p, "{{t}}"))) {
        buf_add(&text, p, (size_t)(hole - p));
        buf_add_text(&text, schema); /* from public.tenant, whose constraint knows the form */
        p = hole + 5;
    }
    buf_add_text(&text, p);
    const char *sql = arena_text(&r->arena, text.data);
    buf_release(&text);
    return dbsync_query(&r->arena, r->conn, sql, count, values, err);
}

static void note(struct restore *r, const char *schema, const PGresult *rows, int row)
{
    bool begun = strcmp(PQgetvalue(rows, row, 5), "t") == 0;
    bool unknown = begun || strcmp(PQgetvalue(rows, row, 6), "t") == 0;
    const char *state = PQgetvalue(rows, row, 3), *zh = unknown ? "结果未知，需人工核实" : "将再次执行";

    r->unknown += unknown && strcmp(state, "held") != 0;
    json_array_append_new(
        r->items, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s}", "job", PQgetvalue(rows, row, 0), "tenant",
                            schema, "kind", PQgetvalue(rows, row, 1), "what", PQgetvalue(rows, row, 2), "state", state,
                            "unknown", unknown, "effect_begun", begun, "created_at", PQgetvalue(rows, row, 7)));
    if (!r->json)
        printf("%s  %s  %-8s %s: %s\n", PQgetvalue(rows, row, 0), schema, state, PQgetvalue(rows, row, 2),
               r->language == GOV_ZH ? zh : unknown ? "outcome unknown, a person has to look" : "runs again");
}

static bool look_at_tenant(struct restore *r, const char *schema, struct gov_err *err)
{
    const char *release[] = { r->release };
    PGresult *rows;

    if (r->hold || r->release) {
        rows = r->hold ? ask(r, SQL_QUERIES_RESTORE_HOLD, schema, 0, NULL, err)
                       : ask(r, SQL_QUERIES_RESTORE_RELEASE, schema, 1, release, err);
        if (!rows)
            return false;
        r->held += (size_t)PQntuples(rows);
    }
    rows = ask(r, SQL_QUERIES_RESTORE_CHECK, schema, 0, NULL, err);
    for (int row = 0; rows && row < PQntuples(rows); row++)
        note(r, schema, rows, row);
    return rows != NULL;
}

static bool look(struct restore *r, struct gov_err *err)
{
    const char *all[] = { "2147483647" };

    r->conn = dbsync_open(&r->arena, r->conninfo ? r->conninfo : "", "execgov-restore", err);
    PGresult *tenants = r->conn ? ask(r, SQL_QUERIES_TENANT_BEHIND, "", 1, all, err) : NULL;

    for (int i = 0; tenants && i < PQntuples(tenants); i++)
        if (!look_at_tenant(r, PQgetvalue(tenants, i, 0), err))
            return false;
    /* A tenant at rest is visited when it has a mark. */
    if (tenants && r->held && !ask(r, SQL_QUERIES_MARK_EVERYBODY, "", 0, NULL, err))
        return false;
    if (tenants && r->release && r->held == 0)
        return gov_fail(err, GOV_NOT_FOUND, "no held job has this id", "没有这个编号的挂起任务");
    return tenants != NULL;
}

static void report(struct restore *r)
{
    size_t all = json_array_size(r->items);

    if (r->json) {
        json_t *whole = json_pack("{s:O, s:I, s:I}", "items", r->items, "unknown", (json_int_t)r->unknown,
                                  r->release ? "released" : "held", (json_int_t)r->held);
        json_dumpf(whole, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(whole);
        return;
    }
    printf(r->language == GOV_ZH ? "%zu 个运行未结束，其中 %zu 个结果未知且未挂起\n" :
                                   "%zu runs had not ended; of %zu the outcome is unknown and they are not held\n",
           all, r->unknown);
}

int restore_main(int argc, char **argv)
{
    struct restore r = { .conninfo = getenv("EXECGOV_PG"), .language = language_of_environment() };
    struct gov_err err = { 0 };
    int code;

    if (!flags_read(argc, argv, &r, &err))
        return complain(&r, &err);
    if (r.help) {
        fputs(gov_text_in(HELP, r.language), stdout);
        return EXIT_NOTHING;
    }
    arena_init(&r.arena);
    r.items = json_own(&r.arena, json_array());
    if (look(&r, &err)) {
        report(&r);
        code = r.unknown ? EXIT_SOMETHING : EXIT_NOTHING;
    } else {
        code = complain(&r, &err);
    }
    arena_release(&r.arena);
    return code;
}
