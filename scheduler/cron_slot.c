/* cron_slot.c - decide first, then write once. Whoever was quicker (another scheduler, an edit) makes the
 * transaction fail with CONFLICT, and nothing has happened. */
#include "scheduler/cron_slot.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/model/request.h"
#include "core/model/slot_input.h"

/* Columns of schedule_due.sql. */
enum {
    COL_ID,
    COL_CRON,
    COL_TIMEZONE,
    COL_SKILL,
    COL_ACTION,
    COL_INPUT,
    COL_CLASS,
    COL_CATCH_UP,
    COL_LEAD,
    COL_OWNER,
    COL_ASKS,
    COL_NEXT,
    COL_ASKED,
    COL_REVISION,
    COL_NOW,
    COL_ROLE,
    COL_TENANT_ACTIVE,
    COL_LOCALE,
    COL_ASKED_STATE,
    COL_ASKED_RAN,
    COL_ASKED_CODE,
    COL_ASKED_MESSAGE,
    COL_ASKED_WAITS
};

static struct cron_slot *self(struct op *op)
{
    return (struct cron_slot *)op;
}

/* --- look --- */

/* How a confirmation that was asked for ended when its slot came. */
static void end_asked(struct cron_slot *s)
{
    enum request_state state = REQUEST_RECEIVED;

    s->ended = true;
    s->due.fire_s = s->slot_s;
    s->due.fires = true;
    s->due.has_next = cron_next(&s->rule, s->zone, s->slot_s, &s->due.next_s);
    if (s->asked_ran)
        return;
    request_state_parse(s->asked_state ? s->asked_state : "", &state);
    switch (state) {
    case REQUEST_FAILED:
        s->refused_code = s->asked_code;
        s->refused_message = s->asked_message;
        schedule_pass(&s->due, REASON_REFUSED);
        break;
    case REQUEST_REJECTED:
        schedule_pass(&s->due, REASON_REJECTED);
        break;
    case REQUEST_CANCELLED:
        schedule_pass(&s->due, REASON_WITHDRAWN);
        break;
    default:
        schedule_pass(&s->due, REASON_NOT_CONFIRMED);
    }
}

static void pause_for(struct cron_slot *s, enum schedule_reason reason)
{
    s->pause = reason;
    s->asking = false;
    s->due.fire_s = s->due.fires ? s->due.fire_s : s->slot_s;
    schedule_pass(&s->due, reason);
}

/* What was missed while the tenant was suspended, and what comes due meanwhile. */
static void pass_all(struct cron_slot *s)
{
    if (s->due.fires)
        schedule_pass(&s->due, REASON_SUSPENDED);
    for (int i = 0; i < s->due.passed_count; i++)
        s->due.passed[i].reason = REASON_SUSPENDED;
}

/* May its owner run anything? Else: why the schedule pauses. */
static enum schedule_reason owner_reason(const struct cron_slot *s)
{
    enum role role = ROLE_NONE;

    if (s->role)
        role_parse(s->role, &role);
    return role == ROLE_NONE ? REASON_OWNER_LEFT : policy_may(role, MAY_RUN) ? REASON_NONE : REASON_OWNER_MAY_NOT;
}

/* What was confirmed for this slot is not made up for when the tenant is back, and not in the name of somebody
 * who left. (What else may have changed since the confirmation, the run itself looks at as it begins.) */
static void take_back(struct cron_slot *s)
{
    enum schedule_reason reason = owner_reason(s);

    if (!s->asked_waits || (s->tenant_active && !reason))
        return;
    s->withdrawn = true;
    if (s->tenant_active)
        pause_for(s, reason);
    else
        schedule_pass(&s->due, REASON_SUSPENDED);
}

static enum op_next look(struct op *op)
{
    struct cron_slot *s = self(op);

    if (!cron_parse(s->rule_text, "", &s->rule, &op->err) ||
        (!s->zone && !zone_take(s->timezone, &op->arena, &s->zone, &op->err)))
        return OP_FAIL;
    if (!id_empty(&s->asked_request)) {
        end_asked(s);
        take_back(s);
        return OP_NEXT;
    }
    s->asking = s->slot_s > s->now_s;
    if (!s->asking)
        schedule_decide(&s->rule, s->zone, s->catch_up, s->slot_s, s->now_s, &s->due);
    if (!s->tenant_active) {
        s->asking = false;
        pass_all(s);
        return OP_NEXT;
    }
    if (!s->asking && !s->due.fires)
        return OP_NEXT;
    if (owner_reason(s))
        pause_for(s, owner_reason(s));
    return OP_NEXT;
}

/* --- plan --- */

static bool starts(const struct cron_slot *s)
{
    return (s->due.fires && !s->ended) || s->asking;
}

static int64_t start_s(const struct cron_slot *s)
{
    return s->asking ? s->slot_s : s->due.fire_s;
}

static void refuse(struct cron_slot *s, const struct gov_err *err)
{
    if (s->asking) {
        s->due.fire_s = s->slot_s;
        s->due.has_next = cron_next(&s->rule, s->zone, s->slot_s, &s->due.next_s);
        s->asking = false;
    }
    s->refused_code = gov_code_info(err->code)->wire;
    s->refused_message = json_own(&s->op.arena, json_pack("{s:s, s:s}", "en", err->en, "zh", err->zh));
    schedule_pass(&s->due, REASON_REFUSED);
}

static enum op_next plan(struct op *op)
{
    struct cron_slot *s = self(op);
    struct planning *p = &s->planning;
    struct gov_err err;

    if (!starts(s))
        return OP_NEXT;
    s->filled = slot_input(s->input, "/input", start_s(s), s->zone, &op->arena, &err);
    if (!s->filled)
        return refuse(s, &err), OP_NEXT;
    planning_init(p, op->loop);
    s->planned = true;
    p->db = s->scheduler->db;
    p->scope = s->tenant->scope;
    p->tenant = s->tenant->id;
    p->requester = s->owner;
    p->skill = s->skill;
    p->action = s->action;
    p->input = s->filled;
    p->now_us = clock_now_us();
    p->run_at_us = s->asking ? s->slot_s * 1000000 : 0;
    op_try(op, &p->op);
    return OP_WAIT;
}

/* --- mark: what the plan means for the slot, and when to look again --- */

static void judge_plan(struct cron_slot *s)
{
    const struct planning *p = &s->planning;

    if (!p->op.failed) {
        s->asks = p->rule.required;
        if (s->due.fires && s->asks)
            schedule_pass(&s->due, REASON_ASKED_TOO_LATE);
        return;
    }
    if (p->op.err.code == GOV_FORBIDDEN)
        pause_for(s, REASON_OWNER_MAY_NOT);
    else
        refuse(s, &p->op.err);
}

static void look_again_at(struct cron_slot *s)
{
    bool stays = s->slot_s > s->now_s && !s->ended && s->due.passed_count == 0;

    s->next_s = stays ? s->slot_s : s->due.has_next ? s->due.next_s : 0;
    s->due_s = stays || !s->asks ? s->next_s : s->next_s - s->lead_s;
}

static enum op_next mark(struct op *op)
{
    struct cron_slot *s = self(op);
    struct planning *p = &s->planning;

    if (s->planned && p->op.failed && gov_code_info(p->op.err.code)->retry_helps) {
        op->err = p->op.err;
        return OP_FAIL;
    }
    if (s->planned)
        judge_plan(s);
    s->asking = s->asking && s->asks;
    look_again_at(s);
    marks_note(op, s->scheduler->marks, &s->tenant->id, s->pause ? 0 : s->due_s * 1000000);
    return OP_WAIT;
}

/* --- write --- */

static const char *state_of(enum schedule_reason reason)
{
    switch (reason) {
    case REASON_COALESCED:
        return "coalesced";
    case REASON_OWNER_LEFT:
    case REASON_OWNER_MAY_NOT:
    case REASON_REFUSED:
        return "refused";
    default:
        return "skipped";
    }
}

static json_t *passed_json(const struct cron_slot *s, const struct schedule_passed *passed)
{
    struct gov_text text = schedule_reason_text(passed->reason);
    bool refused = passed->reason == REASON_REFUSED;
    const char *reason = refused && s->refused_code ? s->refused_code : schedule_reason_name(passed->reason);
    json_t *message = refused && s->refused_message ? json_incref((json_t *)s->refused_message) :
                                                      json_pack("{s:s, s:s}", "en", text.en, "zh", text.zh);

    return json_pack("{s:I, s:s, s:s, s:o}", "slot", (json_int_t)passed->slot_s, "state",
                     state_of(passed->reason), "reason", reason, "message", message);
}

/* The rows of history. */
static json_t *decided_json(struct cron_slot *s)
{
    json_t *list = json_own(&s->op.arena, json_array());

    for (int i = 0; i < s->due.passed_count; i++)
        json_array_append_new(list, passed_json(s, &s->due.passed[i]));
    if (s->due.fires || s->asking)
        json_array_append_new(list, json_pack("{s:I, s:s, s:s*}", "slot", (json_int_t)start_s(s), "state",
                                              s->asking ? "asked" : "fired", "request",
                                              s->ended ? NULL : s->request.text));
    return list;
}

/* A low-risk one is a run under its request's id; one that asks begins with its plan. */
static void add_start(struct cron_slot *s, struct db_group *g)
{
    struct arena *arena = &s->op.arena;
    struct planning *p = &s->planning;
    enum job_kind kind = s->asking ? JOB_PLAN : JOB_RUN;
    enum job_lane lane = s->asking ? LANE_CTL : p->lane;
    int64_t timeout_ms = s->asking ? JOB_CTL_TIMEOUT_MS : p->timeout_ms;
    int attempts = s->asking ? JOB_CTL_ATTEMPTS : (int)p->chosen->attempts;
    struct job_payload asked = { .language = s->chinese ? "zh" : "en",
                                 .timezone = s->timezone,
                                 .skill = s->skill,
                                 .action = p->step.action,
                                 .input = p->sealed ? p->sealed : s->filled,
                                 .run_at_us = s->asking ? s->slot_s * 1000000 : 0 };
    json_t *options = job_payload_encode(&asked, arena);
    json_t *payload = s->asking ? options : planning_payload(p, &asked, arena);
    struct id job = s->asking ? id_new() : s->request;

    s->entry = (struct queue_entry){ .tenant = s->tenant->scope.schema,
                                     .lane = job_lane_name(lane),
                                     .class = s->class,
                                     .job = job,
                                     .fence = 1,
                                     .cost_ms = job_cost_unknown_ms(timeout_ms),
                                     .kind = job_kind_name(kind) };
    if (!s->asking)
        s->entry.action = job_queue_action(arena, s->skill, p->step.action, NULL);
    DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_INSERT, NULL, s->request.text, NULL, "auto", "schedule",
                 json_text(arena, options), s->chinese ? "zh-CN" : "en", s->owner.text);
    DB_GROUP_ADD(g, SQL_QUERIES_JOB_ACCEPT, NULL, job.text, job_kind_name(kind), job_lane_name(lane),
                 s->class, s->request.text, json_text(arena, payload), s->asking ? NULL : p->digest,
                 s->asking ? NULL : "low", arena_format(arena, "%d", attempts),
                 arena_format(arena, "%lld", (long long)timeout_ms), s->owner.text, NULL, "system");
}

static void add_withdrawal(struct cron_slot *s, struct db_group *g)
{
    enum gov_code code = s->tenant_active ? GOV_FORBIDDEN : GOV_TENANT_SUSPENDED;
    struct gov_text text = schedule_reason_text(s->tenant_active ? s->pause : REASON_SUSPENDED);
    const json_t *error = json_own(&s->op.arena, json_pack("{s:s, s:{s:s, s:s}}", "code", gov_code_info(code)->wire,
                                                           "message", "en", text.en, "zh", text.zh));

    DB_GROUP_ADD(g, SQL_QUERIES_RUN_WITHDRAW, NULL, s->asked_request.text, gov_code_info(code)->wire,
                 json_text(&s->op.arena, error));
}

static const char *number(struct cron_slot *s, int64_t value)
{
    return value ? arena_format(&s->op.arena, "%lld", (long long)value) : NULL;
}

static enum op_next write_down(struct op *op)
{
    struct cron_slot *s = self(op);
    struct db_group *g = db_group_new(op, s->scheduler->db, &s->tenant->scope);

    s->request = id_new();
    json_t *decided = decided_json(s);
    DB_GROUP_ADD(g, SQL_QUERIES_SCHEDULE_MOVE, NULL, s->id.text, number(s, s->slot_s),
                 number(s, s->next_s), number(s, s->due_s), s->asking ? s->request.text : NULL,
                 s->asks ? "true" : "false", s->pause ? schedule_reason_name(s->pause) : NULL,
                 number(s, s->revision), id_empty(&s->asked_request) ? NULL : s->asked_request.text);
    if (json_array_size(decided))
        DB_GROUP_ADD(g, SQL_QUERIES_FIRING_DECIDE, NULL, s->id.text, json_text(&op->arena, decided));
    if (starts(s))
        add_start(s, g);
    if (s->withdrawn)
        add_withdrawal(s, g);
    db_group_tolerate(g, &s->err);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next push(struct op *op)
{
    struct cron_slot *s = self(op);

    if (s->err.code == GOV_CONFLICT)
        return OP_DONE;
    if (s->err.code)
        return op->err = s->err, OP_FAIL;
    s->moved = true;
    if (s->pause)
        log_write(LEVEL_INFO, "schedule.paused", LOG_FIELD("tenant", s->tenant->id.text),
                  LOG_FIELD("schedule", s->id.text), LOG_FIELD("reason", schedule_reason_name(s->pause)));
    if (s->withdrawn)
        event_bus_publish(s->scheduler->events, s->tenant->scope.schema, &s->asked_request);
    if (!starts(s))
        return OP_DONE;
    queue_shards_push(op, &s->scheduler->queues, &s->entry, 1);
    event_bus_publish(s->scheduler->events, s->tenant->scope.schema, &s->request);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "look", look },        { "plan", plan }, { "mark", mark },
                                        { "write", write_down }, { "push", push }, { 0 } };

/* --- reading --- */

static void release_planning(void *slot)
{
    struct cron_slot *s = slot;
    if (s->planned)
        op_release(&s->planning.op);
}

void cron_slot_init(struct cron_slot *slot, struct scheduler *scheduler,
                    const struct visit_due *tenant, const struct db_rows *rows, int row)
{
    const char *locale = db_text(rows, row, COL_LOCALE);

    memset(slot, 0, sizeof *slot);
    op_init(&slot->op, "schedule", steps, scheduler->loop, NULL);
    arena_defer(&slot->op.arena, release_planning, slot);
    slot->scheduler = scheduler;
    slot->tenant = tenant;
    slot->id = db_id(rows, row, COL_ID);
    slot->rule_text = db_text(rows, row, COL_CRON);
    slot->timezone = db_text(rows, row, COL_TIMEZONE);
    slot->zone = zone_read(slot->timezone, &slot->op.arena);
    slot->skill = db_text(rows, row, COL_SKILL);
    slot->action = db_text(rows, row, COL_ACTION);
    slot->input = db_json(rows, row, COL_INPUT, &slot->op.arena);
    slot->class = db_text(rows, row, COL_CLASS);
    schedule_catch_up_parse(db_text(rows, row, COL_CATCH_UP), &slot->catch_up);
    slot->lead_s = db_int(rows, row, COL_LEAD);
    slot->owner = db_id(rows, row, COL_OWNER);
    slot->asks = db_bool(rows, row, COL_ASKS);
    slot->slot_s = db_int(rows, row, COL_NEXT);
    slot->asked_request = db_id(rows, row, COL_ASKED);
    slot->revision = db_int(rows, row, COL_REVISION);
    slot->now_s = db_int(rows, row, COL_NOW);
    slot->role = db_text(rows, row, COL_ROLE);
    slot->tenant_active = db_bool(rows, row, COL_TENANT_ACTIVE);
    slot->chinese = locale && strcmp(locale, "zh-CN") == 0;
    slot->asked_state = db_text(rows, row, COL_ASKED_STATE);
    slot->asked_ran = db_bool(rows, row, COL_ASKED_RAN);
    slot->asked_code = db_text(rows, row, COL_ASKED_CODE);
    slot->asked_waits = db_bool(rows, row, COL_ASKED_WAITS);
    slot->asked_message = db_json(rows, row, COL_ASKED_MESSAGE, &slot->op.arena);
}
