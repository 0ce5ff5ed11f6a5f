/* /v1/platform/lifecycle/check: what must hold and does not.
 *
 * Rows show the rules I1 to I9 (lifecycle_check.sql). I10 is two ways over the same rows, on a pool thread with a connection of its
 * own (core/store/scan/agreement.h). I11 and I12 say that one history comes to the same as another: no single database shows
 * that, and the answer names the tests that live through both. */
#include "api/money/subscription/check.h"

#include "api/money/money.h"
#include "core/io/db/dbsync.h"
#include "core/io/op/op_work.h"
#include "core/store/scan/agreement.h"

static const int64_t AHEAD_US = 86400LL * 1000000; /* of the dry run: right after a scan nothing is due */

static const struct {
    const char *rule, *file, *test;
} histories[] = {
    { "I11", "tests/integration/lifecycle/replica_test.c", "eight_replicas_leave_the_rows_that_one_leaves" },
    { "I12", "tests/integration/lifecycle/scan_test.c", "one_late_scan_is_like_daily_ones_but_for_what_it_leaves_out" },
};

struct check {
    struct endpoint endpoint;
    const char *conninfo;
    struct db_rows rows, missing;
    struct agreement agreement;
};

json_t *check_warnings(struct call *call, const struct db_rows *missing)
{
    json_t *list = json_array();

    for (int i = 0; i < missing->count; i++) {
        const char *country = db_text(missing, i, 0), *year = db_text(missing, i, 1);
        const char *text = call->language == GOV_ZH ?
            arena_format(&call->op.arena, "没有 %s %s 年的工作日表：按周一至周五计算（execgov calendar import 导入）", country, year) :
            arena_format(&call->op.arena, "there is no table of workdays of %s for %s: weekdays count (execgov calendar import)",
                         country, year);

        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "code", "calendar_missing", "country", country, "year",
                                              year, "message", text));
    }
    return list;
}

static enum op_next rows(struct op *op)
{
    struct check *e = (struct check *)op;
    struct db_group *g = db_group_new(op, e->endpoint.call->api->db, &DB_PUBLIC);

    db_group_add(g, SQL_QUERIES_LIFECYCLE_CHECK, &e->rows, 0, NULL);
    DB_GROUP_ADD(g, SQL_QUERIES_CALENDAR_MISSING, &e->missing, NULL);
    db_group_send(g);
    return OP_WAIT;
}

static bool compare(void *context, struct gov_err *err)
{
    struct check *e = context;
    struct arena arena;

    arena_init(&arena);
    PGconn *conn = dbsync_open(&arena, e->conninfo, "execgov-api check", err);
    bool good = conn && agreement_look(conn, AHEAD_US, &e->endpoint.op.arena, &e->agreement, err);
    arena_release(&arena);
    return good;
}

static enum op_next runs(struct op *op)
{
    struct check *e = (struct check *)op;

    e->conninfo = arena_format(&op->arena, "%s user=execgov_platform", e->endpoint.call->api->settings.pg);
    op_work(op, compare, e);
    return OP_WAIT;
}

static json_t *violations(const struct check *e)
{
    json_t *items = json_array();

    for (int i = 0; i < e->rows.count; i++)
        json_array_append_new(items, json_pack("{s:s, s:s, s:s}", "rule", db_text(&e->rows, i, 0), "subject",
                                               db_text(&e->rows, i, 1), "detail", db_text(&e->rows, i, 2)));
    for (int i = 0; i < e->agreement.count; i++)
        json_array_append_new(items, json_pack("{s:s, s:s, s:s}", "rule", "I10", "subject", e->agreement.faults[i].subject,
                                               "detail", e->agreement.faults[i].detail));
    return items;
}

static enum op_next answer(struct op *op)
{
    struct check *e = (struct check *)op;
    json_t *tests = json_array();

    for (size_t i = 0; i < sizeof histories / sizeof *histories; i++)
        json_array_append_new(tests, json_pack("{s:s, s:s, s:s}", "rule", histories[i].rule, "file", histories[i].file, "test",
                                               histories[i].test));
    call_json(e->endpoint.call, 200, json_pack("{s:b, s:o, s:o, s:I, s:o}", "ok", e->rows.count + e->agreement.count == 0, "violations",
                                               violations(e), "warnings", check_warnings(e->endpoint.call, &e->missing),
                                               "compared", (json_int_t)e->agreement.lines, "by_tests", tests));
    return OP_DONE;
}

const struct op_step lifecycle_check_steps[] = { { "rows", rows }, { "runs", runs }, { "answer", answer }, { 0 } };
const size_t lifecycle_check_bytes = sizeof(struct check);
