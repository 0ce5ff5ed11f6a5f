/* restore.c - after a restore, before the daemons start: what had not ended in the copy that came back.
 *
 * A sandboxed script without resources has no effect outside, so it simply runs again. A run that may call out, or
 * was of high risk, may have done so after the copy was made, and no row is left that says so; what is yet to be
 * planned may have become such a run, and a slot of a schedule may have had its turn. Those are listed, held or paused
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
    json_t *items, *schedules;
    size_t unknown, held, paused;
};

/* Columns of restore_check.sql and of restore_slots.sql. */
enum { COL_ID, COL_KIND, COL_WHAT, COL_STATE, COL_ATTEMPT, COL_BEGUN, COL_OUTSIDE, COL_CREATED };
enum { SLOT_ID, SLOT_NAME, SLOT_SKILL, SLOT_NEXT };

static const struct gov_text HELP = {
    "execgov restore check [--pg CONNINFO] [--hold | --release JOB] [--json]\n"
    "\n"
    "  After a restore, before the daemons start: requests and runs that had not ended in the copy that came back,\n"
    "  and schedules with a slot that has passed since.\n"
    "  \"outcome unknown\": it may have had an effect outside after the copy was made.\n"
    "\n"
    "  --pg CONNINFO    PostgreSQL, as a superuser (default: $EXECGOV_PG, else libpq's own environment)\n"
    "  --hold           hold those whose outcome is unknown, so that they do not run again, and pause those\n"
    "                   schedules, so that they do not catch up; \"execgov schedule resume\" goes on with the next slot\n"
    "  --release JOB    somebody has looked: this one may run\n"
    "  --json           report as JSON\n"
    "\n"
    "exit codes: 0 nothing is unknown, 1 something is, 2 usage, 5 database unavailable\n",
    "execgov restore check [--pg 连接信息] [--hold | --release 任务] [--json]\n"
    "\n"
    "  恢复数据库之后、启动服务之前：列出备份时尚未结束的请求和运行，以及此后已过时点的计划。\n"
    "  “结果未知”：备份之后它可能已经对外产生影响。\n"
    "\n"
    "  --pg 连接信息    PostgreSQL 超级用户（默认 $EXECGOV_PG，否则用 libpq 环境变量）\n"
    "  --hold           挂起结果未知的任务，使其不会再次执行，并暂停上述计划，使其不会补跑；\n"
    "                   用 execgov schedule resume 从下一时点起恢复\n"
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

static bool is_true(const PGresult *rows, int row, int column)
{
    return strcmp(PQgetvalue(rows, row, column), "t") == 0;
}

static void note(struct restore *r, const char *schema, const PGresult *rows, int row)
{
    bool begun = is_true(rows, row, COL_BEGUN), unknown = begun || is_true(rows, row, COL_OUTSIDE);
    const char *state = PQgetvalue(rows, row, COL_STATE), *zh = unknown ? "结果未知，需人工核实" : "将再次执行";
    const char *kind = PQgetvalue(rows, row, COL_KIND), *what = PQgetvalue(rows, row, COL_WHAT);

    r->unknown += unknown && strcmp(state, "held") != 0;
    json_array_append_new(
        r->items,
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s}", "job", PQgetvalue(rows, row, COL_ID), "tenant", schema,
                  "kind", kind, "what", what, "state", state, "unknown", unknown, "effect_begun", begun, "created_at",
                  PQgetvalue(rows, row, COL_CREATED)));
    if (!r->json)
        printf("%s  %s  %-8s %s: %s\n", PQgetvalue(rows, row, COL_ID), schema, state, *what ? what : kind,
               r->language == GOV_ZH ? zh : unknown ? "outcome unknown, a person has to look" : "runs again");
}

static void note_schedule(struct restore *r, const char *schema, const PGresult *rows, int row)
{
    const char *name = PQgetvalue(rows, row, SLOT_NAME), *next = PQgetvalue(rows, row, SLOT_NEXT);

    json_array_append_new(r->schedules, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "schedule",
                                                  PQgetvalue(rows, row, SLOT_ID), "tenant", schema, "name", name, "skill",
                                                  PQgetvalue(rows, row, SLOT_SKILL), "next_at", next, "paused", r->hold));
    if (!r->json)
        printf(r->language == GOV_ZH ? "%s  %s  %-8s 计划 %s：自 %s 起的时点可能已经执行\n" :
                                       "%s  %s  %-8s schedule %s: its slots since %s may have run\n",
               PQgetvalue(rows, row, SLOT_ID), schema, r->hold ? "paused" : "active", name, next);
}

/* "{id,id}" of what nobody can say the outcome of. */
static const char *unknown_of(struct restore *r, const PGresult *rows)
{
    struct buf ids = { 0 };

    buf_add_text(&ids, "{");
    for (int row = 0; row < PQntuples(rows); row++)
        if (is_true(rows, row, COL_BEGUN) || is_true(rows, row, COL_OUTSIDE)) {
            buf_add_text(&ids, ids.length > 1 ? "," : "");
            buf_add_text(&ids, PQgetvalue(rows, row, COL_ID));
        }
    buf_add_text(&ids, "}");
    const char *text = arena_text(&r->arena, ids.data);
    buf_release(&ids);
    return text;
}

static bool hold(struct restore *r, const char *schema, struct gov_err *err)
{
    PGresult *rows = ask(r, SQL_QUERIES_RESTORE_CHECK, schema, 0, NULL, err), *held, *paused;

    if (!rows)
        return false;
    const char *ids[] = { unknown_of(r, rows) };
    held = ask(r, SQL_QUERIES_RESTORE_HOLD, schema, 1, ids, err);
    paused = held ? ask(r, SQL_QUERIES_RESTORE_PAUSE, schema, 0, NULL, err) : NULL;
    r->held += held ? (size_t)PQntuples(held) : 0;
    r->paused += paused ? (size_t)PQntuples(paused) : 0;
    return paused != NULL;
}

static bool release(struct restore *r, const char *schema, struct gov_err *err)
{
    const char *values[] = { r->release };
    PGresult *rows = ask(r, SQL_QUERIES_RESTORE_RELEASE, schema, 1, values, err);

    r->held += rows ? (size_t)PQntuples(rows) : 0;
    return rows != NULL;
}

static bool look_at_tenant(struct restore *r, const char *schema, struct gov_err *err)
{
    /* Before they are paused: what was paused is to be seen, too. */
    PGresult *slots = ask(r, SQL_QUERIES_RESTORE_SLOTS, schema, 0, NULL, err), *rows;

    if (!slots || (r->hold && !hold(r, schema, err)) || (r->release && !release(r, schema, err)))
        return false;
    rows = ask(r, SQL_QUERIES_RESTORE_CHECK, schema, 0, NULL, err);
    for (int row = 0; rows && row < PQntuples(rows); row++)
        note(r, schema, rows, row);
    for (int row = 0; rows && row < PQntuples(slots); row++)
        note_schedule(r, schema, slots, row);
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
    static const char *const everybody[] = { NULL, NULL };
    if (tenants && r->held && !ask(r, SQL_QUERIES_MARK_EVERYBODY, "", 2, everybody, err))
        return false;
    if (tenants && r->release && r->held == 0)
        return gov_fail(err, GOV_NOT_FOUND, "no held job has this id", "没有这个编号的挂起任务");
    return tenants != NULL;
}

static size_t slots_due(const struct restore *r)
{
    return r->hold ? 0 : json_array_size(r->schedules);
}

static void report(struct restore *r)
{
    if (r->json) {
        json_t *whole = json_pack("{s:O, s:O, s:I, s:I, s:I, s:I}", "items", r->items, "schedules", r->schedules, "unknown",
                                  (json_int_t)r->unknown, "due", (json_int_t)slots_due(r),
                                  r->release ? "released" : "held", (json_int_t)r->held, "paused",
                                  (json_int_t)r->paused);
        json_dumpf(whole, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(whole);
        return;
    }
    printf(r->language == GOV_ZH ?
               "%zu 个任务未结束，其中 %zu 个结果未知且未挂起；%zu 个计划已过时点且未暂停\n" :
               "%zu had not ended; of %zu the outcome is unknown and they are not held; %zu schedules would catch up\n",
           json_array_size(r->items), r->unknown, slots_due(r));
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
    r.schedules = json_own(&r.arena, json_array());
    if (look(&r, &err)) {
        report(&r);
        code = r.unknown || slots_due(&r) ? EXIT_SOMETHING : EXIT_NOTHING;
    } else {
        code = complain(&r, &err);
    }
    arena_release(&r.arena);
    return code;
}
