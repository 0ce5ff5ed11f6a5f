/* GET /v1/platform/subscriptions/{id}/explain: every rule that a scan at a moment would look at, and what it would
 * do: subscription and policies -> workdays -> decide. */
#include <string.h>

#include "api/money/money.h"
#include "api/page.h"
#include "core/base/clock.h"
#include "core/store/scan/scan_row.h"

struct explain {
    struct endpoint endpoint;
    struct id id;
    int64_t as_of_us;
    struct scan_context *context;
    struct db_rows row, policies, now;
    struct db_rows days[SCAN_POLICIES_MAX];
};

static enum op_next load(struct op *op)
{
    struct explain *e = (struct explain *)op;
    struct call *call = e->endpoint.call;
    const char *as_of;

    if (!call_param_id(call, 0, &e->id, &op->err) || !page_time(call, "as_of", &as_of, &op->err))
        return OP_FAIL;
    if (as_of)
        clock_parse(as_of, &e->as_of_us);
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_LIFECYCLE_ONE, &e->row, e->id.text);
    db_group_add(g, SQL_QUERIES_LIFECYCLE_POLICIES, &e->policies, 0, NULL);
    db_group_add(g, SQL_QUERIES_LIFECYCLE_NOW, &e->now, 0, NULL);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next workdays(struct op *op)
{
    struct explain *e = (struct explain *)op;
    struct call *call = e->endpoint.call;

    if (e->row.count == 0)
        return page_one(call, 200, &e->row, &op->err), OP_FAIL;
    e->context = ARENA_NEW(&op->arena, struct scan_context);
    scan_context_init(e->context, e->policies.result, &op->arena);
    for (int i = 0; i < e->context->policy_count; i++)
        DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_BUSINESS_DAYS, &e->days[i], e->context->calendars[i]);
    return OP_WAIT;
}

static json_t *moment(int64_t us)
{
    char text[CLOCK_TEXT_BYTES];
    return us ? json_string(clock_format(us, text)) : json_null();
}

static json_t *rules(struct call *call, const struct lifecycle_decision *d)
{
    json_t *items = json_array();

    for (size_t i = 0; i < d->note_count; i++)
        json_array_append_new(items, json_pack("{s:s, s:b, s:o, s:s}", "rule", d->notes[i].rule, "holds", d->notes[i].holds,
                                               "from", moment(d->notes[i].at_us), "text",
                                               gov_text_in(d->notes[i].text, call->language)));
    return items;
}

static json_t *actions_of(const struct scan_row *row, const struct lifecycle_decision *d)
{
    json_t *items = json_array();
    char code[WINDOW_CODE_BYTES + 4];

    for (size_t i = 0; i < d->count; i++)
        json_array_append_new(items, json_pack("{s:s, s:s, s:b, s:o}", "action", lifecycle_kind_name(d->actions[i].kind),
                                               "window", lifecycle_window_code(row->policy, d->actions[i].window,
                                                                               d->actions[i].round, code),
                                               "superseded", d->actions[i].kind == LIFECYCLE_SUPERSEDE, "due_at",
                                               moment(d->actions[i].due_us)));
    return items;
}

static enum op_next answer(struct op *op)
{
    struct explain *e = (struct explain *)op;
    struct lifecycle_decision d;
    struct scan_row row;

    for (int i = 0; i < e->context->policy_count; i++)
        scan_context_workdays(e->context, e->context->calendars[i], e->days[i].result);
    if (!scan_row_read(e->context, e->row.result, 0, &row))
        return gov_fail_cause(&op->err, GOV_INTERNAL, "subscription %s: its state or zone is not known", e->id.text), OP_FAIL;
    int64_t as_of = e->as_of_us ? e->as_of_us : db_int(&e->now, 0, 0);
    lifecycle_decide(&row.facts, row.policy, as_of, &d);
    bool known = workdays_know(row.policy->workdays, civil_from_days(calendar_day(row.facts.zone, as_of)).year);
    call_json(e->endpoint.call, 200,
              json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:b}", "subscription_id", e->id.text, "as_of", moment(as_of),
                        "state", sub_state_name(row.facts.state), "state_after", sub_state_name(d.after.state), "rules",
                        rules(e->endpoint.call, &d), "actions", actions_of(&row, &d), "next_action_at", moment(d.next_us),
                        "workdays_known", known));
    return OP_DONE;
}

const struct op_step subscription_explain_steps[] = { { "load", load }, { "workdays", workdays }, { "answer", answer },
                                                      { 0 } };
const size_t subscription_explain_bytes = sizeof(struct explain);
