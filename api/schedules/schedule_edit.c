/* schedule_edit.c - POST /v1/schedules, PATCH and DELETE /v1/schedules/{id}.
 *
 *     parse -> plan -> mark -> insert -> leave          load -> parse -> plan -> mark -> update -> leave
 *
 * What a schedule would do is planned when it is made, with the input of its next slot: a wrong input, a
 * missing right or a missing approver is told now and not at night. It runs in the name of whoever last
 * said what it does: who changes or resumes somebody else's takes it over.
 *
 * An edit gives up a slot that was asked for; the confirmation is asked for anew.
 */
#include <stdio.h>
#include <string.h>

#include "api/audit.h"
#include "api/people/person.h"
#include "api/schedules/schedule.h"
#include "api/schedules/schedules.h"
#include "core/base/clock.h"
#include "core/model/sealed_value.h"
#include "core/model/slot_input.h"
#include "core/store/input_seal.h"
#include "core/store/planning/planning.h"

struct schedule_edit {
    struct endpoint endpoint;
    struct schedule_form form, before;
    struct id id, owner;
    struct db_rows stored, shown;
    struct schedule_rule rule;
    struct planning planning;
    bool planned, asks, editing;
    int64_t due_s; /* 0: paused */
    struct gov_err failed;
};

static const char *const classes[] = { "interactive", "normal", "bulk", NULL };
static const char *const catch_ups[] = { "skip", "coalesce", "all", NULL };
#define IN(member) offsetof(struct schedule_form, member)
#define FIELDS(required)                                                                           \
    {                                                                                              \
        { "name", JSON_FIELD_TEXT, required, IN(name), 1, 400, NULL },                             \
        { "cron", JSON_FIELD_TEXT, required, IN(cron), 0, CRON_TEXT_MAX, NULL },                   \
        { "timezone", JSON_FIELD_TEXT, false, IN(timezone), 1, 60, NULL },                         \
        { "skill", JSON_FIELD_SLUG, required, IN(skill), 0, 0, NULL },                             \
        { "action", JSON_FIELD_SLUG, false, IN(action), 0, 0, NULL },                              \
        { "input", JSON_FIELD_OBJECT, false, IN(input), 0, 0, NULL },                              \
        { "class", JSON_FIELD_TEXT, false, IN(class), 0, 0, classes },                             \
        { "catch_up", JSON_FIELD_TEXT, false, IN(catch_up), 0, 0, catch_ups },                     \
        { "lead_s", JSON_FIELD_INT, false, IN(lead_s), 60, SCHEDULE_LEAD_MAX_S, NULL },            \
        { "enabled", JSON_FIELD_BOOL, false, IN(enabled), 0, 0, NULL },                            \
    }
static const struct json_field new_fields[] = FIELDS(true);
static const struct json_field change_fields[] = FIELDS(false);

/* --- create: parse --- */

static bool form_read(struct schedule_edit *e, const struct json_field *fields, size_t count)
{
    struct op *op = &e->endpoint.op;
    struct schedule_form *f = &e->form;

    json_t *kept = f->input;

    if (!call_body(e->endpoint.call, op, fields, count, f))
        return false;
    if (f->input != kept && !sealed_value_refuse(f->input, "/input", &op->err))
        return false;
    f->input = input_seal_keep(f->input, kept, &op->arena);
    return person_name_check(f->name, "/name", &op->err) &&
           schedule_rule_read(f->cron, f->timezone, &e->rule, &op->arena, &op->err);
}

static enum op_next parse_new(struct op *op)
{
    struct schedule_edit *e = (struct schedule_edit *)op;
    struct call *call = e->endpoint.call;

    if (call->replay_id.text[0]) {
        e->id = call->replay_id;
        return OP_NEXT;
    }
    e->form = (struct schedule_form){ .timezone = call->caller.timezone,
                                      .input = json_own(&op->arena, json_object()),
                                      .class = "normal",
                                      .catch_up = "coalesce",
                                      .lead_s = SCHEDULE_LEAD_DEFAULT_S,
                                      .enabled = true };
    e->id = id_new();
    e->owner = call->caller.user;
    e->planned = true;
    return form_read(e, new_fields, sizeof new_fields / sizeof *new_fields) ? OP_NEXT : OP_FAIL;
}

/* --- change: load, parse --- */

static enum op_next load(struct op *op)
{
    struct schedule_edit *e = (struct schedule_edit *)op;
    struct call *call = e->endpoint.call;

    e->editing = true;
    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    schedule_load(op, call, e->id.text, &e->stored);
    return OP_WAIT;
}

static bool skill_named(const struct call *call, const char *skill, struct gov_err *err)
{
    return call_may_use(call, skill) ||
           gov_fail(err, GOV_FORBIDDEN, "this token may not use the skill \"%s\"", "该令牌不能使用技能“%s”", skill);
}

static bool may_change(struct schedule_edit *e, struct gov_err *err)
{
    struct call *call = e->endpoint.call;

    /* A token that is for some skills leaves the schedules of the others alone. */
    return schedule_found(&e->stored, err) && schedule_may_change(call, &e->stored, err) &&
           skill_named(call, json_get_text(db_json(&e->stored, 0, SCHEDULE_JSON, &e->endpoint.op.arena), "skill"), err) &&
           call_if_match(call, db_int(&e->stored, 0, SCHEDULE_REVISION), err);
}

static void form_of_stored(struct schedule_edit *e)
{
    const json_t *s = db_json(&e->stored, 0, SCHEDULE_JSON, &e->endpoint.op.arena);

    e->form = (struct schedule_form){ .name = json_get_text(s, "name"),
                                      .cron = json_get_text(s, "cron"),
                                      .timezone = json_get_text(s, "timezone"),
                                      .skill = json_get_text(s, "skill"),
                                      .action = json_get_text(s, "action"),
                                      .input = json_object_get(s, "input"),
                                      .class = json_get_text(s, "class"),
                                      .catch_up = json_get_text(s, "catch_up"),
                                      .lead_s = json_get_int(s, "lead_s", SCHEDULE_LEAD_DEFAULT_S),
                                      .enabled = json_get_bool(s, "enabled", false) };
    e->before = e->form;
    e->asks = json_get_bool(s, "needs_confirmation", false);
    e->owner = db_id(&e->stored, 0, SCHEDULE_OWNER);
}

static bool text_changed(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") != 0;
}

/* Does this edit say what runs, or when? Then it is planned, in the editor's name. */
static bool says_what_runs(const struct schedule_edit *e)
{
    const struct schedule_form *f = &e->form, *b = &e->before;

    return text_changed(f->cron, b->cron) || text_changed(f->timezone, b->timezone) ||
           text_changed(f->skill, b->skill) || text_changed(f->action, b->action) ||
           !json_equal(f->input, b->input) || (f->enabled && !b->enabled);
}

static enum op_next parse_change(struct op *op)
{
    struct schedule_edit *e = (struct schedule_edit *)op;

    if (!may_change(e, &op->err))
        return OP_FAIL;
    form_of_stored(e);
    if (!form_read(e, change_fields, sizeof change_fields / sizeof *change_fields))
        return OP_FAIL;
    /* What was sealed for one skill opens for no other. */
    if (text_changed(e->form.skill, e->before.skill) && sealed_value_inside(e->form.input))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/input", "sealed",
                           "its sensitive values were given to the skill \"%s\"; give the input anew",
                           "其中的敏感值是提供给技能“%s”的；请重新给出输入", e->before.skill),
               OP_FAIL;
    /* Another skill has other actions. */
    if (text_changed(e->form.skill, e->before.skill) && e->form.action == e->before.action)
        e->form.action = NULL;
    e->planned = says_what_runs(e);
    if (e->planned)
        e->owner = e->endpoint.call->caller.user;
    return OP_NEXT;
}

/* --- plan, mark --- */

static void release(void *op)
{
    op_release(op);
}

static enum op_next plan(struct op *op)
{
    struct schedule_edit *e = (struct schedule_edit *)op;
    struct call *call = e->endpoint.call;
    struct planning *p = &e->planning;

    if (!e->planned)
        return OP_NEXT;
    const json_t *input = slot_input(e->form.input, "/input", e->rule.next_s, e->rule.zone, &op->arena,
                                     &op->err);
    if (!input)
        return OP_FAIL;
    planning_init(p, op->loop);
    arena_defer(&op->arena, release, &p->op);
    p->db = call->api->db;
    p->scope = call->caller.scope;
    p->tenant = call->caller.tenant;
    p->requester = e->owner;
    p->skill = e->form.skill;
    p->action = e->form.action;
    p->input = input;
    p->skills = call->caller.skills;
    p->now_us = clock_now_us();
    op_call(op, &p->op);
    return OP_WAIT;
}

static enum op_next mark(struct op *op)
{
    struct schedule_edit *e = (struct schedule_edit *)op;
    struct call *call = e->endpoint.call;

    if (call->replay_id.text[0])
        return OP_NEXT;
    if (e->planned)
        e->asks = e->planning.rule.required;
    /* By places: a computed value is not replaced, whatever it comes to in the next slot. */
    if (e->planned && e->planning.sealed)
        e->form.input = input_seal_copy(e->form.input, e->planning.sealed, &op->arena);
    if (!e->form.enabled)
        return OP_NEXT;
    e->due_s = e->asks ? e->rule.next_s - e->form.lead_s : e->rule.next_s;
    marks_note(op, call->api->marks, &call->caller.tenant, e->due_s * 1000000);
    return OP_WAIT;
}

/* --- write --- */

static const char *number(struct schedule_edit *e, int64_t value)
{
    return value ? arena_format(&e->endpoint.op.arena, "%lld", (long long)value) : NULL;
}

/* schedule_insert's order; schedule_update takes two more. */
static void add_row(struct schedule_edit *e, struct db_group *g)
{
    const struct schedule_form *f = &e->form;
    bool enabled = f->enabled;
    const char *values[17] = { e->id.text, f->name, f->cron, f->timezone, f->skill, f->action,
                               json_text(&e->endpoint.op.arena, f->input), f->class, f->catch_up,
                               number(e, f->lead_s), enabled ? "true" : "false", e->owner.text,
                               e->asks ? "true" : "false", number(e, enabled ? e->rule.next_s : 0),
                               number(e, e->due_s) };

    if (e->editing) {
        values[15] = db_text(&e->stored, 0, SCHEDULE_REVISION);
        values[16] = db_text(&e->stored, 0, SCHEDULE_ASKED);
    }
    db_group_add(g, e->editing ? SQL_QUERIES_SCHEDULE_UPDATE : SQL_QUERIES_SCHEDULE_INSERT, NULL,
                 e->editing ? 17 : 15, values);
}

static enum op_next write_down(struct op *op)
{
    struct schedule_edit *e = (struct schedule_edit *)op;
    struct call *call = e->endpoint.call;
    const struct schedule_form *f = &e->form;
    struct audit_row row = { audit_tenant(call), audit_actor(call), "schedule",
                             e->editing ? "schedule.changed" : "schedule.created", "schedule", e->id.text };

    if (call->replay_id.text[0]) {
        schedule_load(op, call, e->id.text, &e->shown);
        return OP_WAIT;
    }
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    if (e->editing)
        schedule_give_up_asked(call, g, &e->stored);
    add_row(e, g);
    audit_add_inside(g, call, &row,
                     json_pack("{s:s, s:s, s:s, s:s, s:s*, s:b, s:s}", "name", f->name, "cron", f->cron,
                               "timezone", f->timezone, "skill", f->skill, "action", f->action, "enabled",
                               f->enabled, "owner", e->owner.text));
    DB_GROUP_ADD(g, SQL_QUERIES_SCHEDULE_PAGE, &e->shown, NULL, "1", NULL, NULL, e->id.text);
    if (!e->editing)
        call_remember_shown(call, g, &e->id);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static bool write_failed(struct schedule_edit *e, struct gov_err *err)
{
    if (e->failed.code == GOV_CONFLICT && strcmp(e->failed.item, "schedule_name_once") == 0)
        gov_fail_at(err, GOV_CONFLICT, "/name", "taken", "there is a schedule of this name already",
                    "已有同名计划");
    else if (e->failed.code == GOV_PRECONDITION_FAILED)
        gov_fail_at(err, GOV_PRECONDITION_FAILED, "If-Match", "revision",
                    "it was changed at this moment; read it again and repeat your change",
                    "该计划刚被修改；请重新读取后再修改");
    else if (e->failed.code)
        *err = e->failed;
    return e->failed.code != GOV_OK;
}

static enum op_next leave(struct op *op)
{
    struct schedule_edit *e = (struct schedule_edit *)op;
    struct call *call = e->endpoint.call;
    struct id asked = { "" };

    if (write_failed(e, &op->err))
        return OP_FAIL;
    if (e->due_s)
        job_queue_look(queue_shards_of(&call->api->queues, call->caller.scope.schema));
    if (e->editing && id_parse(db_text(&e->stored, 0, SCHEDULE_ASKED), &asked))
        event_bus_publish(call->api->events, call->caller.scope.schema, &asked);
    return schedule_answer(call, e->editing ? 200 : 201, &e->shown, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step schedule_create_steps[] = { { "parse", parse_new }, { "plan", plan },
                                                 { "mark", mark },       { "insert", write_down },
                                                 { "leave", leave },     { 0 } };
const size_t schedule_create_bytes = sizeof(struct schedule_edit);

const struct op_step schedule_patch_steps[] = { { "load", load }, { "parse", parse_change },
                                                { "plan", plan }, { "mark", mark },
                                                { "update", write_down }, { "leave", leave },
                                                { 0 } };
const size_t schedule_patch_bytes = sizeof(struct schedule_edit);

/* --- delete --- */

static enum op_next take_out(struct op *op)
{
    struct schedule_edit *e = (struct schedule_edit *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { audit_tenant(call), audit_actor(call), "schedule", "schedule.deleted",
                             "schedule", e->id.text };

    if (!may_change(e, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    schedule_give_up_asked(call, g, &e->stored);
    DB_GROUP_ADD(g, SQL_QUERIES_SCHEDULE_DELETE, NULL, e->id.text,
                 db_text(&e->stored, 0, SCHEDULE_REVISION), db_text(&e->stored, 0, SCHEDULE_ASKED));
    audit_add_inside(g, call, &row,
                     schedule_masked(call, &e->stored, 0));
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next take_out_leave(struct op *op)
{
    struct schedule_edit *e = (struct schedule_edit *)op;

    if (write_failed(e, &op->err))
        return OP_FAIL;
    call_empty(e->endpoint.call);
    return OP_DONE;
}

const struct op_step schedule_delete_steps[] = { { "load", load }, { "take_out", take_out },
                                                 { "leave", take_out_leave }, { 0 } };
const size_t schedule_delete_bytes = sizeof(struct schedule_edit);
