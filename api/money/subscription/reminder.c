/* /v1/platform/reminder-policies: when people are reminded. read -> forecast (on a pool thread) -> write -> answer; a dry run ends with
 * the forecast. Whoever sets something is told what it changes in the next 30 days, whether he looked before or not. */
#include <string.h>

#include "api/audit.h"
#include "api/money/money.h"
#include "api/money/subscription/customer_name.h"
#include "api/page.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/io/db/dbsync.h"
#include "core/io/op/op_work.h"
#include "core/store/scan/forecast.h"

enum { LINES_MAX = 100, AT_ONCE_MAX = 2 };

struct reminder {
    struct endpoint endpoint;
    struct page page;
    json_t *windows, *body, *lines; /* `body` as it came; `lines` of the forecast */
    json_t *whole, *left_out;       /* a policy's terms, and which of them nobody said */
    int64_t prefill, publish, from, to;
    bool workday, dry;
    const char *calendar, *reason, *policy, *conninfo;
    struct id id;
    struct lifecycle_policy terms;
    struct forecast_ask ask;
    struct forecast forecast;
    bool counted;
    struct db_rows rows, names;
};

#define AT(member) offsetof(struct reminder, member)

/* --- list and show --- */

static enum op_next list(struct op *op)
{
    struct reminder *e = (struct reminder *)op;

    e->page.size = INT32_MAX; /* one page: policies are few */
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_REMINDER_POLICY_PAGE, &e->rows, NULL, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct reminder *e = (struct reminder *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

static enum op_next get(struct op *op)
{
    struct reminder *e = (struct reminder *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_REMINDER_POLICY_SHOW, &e->rows, call->params[0]);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct reminder *e = (struct reminder *)op;
    struct call *call = e->endpoint.call;

    if (e->rows.count == 0)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no reminder policy \"%.40s\"; GET /v1/platform/reminder-policies lists them",
                        "没有提醒策略“%.40s”；GET /v1/platform/reminder-policies 列出全部", call->params[0]),
               OP_FAIL;
    return page_one(call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step reminder_policy_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t reminder_policy_list_bytes = sizeof(struct reminder);
const struct op_step reminder_policy_get_steps[] = { { "get", get }, { "show", show }, { 0 } };
const size_t reminder_policy_get_bytes = sizeof(struct reminder);

/* --- what would change --- */

static json_t *moment(int64_t us)
{
    char text[CLOCK_TEXT_BYTES];
    return us ? json_string(clock_format(us, text)) : json_null();
}

static bool line_add(void *self, const struct forecast_line *line)
{
    struct reminder *e = self;

    json_array_append_new(e->lines, json_pack("{s:s, s:s, s:o, s:o}", "subscription_id", line->subscription, "window", line->window,
                                              "before", moment(line->before_us), "after", moment(line->after_us)));
    return json_array_size(e->lines) < LINES_MAX;
}

static bool look(void *context, struct gov_err *err)
{
    struct reminder *e = context;
    struct arena arena;

    arena_init(&arena);
    PGconn *conn = dbsync_open(&arena, e->conninfo, "execgov-api forecast", err);
    bool good = conn && forecast_run(conn, &e->ask, &e->forecast, err);
    arena_release(&arena);
    return good;
}

static void let_go(void *context)
{
    struct reminder *e = context;

    if (e->counted)
        e->endpoint.call->api->reports--;
}

static enum op_next forecast(struct op *op)
{
    struct reminder *e = (struct reminder *)op;
    struct api *api = e->endpoint.call->api;

    if (!e->dry && !e->reason)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/reason", "required", "say why (reason), or look first (dry_run)",
                           "请说明原因（reason），或先预览（dry_run）"),
               OP_FAIL;
    arena_defer(&op->arena, let_go, e);
    if (api->reports >= AT_ONCE_MAX)
        return gov_fail(&op->err, GOV_OVERLOADED, "reports or other previews are being made; try again in a moment",
                        "正在生成报表或其他预览，请稍后重试"),
               OP_FAIL;
    api->reports++;
    e->counted = true;
    e->lines = json_own(&op->arena, json_array());
    e->ask.line = line_add;
    e->ask.self = e;
    e->conninfo = arena_format(&op->arena, "%s user=execgov_platform", api->settings.pg);
    op_work(op, look, e);
    return OP_WAIT;
}

static enum op_next names(struct op *op)
{
    struct reminder *e = (struct reminder *)op;
    return customer_names_ask(op, e->endpoint.call, e->lines, &e->names) ? OP_WAIT : OP_NEXT;
}

static json_t *forecast_json(const struct reminder *e)
{
    const struct forecast *f = &e->forecast;

    return json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:O}", "days", FORECAST_DAYS, "subscriptions", (json_int_t)f->subscriptions, "changed",
                     (json_int_t)f->changed, "messages_before", (json_int_t)f->before, "messages_after", (json_int_t)f->after, "unreadable",
                     (json_int_t)f->unreadable, "items", e->lines);
}

static enum op_next answer(struct op *op)
{
    struct reminder *e = (struct reminder *)op;
    struct call *call = e->endpoint.call;

    if (e->rows.count == 0 && !(e->dry && e->ask.terms))
        return page_one(call, 200, &e->rows, &op->err), OP_FAIL;
    customer_names_put(e->lines, &e->names, &op->arena);
    json_t *result = e->dry ? json_null() : json_incref(db_json(&e->rows, 0, 1, &op->arena));

    call_json(call, 200, json_pack("{s:b, s:o, s:O*, s:O*, s:o}", "dry_run", e->dry, "result", result, "terms", e->whole, "left_out",
                                   e->left_out, "forecast", forecast_json(e)));
    return OP_DONE;
}

/* --- a new version --- */

static const struct json_field set_fields[] = {
    { "windows", JSON_FIELD_ARRAY, true, AT(windows), 0, 20, NULL },
    { "prefill_days", JSON_FIELD_INT, false, AT(prefill), 1, 180, NULL },
    { "publish_hours", JSON_FIELD_INT, false, AT(publish), -1, 240, NULL },
    { "send_from", JSON_FIELD_INT, false, AT(from), 0, 23, NULL },
    { "send_to", JSON_FIELD_INT, false, AT(to), 1, 24, NULL },
    { "shutdown_on_workday", JSON_FIELD_BOOL, false, AT(workday), 0, 0, NULL },
    { "calendar", JSON_FIELD_TEXT, false, AT(calendar), 2, 11, NULL },
    { "reason", JSON_FIELD_TEXT, false, AT(reason), 1, 500, NULL },
    { "dry_run", JSON_FIELD_BOOL, false, AT(dry), 0, 0, NULL },
};

static bool terms_fit(struct reminder *e, struct gov_err *err)
{
    if (!text_slug_valid(e->endpoint.call->params[0]))
        return gov_fail_at(err, GOV_INVALID_INPUT, "code", "format", "a policy's code is small letters, digits, - and _, a letter first",
                           "策略代码为小写字母、数字、- 和 _，以字母开头");
    if (!lifecycle_windows_read(e->windows, &e->terms, err))
        return false;
    if (e->to <= e->from)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/send_to", "minimum", "messages leave from one hour to a later one: send_to is above send_from",
                           "发送时段须起早止晚：send_to 须大于 send_from");
    if (strspn(e->calendar, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != strlen(e->calendar))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/calendar", "format", "a calendar is named like CN or DE-BY", "日历代码形如 CN 或 DE-BY");
    e->terms.prefill_days = (int)e->prefill;
    e->terms.send_from = (int)e->from;
    e->terms.send_to = (int)e->to;
    e->terms.shutdown_on_workday = e->workday;
    return true;
}

static json_t *terms_json(const struct reminder *e)
{
    json_t *days = json_array();

    for (int i = 0; i < LIFECYCLE_BEFORE_MAX && e->terms.before_days[i]; i++)
        json_array_append_new(days, json_integer(e->terms.before_days[i]));
    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:b, s:s}", "before_days", days, "prefill_days", (json_int_t)e->prefill, "publish_hours",
                     (json_int_t)e->publish, "send_from", (json_int_t)e->from, "send_to", (json_int_t)e->to, "shutdown_on_workday", e->workday,
                     "calendar", e->calendar);
}

/* What is not said is the default, and is said back: nobody finds out by a message at nine that his ten o'clock is gone. */
static json_t *left_out(const struct reminder *e)
{
    json_t *names = json_array();
    const char *name;
    json_t *value;

    json_object_foreach (e->whole, name, value)
        if (strcmp(name, "before_days") != 0 && !json_object_get(e->body, name))
            json_array_append_new(names, json_string(name));
    return names;
}

static enum op_next set_read(struct op *op)
{
    struct reminder *e = (struct reminder *)op;
    struct call *call = e->endpoint.call;

    e->prefill = 30;
    e->publish = 24;
    e->from = 9;
    e->to = 18;
    e->calendar = "CN";
    if (!json_decode_text(call->request->body, call->request->body_bytes, set_fields, sizeof set_fields / sizeof *set_fields, e, &e->body,
                          &op->arena, &op->err) ||
        !terms_fit(e, &op->err))
        return OP_FAIL;
    e->whole = json_own(&op->arena, terms_json(e));
    e->left_out = json_own(&op->arena, left_out(e));
    e->ask = (struct forecast_ask){ .policy = call->params[0], .terms = &e->terms, .calendar = e->calendar };
    return OP_NEXT;
}

static enum op_next set_write(struct op *op)
{
    struct reminder *e = (struct reminder *)op;
    struct call *call = e->endpoint.call;

    if (!e->dry)
        DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_REMINDER_POLICY_SET, &e->rows, call->params[0],
                 json_text(&op->arena, e->whole), e->reason, call->caller.user.text);
    return e->dry ? OP_NEXT : OP_WAIT;
}

const struct op_step reminder_policy_put_steps[] = { { "read", set_read }, { "forecast", forecast }, { "names", names }, { "write", set_write }, { "answer", answer }, { 0 } };
const size_t reminder_policy_put_bytes = sizeof(struct reminder);

/* --- whose it is --- */

static const struct json_field use_fields[] = {
    { "policy", JSON_FIELD_SLUG, false, AT(policy), 0, 0, NULL },
    { "reason", JSON_FIELD_TEXT, false, AT(reason), 1, 500, NULL },
    { "dry_run", JSON_FIELD_BOOL, false, AT(dry), 0, 0, NULL },
};

/* `policy` is said, also as null: who left it out does not mean to take one away. */
static bool use_read(struct reminder *e, struct gov_err *err)
{
    struct call *call = e->endpoint.call;

    if (!json_decode_text(call->request->body, call->request->body_bytes, use_fields, sizeof use_fields / sizeof *use_fields, e, &e->body,
                          &call->op.arena, err))
        return false;
    e->ask.choice = e->policy;
    return json_object_get(e->body, "policy") ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/policy", "required", "name a policy, or say null for none of its own",
                       "请指定策略，或以 null 表示不单独设置");
}

static enum op_next edition_read(struct op *op)
{
    struct reminder *e = (struct reminder *)op;

    e->ask.edition = e->endpoint.call->params[0];
    return use_read(e, &op->err) ? OP_NEXT : OP_FAIL;
}

static enum op_next edition_write(struct op *op)
{
    struct reminder *e = (struct reminder *)op;
    struct call *call = e->endpoint.call;

    if (e->dry) /* is it there at all? */
        DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_EDITION_SHOW, &e->rows, call->params[0]);
    else
        DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_EDITION_REMINDER_SET, &e->rows, call->params[0], e->policy, e->reason,
                 call->caller.user.text);
    return OP_WAIT;
}

static enum op_next subscription_read(struct op *op)
{
    struct reminder *e = (struct reminder *)op;

    if (!call_param_id(e->endpoint.call, 0, &e->id, &op->err) || !use_read(e, &op->err))
        return OP_FAIL;
    e->ask.subscription = e->id.text;
    return OP_NEXT;
}

static enum op_next subscription_write(struct op *op)
{
    struct reminder *e = (struct reminder *)op;
    struct call *call = e->endpoint.call;

    if (e->dry)
        DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_SUBSCRIPTION_PAGE, &e->rows, NULL, "1", NULL, NULL, e->id.text, NULL);
    else
        DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_SUBSCRIPTION_REMINDER_SET, &e->rows, e->id.text, e->policy, e->reason,
                 call->caller.user.text);
    return OP_WAIT;
}

const struct op_step edition_reminder_put_steps[] = {
    { "read", edition_read }, { "forecast", forecast }, { "names", names }, { "write", edition_write }, { "answer", answer }, { 0 },
};
const size_t edition_reminder_put_bytes = sizeof(struct reminder);
const struct op_step subscription_reminder_put_steps[] = {
    { "read", subscription_read }, { "forecast", forecast }, { "names", names }, { "write", subscription_write }, { "answer", answer }, { 0 },
};
const size_t subscription_reminder_put_bytes = sizeof(struct reminder);
